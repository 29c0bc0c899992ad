// TypeScript can name what a project infers from the package, in the declarations that it writes for the project, by
// imports that others can resolve. The projects have pnpm's node_modules: they can import their own dependencies only.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { isImport } from "../../scripts/lib/contract/descriptors.ts";
import { Consumer, manifestWith } from "../support/consumer.ts";
import { filePath, files, isOurs, specifiers } from "../support/contract.ts";
import { type Flavours, flavourNames, loadFlavours } from "../support/flavours.ts";
import { inferredProgram } from "./inferred.ts";
import { type Project, projects } from "./programs.ts";

const typescripts = ["5.4", "5.8", "5.9", "6", "7"];

/** The version that is so fast that it compiles programs of all modules. */
const newest = "7";

/** The folder of the projects. The compilers are next to it, as pnpm moves what npm installed. */
const workspace = "workspace";

/** Compiler options of a package in a monorepo, and how it finds modules, by the extension of its files. */
const monorepo = {
  ...{ composite: true, emitDeclarationOnly: true, strict: true, skipLibCheck: true },
  ...{ target: "es2022", types: ["node"], rootDir: ".", outDir: "out" },
};
const nodenext = { module: "nodenext" };
const bundler = { module: "esnext", moduleResolution: "bundler" };
const node10 = { module: "commonjs", moduleResolution: "node" };
const resolutions = [
  ["mts", nodenext, () => true],
  ["cts", nodenext, () => true],
  ["ts", bundler, () => true],
  ["ts", node10, (version: string) => Number(version) < 7],
] as const;

let flavours: Flavours;
let consumer: Consumer;
beforeAll(async () => {
  flavours = await loadFlavours(inject("flavours"));
  const tools = Object.fromEntries(
    typescripts.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
  );
  const manifests = Object.values<Project>(projects).flatMap(({ flavours, dependencies }) =>
    flavours.map((flavour) => [
      `${workspace}/${flavour}/package.json`,
      manifestWith({ ...dependencies, "@types/node": "^20.19.0" }),
    ]),
  );
  consumer = await Consumer.install(
    {},
    {
      "package.json": JSON.stringify({ private: true, dependencies: { ...tools, pnpm: "^10.0.0" } }),
      [`${workspace}/pnpm-workspace.yaml`]: `packages: ${JSON.stringify(flavourNames)}\n`,
      ...Object.fromEntries(manifests),
    },
  );
  const pnpm = "node_modules/pnpm/bin/pnpm.cjs";
  await consumer.output("node", [pnpm, "--dir", workspace, "install", "--prefer-offline"]);
});
afterAll(() => consumer?.remove());

/** A program, and the folder that it is compiled in, as a project of its own. */
interface Program {
  folder: string;
  extension: string;
  text: string;
  options: object;
}

/**
 * Returns the programs that a version of TypeScript compiles. Each imports one module: TypeScript names a type by any
 * module that a program has loaded.
 */
async function programsFor(version: string): Promise<Program[]> {
  const programs: Program[] = [];
  for (const flavour of flavourNames) {
    const texts = new Map<string, string>();
    for (const specifier of specifiers[flavour]) {
      const module = await flavours[flavour].load<object>(specifier);
      texts.set(specifier, inferredProgram(flavour, specifier, module));
    }
    const linking = [...texts].filter(([specifier]) => isLinking(specifier));
    const [shortest] = linking.toSorted(([, a], [, b]) => a.length - b.length);
    for (const [i, [extension, resolution, isKnown]] of resolutions.entries()) {
      const compiled =
        version === newest && i === 0 ? [...texts] : shortest && isKnown(version) ? [shortest] : [];
      for (const [specifier, text] of compiled) {
        const folder = `${workspace}/${flavour}/programs/${version}-${i}/${specifier.replaceAll("/", "-")}`;
        const ignored = version === "6" && resolution === node10 ? { ignoreDeprecations: "6.0" } : {};
        programs.push({ folder, extension, text, options: { ...monorepo, ...resolution, ...ignored } });
      }
    }
  }
  return programs;
}

/** Returns whether a module is that of one file, with types of other packages of ours, which have types of google's. */
const isLinking = (specifier: string) =>
  files.some(
    (file) =>
      specifier.endsWith(`/${filePath(file)}`) &&
      file.dependencies.some(
        (imported) =>
          isOurs({ file: imported }) &&
          imported.proto.package !== file.proto.package &&
          imported.dependencies.some(isImport),
      ),
  );

test.each(typescripts)("TypeScript %s names every inferred type in declarations", async (version) => {
  const programs = await programsFor(version);
  for (const { folder, extension, text, options } of programs) {
    const file = `program.${extension}`;
    const config = JSON.stringify({ compilerOptions: options, files: [file] });
    consumer.write({ [`${folder}/${file}`]: text, [`${folder}/tsconfig.json`]: config });
  }
  const compiler = `node_modules/typescript-${version}/bin/tsc`;
  const args = [compiler, "--build", ...programs.map(({ folder }) => folder)];
  const { stdout, stderr } = await consumer.run("node", args);
  expect(`${stdout}${stderr}`).toBe("");
});

test("the declarations compile, and import only what the package documents", async () => {
  const declarations = flavourNames.flatMap((flavour) => {
    const folder = `${workspace}/${flavour}/programs`;
    return listFiles(join(consumer.folder, folder))
      .filter((name) => /\.d\.[cm]?ts$/.test(name))
      .map((name) => `${folder}/${name}`);
  });
  for (const version of typescripts) {
    expect(declarations).toContainEqual(expect.stringContaining(`/${version}-`));
  }
  const imported = declarations.flatMap((name) =>
    [...readFileSync(join(consumer.folder, name), "utf8").matchAll(/"(@agynio\/api\/[^"]*)"/g)].map(
      ([, specifier = ""]) => specifier,
    ),
  );
  const documented = new Set(Object.values(specifiers).flat());
  expect([...new Set(imported)].filter((specifier) => !documented.has(specifier))).toEqual([]);
  await consumer.output("node", [
    `node_modules/typescript-${newest}/bin/tsc`,
    ...["--ignoreConfig", "--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext"],
    ...[
      "--target",
      "es2022",
      "--typeRoots",
      `${workspace}/es/node_modules/@types`,
      "--types",
      "node",
      ...declarations,
    ],
  ]);
});
