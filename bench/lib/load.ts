import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cost, Costs } from "../programs/load.ts";
import { type Folders, generateProtobufjs, image, runProgram } from "./alternatives.ts";
import { mapValues, measureInTurns, measurement, median, type Section } from "./measure.ts";

/** How often each module is loaded, in a new process each time. */
const rounds = 5;

/** A project's folder, a module that it loads, and the modules of its runtime. */
type Module = [folder: string, module: string, ...runtime: string[]];

const es2 = ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wkt"];
const tsProto = ["@bufbuild/protobuf/wire", "@grpc/grpc-js"];

/** Measures time and memory of importing the package of one service, one gateway, and the whole contract. */
export async function measureLoading(folders: Folders): Promise<Section[]> {
  const { es, connectV1, esDirectly, protobufTs, protobufjs } = folders;
  const runners = "agynio/api/runners/v1/runners";
  await generateProtobufjs(join(protobufjs, "runners.js"), "static-module", [`${runners}.proto`]);
  await generateProtobufjs(join(protobufjs, "contract.json"), "json");
  writeFileSync(
    join(es, "image.js"),
    `import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
const image = readFileSync(${JSON.stringify(image)});
export const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
`,
  );
  writeFileSync(
    join(protobufjs, "reflection.js"),
    `import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
const json = readFileSync(new URL("contract.json", import.meta.url), "utf8");
export const root = protobuf.Root.fromJSON(JSON.parse(json)).resolveAll();
`,
  );

  const service: Record<string, Module> = {
    "@agynio/api": [es, "@agynio/api/runners/v1", ...es2],
    "@agynio/api/connect-v1": [connectV1, "@agynio/api/connect-v1/runners/v1", "@bufbuild/protobuf"],
    "@agynio/api/ts-proto": [es, "@agynio/api/ts-proto/runners/v1", ...tsProto],
    "protoc-gen-es": [esDirectly, `./js/${runners}_pb.js`, ...es2],
    protobufjs: [protobufjs, "./runners.js", "protobufjs/minimal.js"],
    "protobuf-ts": [protobufTs, `./js/${runners}.js`, "@protobuf-ts/runtime", "@protobuf-ts/runtime-rpc"],
  };
  /** The code of RunnersGateway: by its package's index, by its file's subpath, and without the package. */
  const gateway = (extension: string): Record<string, Module> => ({
    "@agynio/api, index": [es, "@agynio/api/gateway/v1", ...es2],
    "@agynio/api, file": [es, "@agynio/api/gateway/v1/runners", ...es2],
    "protoc-gen-es": [esDirectly, `./js/agynio/api/gateway/v1/runners_pb.${extension}`, ...es2],
  });
  const contract: Record<string, Module> = {
    "@agynio/api/registry": [es, "@agynio/api/registry", ...es2],
    "@agynio/api/image.binpb": [es, "./image.js", ...es2],
    "protobufjs, reflection": [protobufjs, "./reflection.js", "protobufjs"],
    "protobufjs, static": [protobufjs, "./contract.js", "protobufjs/minimal.js"],
  };
  return [
    await measureModules("Loading the package of one service", service),
    await measureGateway(gateway("js"), gateway("cjs")),
    await measureModules("Loading the whole contract", contract, { ownMemory: true }),
  ];
}

/** Measures time and memory of loading a gateway as ES modules, and as CommonJS modules. */
async function measureGateway(esm: Record<string, Module>, cjs: Record<string, Module>): Promise<Section> {
  const { title, implementations, measurements } = await measureModules("Loading one gateway", esm);
  const required = await measureModules("", cjs, { format: "require" });
  const renamed = required.measurements.map(({ name, ...rest }) => ({ name: `CommonJS: ${name}`, ...rest }));
  return { title, implementations, measurements: [...measurements, ...renamed] };
}

/**
 * @param format The function that loads the modules.
 * @param ownMemory Whether the modules take more memory than garbage collection leaves by chance.
 */
async function measureModules(
  title: string,
  modules: Record<string, Module>,
  { format = "import", ownMemory = false } = {},
): Promise<Section> {
  const results = await measureInTurns(modules, rounds, ([folder, ...modules]) =>
    runProgram<Costs>(folder, "load", [format, ...modules]),
  );
  const medians = (value: (costs: Costs) => number) =>
    mapValues(results, (costs) => median(costs.map(value)));
  const total = (key: keyof Cost) => medians(({ runtime, module }) => runtime[key] + module[key]);
  const own = (key: keyof Cost) => medians(({ module }) => module[key]);
  const measurements = [
    measurement("time", "ns", total("time")),
    measurement("time without the runtime", "ns", own("time")),
    measurement("memory", "bytes", total("memory")),
    ...(ownMemory ? [measurement("memory without the runtime", "bytes", own("memory"))] : []),
  ];
  return { title, implementations: Object.keys(modules), measurements };
}
