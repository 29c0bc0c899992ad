import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Cost } from "../programs/load.js";
import { compileModules, type Folders, protobufjs, protobufjsJson } from "./alternatives.js";
import { runProgram } from "./programs.js";
import { measurement, median, type Section } from "./result.js";

/** How often each module is loaded, in a new process each time. */
const runs = 5;

/** A module, and the modules of the runtime that it loads. */
interface Module {
  folder: string;
  module: string;
  runtime: string[];
}

interface Costs {
  runtime: Cost;
  module: Cost;
}

const es2 = ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wkt"];

/** Time and memory that it takes to import the package of one service, and the whole contract. */
export async function measureLoading(folders: Folders): Promise<Section[]> {
  const esJs = join(folders.esDirectly, "js");
  const one = join(folders.protobufjs, "runners.js");
  const json = join(folders.protobufjs, "contract.json");
  await compileModules(folders.esDirectly, esJs);
  await protobufjs(["proto/agynio/api/runners/v1/runners.proto"], one);
  await protobufjsJson(json);

  const file = (path: string) => pathToFileURL(path).href;
  const program = (path: string, text: string) => {
    writeFileSync(path, text);
    return file(path);
  };
  const service: Record<string, Module> = {
    "@agynio/api": { folder: folders.es, module: "@agynio/api/runners/v1", runtime: es2 },
    "@agynio/api/connect-v1": {
      folder: folders.connectV1,
      module: "@agynio/api/connect-v1/runners/v1",
      runtime: ["@bufbuild/protobuf"],
    },
    "@agynio/api/ts-proto": {
      folder: folders.es,
      module: "@agynio/api/ts-proto/runners/v1",
      runtime: ["@bufbuild/protobuf/wire", "@grpc/grpc-js"],
    },
    "protoc-gen-es": {
      folder: folders.es,
      module: file(join(esJs, "agynio/api/runners/v1/runners_pb.js")),
      runtime: es2,
    },
    protobufjs: { folder: folders.protobufjs, module: file(one), runtime: ["protobufjs/minimal.js"] },
    "protobuf-ts": {
      folder: folders.protobufTsJs,
      module: file(join(folders.protobufTsJs, "agynio/api/runners/v1/runners.js")),
      runtime: ["@protobuf-ts/runtime", "@protobuf-ts/runtime-rpc"],
    },
  };
  const image = resolve("dist/image.binpb");
  const whole: Record<string, Module> = {
    "@agynio/api/registry": { folder: folders.es, module: "@agynio/api/registry", runtime: es2 },
    "@agynio/api/image.binpb": {
      folder: folders.es,
      module: program(
        join(folders.es, "image.js"),
        `import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
export const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync("${image}")));
`,
      ),
      runtime: es2,
    },
    "protobufjs, reflection": {
      folder: folders.protobufjs,
      module: program(
        join(folders.protobufjs, "reflection.js"),
        `import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
export const root = protobuf.Root.fromJSON(JSON.parse(readFileSync("${json}", "utf8"))).resolveAll();
`,
      ),
      runtime: ["protobufjs"],
    },
    "protobufjs, static": {
      folder: folders.protobufjs,
      module: file(join(folders.protobufjs, "contract.js")),
      runtime: ["protobufjs/minimal.js"],
    },
  };
  return [
    // What one service's module keeps beside its runtime is less than what garbage collection leaves by chance.
    await section("Loading the package of one service", service, { ours: 3, hasOwnMemory: false }),
    await section("Loading the whole contract", whole, { ours: 2, hasOwnMemory: true }),
  ];
}

async function section(
  title: string,
  modules: Record<string, Module>,
  { ours, hasOwnMemory }: { ours: number; hasOwnMemory: boolean },
): Promise<Section> {
  const all = Object.entries(modules).map(([name, module]) => ({ name, module, costs: [] as Costs[] }));
  for (let run = 0; run < runs; run++) {
    for (const { module, costs } of run % 2 === 0 ? all : all.toReversed()) {
      costs.push(await runProgram<Costs>("load", [module.folder, module.module, ...module.runtime]));
    }
  }
  const values = (value: (costs: Costs) => number) =>
    Object.fromEntries(all.map(({ name, costs }) => [name, median(costs.map(value))]));
  return {
    title,
    implementations: Object.keys(modules),
    ours,
    measurements: [
      measurement(
        "time",
        "ns",
        values(({ runtime, module }) => runtime.time + module.time),
      ),
      measurement(
        "time without the runtime's",
        "ns",
        values(({ module }) => module.time),
      ),
      measurement(
        "memory",
        "bytes",
        values(({ runtime, module }) => runtime.memory + module.memory),
      ),
      ...(hasOwnMemory
        ? [
            measurement(
              "memory without the runtime's",
              "bytes",
              values(({ module }) => module.memory),
            ),
          ]
        : []),
    ],
  };
}
