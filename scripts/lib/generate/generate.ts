import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { UserError } from "../cli/errors.ts";
import {
  cacheFolder,
  compareTrees,
  listFiles,
  syncTree,
  type TreeDifference,
  withTemporaryFolder,
  writeFiles,
} from "../cli/files.ts";
import type { Checkout } from "../cli/process.ts";
import { buf } from "../contract/buf.ts";
import { contractFiles, isImport } from "../contract/descriptors.ts";
import { readImage } from "../contract/image.ts";
import { generatedProjects } from "../contract/paths.ts";
import { createDocument } from "../openapi/document.ts";
import { findClashes } from "./clashes.ts";
import { checkCompiles } from "./compile.ts";
import { readFlavours } from "./flavours.ts";
import { shareHelperTypes } from "./helpers.ts";
import { checkNotIgnored } from "./ignored.ts";
import { createIndexes, createRegistryModule } from "./indexes.ts";
import { type Refusal, refuse } from "./refusal.ts";

/**
 * Generates gen/ from an image: the output of the plugins of buf.gen.yaml, an index for each proto package, the
 * registry, and the OpenAPI document of the gateway. Files that are up to date are not written.
 *
 * @param image Path of the contract's descriptor image.
 * @returns how gen/ differed.
 * @throws UserError if a package cannot be imported, an element has a name that is taken in generated code, git ignores
 *   a file, or a plugin is missing or fails; gen/ is not touched then.
 */
export const generate = (checkout: Checkout, image: string): Promise<TreeDifference> =>
  generateAndApply(checkout, image, syncTree);

/**
 * Compares gen/ with what the contract generates, without changing it, and checks that it compiles.
 *
 * @param image Path of the contract's descriptor image.
 * @throws UserError with every file that is stale, missing or left over, or with the elements whose code does not
 *   compile; or as `generate` does.
 */
export async function checkGenerated(checkout: Checkout, image: string): Promise<void> {
  const { stale, missing, leftOver } = await generateAndApply(checkout, image, compareTrees);
  const lines = [
    ...stale.map((file) => `stale      gen/${file}`),
    ...missing.map((file) => `missing    gen/${file}`),
    ...leftOver.map((file) => `left over  gen/${file}`),
  ];
  if (lines.length > 0) {
    throw new UserError(
      `gen/ is not what the contract generates:\n${lines.join("\n")}\n  Run: npm run generate`,
    );
  }
  const generation = readRecord(checkout.root);
  if (!generation?.compiles) {
    await checkCompiles(checkout, contractFiles(readImage(image)));
    writeRecord(checkout.root, { ...generation, compiles: true });
  }
}

/** Returns a summary of a difference, or undefined if there is none. */
export function describeDifference({ stale, missing, leftOver }: TreeDifference): string | undefined {
  const changes = [
    [missing.length, "added"],
    [stale.length, "changed"],
    [leftOver.length, "removed"],
  ].filter(([count]) => count !== 0);
  return changes.length > 0 ? changes.map((change) => change.join(" ")).join(", ") : undefined;
}

/** The last generation. */
interface Generation {
  /** Hashes. */
  input?: string;
  output?: string;
  /** Whether the output is known to compile. */
  compiles?: boolean;
}

async function generateAndApply(
  checkout: Checkout,
  image: string,
  apply: (expected: string, actual: string) => TreeDifference,
): Promise<TreeDifference> {
  const { root } = checkout;
  const gen = join(root, "gen");
  const input = hashContents([image, ...inputsIn(root)]);
  const last = readRecord(root);
  if (last?.input === input && last.output === hashTree(gen)) {
    await checkNotIgnored(checkout, listFiles(gen));
    return { stale: [], missing: [], leftOver: [] };
  }
  return withTemporaryFolder(root, async (folder) => {
    const expected = join(folder, "gen");
    await generateInto(checkout, folder, image);
    await checkNotIgnored(checkout, listFiles(expected));
    const difference = apply(expected, gen);
    writeRecord(root, { input, output: hashTree(expected) });
    return difference;
  });
}

/** Returns the files that determine the generated code and whether it compiles, in addition to the image. */
const inputsIn = (root: string) => [
  join(root, "buf.gen.yaml"),
  join(root, "package.json"),
  ...generatedProjects.map((project) => join(root, project)),
  // npm's list of installed packages: it has the versions of the plugins.
  join(root, "node_modules/.package-lock.json"),
  ...["generate", "openapi", "contract"].flatMap((name) => {
    const folder = join(root, "scripts/lib", name);
    return listFiles(folder).map((file) => join(folder, file));
  }),
];

const hashTree = (folder: string) => {
  const names = listFiles(folder);
  return hash([names.join("\n"), hashContents(names.map((name) => join(folder, name)))]);
};

const hashContents = (paths: string[]) =>
  hash(paths.map((path) => (existsSync(path) ? hash([readFileSync(path)]) : "missing")));

function hash(parts: (string | Uint8Array)[]): string {
  const sum = createHash("sha256");
  for (const part of parts) {
    sum.update(part).update("\n");
  }
  return sum.digest("hex");
}

