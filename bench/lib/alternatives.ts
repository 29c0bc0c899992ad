import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { rolldown } from "rolldown";
import { buf } from "../../scripts/lib/buf.js";
import { UserError } from "../../scripts/lib/errors.js";
import { protoRoots } from "../../scripts/lib/package.js";
import { type Result, run } from "../../scripts/lib/run.js";
import { listFiles } from "../../scripts/lib/tree.js";
import { googleProtobuf } from "./google-protobuf.js";
import { samples } from "./samples.js";
import { consumer, project } from "./work.js";

/** Folders in which each implementation has the contract's code and its runtime. */
export type Folders = Record<FolderName, string>;
type FolderName =
  | "googleProtobuf"
  | "es"
  | "connectV1"
  | "esDirectly"
  | "tsProto"
  | "protobufTs"
  | "protobufTsJs"
  | "protobufjs";

/** Installs what the bench compares with, unless that was done since its package-lock.json changed. */
export async function installAlternatives(): Promise<void> {
  const installed = "bench/alternatives/node_modules/.package-lock.json";
  if (
    !existsSync(installed) ||
    statSync(installed).mtimeMs < statSync("bench/alternatives/package-lock.json").mtimeMs
  ) {
    console.log("Installing what the bench compares with, into bench/alternatives ...");
    await tool("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: resolve("bench/alternatives"),
    });
  }
}

/** Runs a program to its end, which is to be a good one. */
export async function tool(...args: Parameters<typeof run>): Promise<Result> {
  const result = await run(...args);
  if (result.code !== 0) {
    throw new UserError(`${args[0]} ${args[1].join(" ")} failed:\n${result.stdout}${result.stderr}`);
  }
  return result;
}

/** PATH with the bench's own plugins. */
const PATH = `${resolve("bench/alternatives/node_modules/.bin")}:${process.env.PATH}`;

/** Generates the contract's code for every implementation, each as its own users would. */
export async function generateAlternatives(image: string, registry: FileRegistry): Promise<Folders> {
  const es2 = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"];
  const folders: Folders = {
    es: consumer("agynio-api", [...es2, "@grpc/grpc-js"]),
    connectV1: consumer("agynio-api-connect-v1"),
    esDirectly: project("protoc-gen-es", es2),
    tsProto: project("ts-proto", ["@bufbuild/protobuf"]),
    protobufTs: project("protobuf-ts"),
    protobufTsJs: project("protobuf-ts-js"),
    protobufjs: project("protobufjs"),
    googleProtobuf: project("google-protobuf"),
  };
  await bufGenerate(image, [
    { local: "protoc-gen-es", out: folders.esDirectly, opt: ["target=ts"] },
    {
      local: "protoc-gen-ts_proto",
      out: folders.tsProto,
      include_imports: true,
      include_wkt: true,
      // Without the last one, streaming needs rxjs.
      opt: ["env=browser", "useAsyncIterable=true"],
    },
    { local: "protoc-gen-ts", out: folders.protobufTs, include_imports: true, include_wkt: true },
  ]);
  googleProtobuf(
    samples.map(({ typeName }) => registry.getMessage(typeName) as DescMessage),
    folders.googleProtobuf,
    "bench/alternatives/node_modules/google-protobuf",
  );
  await Promise.all([
    compileModules(folders.protobufTs, folders.protobufTsJs),
    protobufjs(protoFiles(), join(folders.protobufjs, "contract.js")),
  ]);
  return folders;
}

/** Runs plugins over the whole contract, once each. */
export async function bufGenerate(image: string, plugins: object[]): Promise<void> {
  const template = JSON.stringify({
    version: "v2",
    plugins: plugins.map((plugin) => ({ strategy: "all", ...plugin })),
  });
  // What is left out is an import, which google/protobuf is to those who write .proto files.
  const paths = ["--path", "agynio", "--path", "opentelemetry"];
  const { code, stderr } = await buf(["generate", image, "--template", template, ...paths], {
    env: { PATH },
  });
  if (code !== 0) {
    throw new UserError(`The code to compare with could not be generated:\n${stderr}`);
  }
}

/** Paths of every .proto file of the contract. */
function protoFiles(): string[] {
  return protoRoots.flatMap((root) =>
    listFiles(root)
      .filter((name) => name.endsWith(".proto"))
      .map((name) => join(root, name)),
  );
}

/** Generates protobufjs's static code for .proto files and what they import: one module, as is its way. */
export async function protobufjs(files: string[], out: string): Promise<void> {
  await pbjs(["-t", "static-module", "-w", "esm", "-o", out], files);
}

/** Writes the contract as protobufjs's reflection loads it: JSON. */
export async function protobufjsJson(out: string): Promise<void> {
  await pbjs(["-t", "json", "-o", out], protoFiles());
}

async function pbjs(options: string[], files: string[]): Promise<void> {
  const roots = protoRoots.flatMap((root) => ["-p", root]);
  await tool("bench/alternatives/node_modules/.bin/pbjs", [...options, ...roots, ...files]);
}

/** Compiles TypeScript modules into JavaScript modules, one each. */
export async function compileModules(from: string, to: string): Promise<void> {
  const files = listFiles(from).filter((name) => name.endsWith(".ts"));
  const bundle = await rolldown({
    input: Object.fromEntries(files.map((name) => [name.slice(0, -3), join(from, name)])),
    platform: "node",
    external: /^@/,
    // What is imported is measured whole.
    treeshake: false,
  });
  await bundle.write({ dir: to, format: "esm", preserveModules: true, preserveModulesRoot: from });
}
