import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { alternatives, buf, root, runTool, work } from "./tools.ts";

/** The built descriptor image and .proto files of the contract. */
export const image = join(root, "dist/image.binpb");
const protoRoot = join(root, "dist/proto");

/** Installs the packages that the bench compares with. */
export async function installAlternatives(): Promise<void> {
  const options = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await runTool("npm", ["ci", ...options], alternatives);
}

const programs = join(work, "programs");

/** Compiles the measuring programs to JavaScript, so that they run without jiti. */
export async function compilePrograms(): Promise<void> {
  const input = { codec: join(root, "bench/programs/codec.ts"), load: join(root, "bench/programs/load.ts") };
  const bundle = await rolldown({ input, platform: "node" });
  await bundle.write({ dir: programs, format: "esm" });
}

/**
 * Runs a measuring program in a new process.
 *
 * @param folder The project that the program imports from.
 * @returns the JSON that it printed.
 */
export async function runProgram<T>(folder: string, name: "codec" | "load", args: string[]): Promise<T> {
  // Node.js discards the code of functions that are not called for a while, which would distort memory.
  const options = ["--expose-gc", "--no-flush-bytecode"];
  const { stdout } = await runTool(process.execPath, [...options, join(folder, `${name}.js`), ...args]);
  return JSON.parse(stdout.toString()) as T;
}

const packageName = "@agynio/api";

/**
 * Creates a project with the measuring programs.
 *
 * @param packages Packages to link from this repository; others are resolved in bench/alternatives.
 * @returns its folder.
 */
function createProject(name: string, packages: string[]): string {
  const folder = join(work, name);
  cpSync(programs, folder, { recursive: true });
  for (const dependency of packages) {
    const installed = join(folder, "node_modules", dependency);
    mkdirSync(dirname(installed), { recursive: true });
    if (dependency !== packageName) {
      symlinkSync(join(root, "node_modules", dependency), installed, "dir");
      continue;
    }
    // A copy, because Node.js and bundlers resolve imports from the real path of a module.
    for (const path of ["dist/esm", "dist/cjs", "package.json"]) {
      cpSync(join(root, path), join(installed, path), { recursive: true });
    }
  }
  return folder;
}

/** Folders of projects, each with the contract's code of one implementation and its runtime. */
export type Folders = Awaited<ReturnType<typeof generateAlternatives>>;

/** Generates the contract's code for every implementation. */
export async function generateAlternatives() {
  const es2 = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"];
  const folders = {
    es: createProject("agynio-api", [packageName, ...es2, "@grpc/grpc-js"]),
    connectV1: createProject("agynio-api-connect-v1", [packageName]),
    esDirectly: createProject("protoc-gen-es", es2),
    tsProto: createProject("ts-proto", ["@bufbuild/protobuf"]),
    protobufTs: createProject("protobuf-ts", []),
    protobufjs: createProject("protobufjs", []),
  };
  const withImports = { include_imports: true, include_wkt: true };
  const installed = (folder: string, path: string) => ["node", join(folder, "node_modules", path)];
  const protobufTs = installed(alternatives, "@protobuf-ts/plugin/bin/protoc-gen-ts");
  const plugins = [
    {
      local: installed(root, "@bufbuild/protoc-gen-es/bin/protoc-gen-es"),
      out: folders.esDirectly,
      opt: "target=ts",
    },
    // Without useAsyncIterable, streaming needs rxjs.
    {
      local: installed(root, "ts-proto/protoc-gen-ts_proto"),
      out: folders.tsProto,
      opt: "env=browser,useAsyncIterable=true",
      ...withImports,
    },
    { local: protobufTs, out: folders.protobufTs, ...withImports },
  ].map((plugin) => ({ ...plugin, strategy: "all" }));
  const template = JSON.stringify({ version: "v2", plugins });
  // Everything but google/protobuf.
  const paths = ["--path", "agynio", "--path", "opentelemetry"];
  await runTool(buf, ["generate", image, "--template", template, ...paths]);
  await Promise.all([
    compileModules(folders.esDirectly, "esm"),
    compileModules(folders.esDirectly, "cjs"),
    compileModules(folders.protobufTs, "esm"),
    generateProtobufjs(join(folders.protobufjs, "contract.js")),
  ]);
  return folders;
}

/** Compiles each TypeScript module of a folder to a JavaScript module in its subfolder js/. */
async function compileModules(folder: string, format: "esm" | "cjs"): Promise<void> {
  const names = listFiles(folder).filter((name) => name.endsWith(".ts"));
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name.slice(0, -3), join(folder, name)])),
    platform: "node",
    external: /^@/,
    // Loading measures whole modules.
    treeshake: false,
  });
  await bundle.write({
    dir: join(folder, "js"),
    format,
    entryFileNames: `[name].${format === "cjs" ? "cjs" : "js"}`,
    preserveModules: true,
    preserveModulesRoot: folder,
  });
}

/** Generates protobufjs's code, or JSON for its reflection, for .proto files and all that they import. */
export async function generateProtobufjs(
  out: string,
  target: "static-module" | "json" = "static-module",
  names = listFiles(protoRoot).filter((name) => name.endsWith(".proto")),
): Promise<void> {
  const files = names.map((name) => join(protoRoot, name));
  const format = target === "json" ? [] : ["-w", "esm"];
  const pbjs = join(alternatives, "node_modules/protobufjs-cli/bin/pbjs");
  await runTool("node", [pbjs, "-t", target, ...format, "-o", out, "-p", protoRoot, ...files]);
}