function readRecord(root: string): Generation | undefined {
  try {
    return JSON.parse(readFileSync(cacheFolder(root, "generation.json"), "utf8"));
  } catch {
    // No generation is recorded.
    return undefined;
  }
}

const writeRecord = (root: string, generation: Generation) =>
  writeFiles(cacheFolder(root, ""), { "generation.json": JSON.stringify(generation) });

async function generateInto(checkout: Checkout, folder: string, image: string): Promise<void> {
  const registry = readImage(image);
  const files = contractFiles(registry);
  refuse(checkout.root, [...findUnexported(checkout.root, files), ...findHidden(files)]);
  const { code, stderr } = await buf(checkout, ["generate", image, "-o", folder]);
  if (code !== 0) {
    throw new UserError(`Code generation failed; gen/ is unchanged.\n${shortenFailure(stderr)}`);
  }
  const gen = join(folder, "gen");
  const flavours = readFlavours(files, gen);
  refuse(checkout.root, findClashes(checkout.root, files, flavours));
  shareHelperTypes(join(gen, "ts-proto"));
  const imports = [...registry.files].filter(isImport);
  // ts-proto has no runtime with google/protobuf, so that it generates what the contract imports.
  const imported = readFlavours(imports, gen);
  for (const [flavour, modules] of flavours) {
    const google = imported.get(flavour) ?? [];
    const indexed = [...files, ...google.map(({ file }) => file)];
    writeFiles(join(gen, flavour), createIndexes(indexed, [...modules, ...google]));
  }
  writeFiles(gen, {
    "es/registry.ts": createRegistryModule(files, imports),
    "openapi/openapi.json": `${JSON.stringify(createDocument(registry), undefined, 2)}\n`,
  });
}

/** Returns the part of the errors of buf and Node.js about a failed plugin that the reader can act on. */
function shortenFailure(stderr: string): string {
  const missing = /exec: "(.+?)": executable file not found|Cannot find module '(.+?)'/.exec(stderr);
  return missing
    ? `buf.gen.yaml needs ${missing[1] ?? missing[2]}, which is not installed.\n  Run: npm ci`
    : // When one plugin fails, buf ends the others and reports them too.
      stderr.replace(/^.*(context canceled|signal: killed)\n/gm, "");
}

/** npm packs no folder cvs, and TypeScript takes what is below node_modules for packages of others. */
const isReserved = (name: string) => /^(cvs|node_modules)$/i.test(name);
const leftOut = (name: string) => `npm or TypeScript leaves out folders called ${name}`;

/** Finds files whose code would be that of another file or of a package. */
function findHidden(files: DescFile[]): Refusal[] {
  const packages = new Map(files.map(({ name, proto }) => [dirname(name), proto.package]));
  const names = new Set(files.map(({ name }) => name));
  return files.flatMap((element) => {
    const { name, proto } = element;
    const hiding = packages.get(name);
    const [other, ending] = name.split(/_(pb|connect)$/);
    const [why] = [
      hiding && `package ${hiding} has its path`,
      ending && names.has(`${other}`) && `the code of ${other}.proto has its name`,
      basename(name) === "index" && "its code would have the name of its package's index",
      isReserved(basename(name)) && leftOut(basename(name)),
    ].filter(Boolean);
    return why
      ? [{ element, problem: `${proto.name} cannot be imported, because ${why}`, fix: "Rename the file." }]
      : [];
  });
}

/** Finds files of proto packages that package.json does not export. */
function findUnexported(root: string, files: DescFile[]): Refusal[] {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  const patterns = Object.entries(exports).map(([key, target]) => ({
    // Without the ./ at the start.
    pattern: key.slice(2),
    prefix: key.slice(2).replace(/\*$/, ""),
    // One pattern of each flavour exports our packages.
    isOurs: JSON.stringify(target).includes("/agynio/api/*"),
  }));
  // Of the patterns that match a path, Node.js takes the longest.
  patterns.sort((a, b) => b.prefix.length - a.prefix.length);
  const flavours = patterns.filter(({ isOurs }) => isOurs).reverse();
  return files.flatMap((element) => {
    const folder = dirname(element.name);
    const subpath = /^agynio\/api\/(.+)/.exec(folder)?.[1];
    const reserved = folder.split("/").find(isReserved);
    const [wrong] = flavours.flatMap((flavour) => {
      const path = `${flavour.prefix}${subpath ?? folder}`;
      const match = patterns.find(({ pattern, prefix }) =>
        pattern === prefix ? path === pattern : `${path}/`.startsWith(prefix),
      );
      return (subpath ? match === flavour : match?.isOurs === false) ? [] : [match];
    });
    if (reserved === undefined && wrong === undefined) {
      return [];
    }
    const why = reserved
      ? leftOut(reserved)
      : subpath
        ? `package.json exports something else as @agynio/api/${wrong?.pattern}`
        : "it is neither agynio.api.<service>.<version> nor a package that package.json exports";
    return {
      element,
      problem: `package ${element.proto.package} cannot be imported, because ${why}`,
      fix: "Rename it to agynio.api.<service>.v1, with another name.",
    };
  });
}
