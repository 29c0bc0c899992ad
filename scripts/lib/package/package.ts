import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { clearField, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { UserError } from "./errors.ts";
import { markPure } from "./pure.ts";
import { run } from "./run.ts";
import { withTemporaryFolder } from "./temporary.ts";
import { listFiles } from "./tree.ts";

/** Folders of .proto files, one for each module of buf.yaml, that the package carries merged into one. */
export const protoRoots = ["proto", "third_party/opentelemetry"];

/** The TypeScript projects that make up dist/, each compiled once for ESM and once for CommonJS. */
export const projects = ["tsconfig.build.json", "third_party/connect-v1/tsconfig.json", "src/tsconfig.json"];

/** What of the tarball is the contract or follows from it, as paths from the repository's root. */
export const contractSources = [...protoRoots, "gen"];

/** What else is in the tarball, beside package.json, README.md and CHANGELOG.md. */
export const ownSources = ["src", "LICENSE"];

/** What says how the tarball is made: a change there may leave it as it was. */
export const recipe = [...projects, "scripts/lib/package.ts", "scripts/lib/pure.ts"];

/** What `npm pack` says of the tarball it wrote. Sizes are in bytes. */
export interface Tarball {
  filename: string;
  size: number;
  unpackedSize: number;
  entryCount: number;
}

/**
 * Compiles gen/ and src/ into dist/, with the descriptor image and the .proto files beside it. dist/ is replaced
 * whole at the end, so that a failure leaves the former one.
 *
 * @param image The contract's descriptor image with source info; dist/ gets it without, as a plain
 *   google.protobuf.FileDescriptorSet.
 */
export async function compile(image: string): Promise<void> {
  await withTemporaryFolder(async (folder) => {
    const dist = join(folder, "dist");
    for (const [format, module] of [
      ["esm", "esnext"],
      ["cjs", "commonjs"],
    ] as const) {
      // The projects share no file.
      const results = await Promise.all(
        projects.map((project) =>
          run("tsc", ["-p", project, "--module", module, "--outDir", join(dist, format)]),
        ),
      );
      for (const { code, stdout, stderr } of results) {
        if (code !== 0) {
          throw new UserError(`The package does not compile as ${format}:\n${stdout}${stderr}`);
        }
      }
      // The one flavour whose declarations are generated and not compiled.
      cpSync("gen/connect-v1", join(dist, format, "connect-v1"), {
        recursive: true,
        filter: (path) => !path.endsWith(".js"),
      });
    }
    for (const name of listFiles(join(dist, "esm")).filter((name) => name.endsWith(".js"))) {
      const module = join(dist, "esm", name);
      writeFileSync(module, markPure(readFileSync(module, "utf8")));
    }
    writeFileSync(join(dist, "cjs/package.json"), '{"type":"commonjs"}\n');
    writeFileSync(join(dist, "image.binpb"), withoutSourceInfo(readFileSync(image)));
    for (const root of protoRoots) {
      cpSync(root, join(dist, "proto"), { recursive: true, filter: (path) => !path.endsWith(".md") });
    }
    normalizeModes(listFiles(dist).map((name) => join(dist, name)));
    rmSync("dist", { recursive: true, force: true });
    move(dist, "dist");
  });
}

/** A descriptor image without comments and places, as a plain google.protobuf.FileDescriptorSet. */
export function withoutSourceInfo(image: Uint8Array): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, image, { readUnknownFields: false });
  for (const file of set.file) {
    clearField(file, FileDescriptorProtoSchema.field.sourceCodeInfo);
  }
  return toBinary(FileDescriptorSetSchema, set);
}

/** Gives what goes into the tarball the modes of a common umask: npm keeps modes, and they are part of its bytes. */
function normalizeModes(files: string[]): void {
  for (const file of files) {
    chmodSync(file, 0o644);
  }
}

/** Moves a folder at once, where node_modules is on the same disk. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true });
  }
}

/** Packs dist/ into `agynio-api-<version>.tgz` in `destination`, exactly as it would be published. */
export async function pack(destination = "."): Promise<Tarball> {
  normalizeModes(["package.json", "README.md", "LICENSE", "CHANGELOG.md"]);
  const { code, stdout, stderr } = await run("npm", [
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    destination,
  ]);
  if (code !== 0) {
    throw new UserError(`npm pack failed:\n${stderr}`);
  }
  const [tarball] = Object.values(JSON.parse(stdout.toString()) as Record<string, Tarball>);
  if (tarball === undefined) {
    throw new UserError(`npm pack named no tarball:\n${stdout}`);
  }
  return tarball;
}

/** The tarball of the last build, or undefined when there is none or something newer goes into it. */
export function freshTarball(): string | undefined {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  const tarball = resolve(`agynio-api-${version}.tgz`);
  if (!existsSync("dist") || !existsSync(tarball)) {
    return undefined;
  }
  const inputs = [
    "package.json",
    "README.md",
    "CHANGELOG.md",
    ...recipe,
    ...[...contractSources, ...ownSources].flatMap((path) =>
      statSync(path).isFile() ? [path] : listFiles(path).map((file) => join(path, file)),
    ),
  ];
  const built = statSync(tarball).mtimeMs;
  return inputs.every((path) => statSync(path).mtimeMs <= built) ? tarball : undefined;
}
