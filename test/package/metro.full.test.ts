// Bundles of Metro, React Native's bundler. It keeps every module that is imported, and every export of the module.
import { gzipSync } from "node:zlib";
import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isGoogleFile, localName } from "../../scripts/lib/contract/descriptors.ts";
import { Consumer } from "../support/consumer.ts";
import { enums, filePath, gateways, messages, withImports } from "../support/contract.ts";
import { versionsOf } from "../support/dependencies.ts";

/** Bundles the entries named in its arguments, runs each bundle, and prints the results as JSON. */
const program = `import { runInThisContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { loadConfig, runBuild } from "metro";

// Metro's caches are deleted with the folder.
process.env.TMPDIR = import.meta.dirname;
const config = await loadConfig({}, {
  maxWorkers: 1,
  reporter: { update() {} },
  resolver: { useWatchman: false },
  // Metro then needs no Babel plugin for imports and exports.
  transformer: { getTransformOptions: () => ({ transform: { experimentalImportSupport: true } }) },
});
const results = {};
for (const entry of process.argv.slice(2)) {
  const { code, map } = await runBuild(config, {
    entry: entry + ".js",
    out: entry + ".bundle",
    platform: "ios",
    dev: false,
    minify: true,
    sourceMap: true,
    sourceMapUrl: "map",
  });
  runInThisContext(code);
  results[entry] = {
    gzipped: gzipSync(code, { level: 9 }).length,
    methods: Object.keys(client),
    modules: JSON.parse(map).sources.flatMap((path) => path.split("/node_modules/@agynio/api/dist/")[1] ?? []),
  };
}
console.log(JSON.stringify(results));
`;

interface Bundle {
  /** Bytes of the minified code. */
  gzipped: number;
  /** Methods of the client that the bundle creates. */
  methods: string[];
  /** Modules of our package, as paths in dist/. */
  modules: string[];
}

/** Returns a program that creates a client of a service, which is called `gateway`. */
const clientOf = (gateway: string) => `import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
${gateway}
globalThis.client = createClient(gateway, createConnectTransport({ baseUrl: "/" }));
`;

/** Returns the file of a service and its imports, without google's. */
const neededFiles = ({ file }: DescService) =>
  withImports(file).filter(({ proto }) => !isGoogleFile(proto.name));

/** Returns the gzipped size of what the code of files must have: descriptors as base64, and the names of exports. */
function contentOf(files: DescFile[]): number {
  const isIn = ({ file }: { file: DescFile }) => files.includes(file);
  const texts = [
    ...files.map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString("base64")),
    ...[...messages.filter(isIn), ...files.flatMap(({ services }) => services)].map(localName),
    ...enums
      .filter(isIn)
      .flatMap((desc) => [localName(desc), ...desc.values.map(({ localName }) => localName)]),
  ];
  return gzipSync(texts.join("\n"), { level: 9 }).length;
}

const runners = gateways.find(({ name }) => name === "RunnersGateway") as DescService;

let consumer: Consumer;
let bundles: Record<string, Bundle>;
beforeAll(async () => {
  const connect = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"];
  // The last version for Node.js 20.
  consumer = await Consumer.install({ ...versionsOf(connect), metro: "~0.84.6" });
  const entries = {
    connect: clientOf("const gateway = { methods: [] };"),
    ...Object.fromEntries(
      gateways.map(({ name, typeName, file }) => [
        typeName,
        clientOf(`import { ${name} as gateway } from "@agynio/api/${filePath(file)}";`),
      ]),
    ),
  };
  const files = Object.entries(entries).map(([name, text]) => [`${name}.js`, text]);
  consumer.write({ "bundle.mjs": program, ...Object.fromEntries(files) });
  bundles = JSON.parse(await consumer.output("node", ["bundle.mjs", ...Object.keys(entries)]));
});
afterAll(() => consumer?.remove());

/** Returns the gzipped bytes that a client of a service adds to a bundle of Connect. */
const addedBytes = ({ typeName }: DescService) =>
  (bundles[typeName] as Bundle).gzipped - (bundles.connect as Bundle).gzipped;

test.each(gateways.map((service) => [service.typeName, service] as const))(
  "a client of %s by its file's subpath adds that file and its imports",
  (_, service) => {
    const { modules, methods } = bundles[service.typeName] as Bundle;
    expect(methods).toEqual(service.methods.map(({ localName }) => localName));
    const files = neededFiles(service);
    expect(modules.toSorted()).toEqual(
      [`${service.file.name}/index`, ...files.map(({ name }) => `${name}_pb`)]
        .map((name) => `esm/es/${name}.js`)
        .toSorted(),
    );
    expect(addedBytes(service)).toBeLessThan(1.5 * contentOf(files));
  },
);

test("a client of RunnersGateway by its file's subpath adds at most 3 kB, gzipped, to Connect", () => {
  expect(bundles.connect?.modules).toEqual([]);
  // Files that declare more than those of version 1.1.0 may add more.
  const growth = Math.max(0, contentOf(neededFiles(runners)) - 2508);
  expect(addedBytes(runners)).toBeLessThanOrEqual(3 * 1024 + 1.5 * growth);
});
