// The parts of the package that a bundler keeps, and their size.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import type { DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
import { rolldown } from "rolldown";
import { describe, expect, inject, test } from "vitest";
import { isGoogleFile, localName, reachableTypes } from "../../scripts/lib/contract/descriptors.ts";
import { filePath, gateways, packagePath, withImports } from "../support/contract.ts";
import { type FlavourName, flavourNames } from "../support/flavours.ts";

/** Packages that are no part of the code that we generate. */
const runtimes = ["@bufbuild/protobuf", "@connectrpc/connect", "@grpc/grpc-js"];

interface Program {
  /** Packages that programs of the flavour do not bundle. */
  external: string[];
  /** Where the packages of the contract are imported from. */
  prefix: string;
  /** The import that makes a client of a service. */
  client: (service: string) => string;
  /** The parts of the runtime that every client of a service needs, which is called `gateway`. */
  runtime: (service: DescService) => string;
}

const programs: Record<FlavourName, Program> = {
  es: {
    external: [],
    prefix: "@agynio/api",
    client: (service) => service,
    runtime({ file }) {
      const google = withImports(file)
        .filter((file) => isGoogle({ file }))
        .map(fileName)
        .join(", ");
      return `import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { fileDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import { ${google} } from "@bufbuild/protobuf/wkt";
export const used = [fileDesc, serviceDesc, ${google}];
export const client = createClient(gateway, createConnectTransport({ baseUrl: "/" }));`;
    },
  },
  "connect-v1": {
    external: [],
    prefix: "@agynio/api/connect-v1",
    client: (service) => service,
    runtime(service) {
      const used = ["MethodKind", "proto3", ...exchangedTypes(service).filter(isGoogle).map(localName)].join(
        ", ",
      );
      return `import { createClient } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { ${used} } from "@bufbuild/protobuf";
export const used = [${used}];
export const client = createClient(gateway, createTransport({}));`;
    },
  },
  "ts-proto": {
    external: ["@grpc/grpc-js"],
    prefix: "@agynio/api/ts-proto",
    client: (service) => `${service}Client`,
    runtime: () => `import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
export const used = [makeGenericClientConstructor, BinaryReader, BinaryWriter];
export const client = new gateway("localhost:50051", credentials.createInsecure());`,
  },
};

/**
 * Bundles an ES module that imports the package of a flavour.
 *
 * @param edit Changes the code of the package. The bundler then ignores the package.json's sideEffects.
 * @returns the bytes of the minified code, and the exports of our package that it contains.
 */
async function bundle(
  flavour: FlavourName,
  code: string,
  external: string[],
  edit?: (code: string) => string,
) {
  const folder = inject("flavours")[flavour];
  const root = join(realpathSync(folder), "node_modules/@agynio/api/dist/esm");
  const entry = join(folder, "entry.mjs");
  const build = await rolldown({
    input: entry,
    cwd: folder,
    platform: "browser",
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [
      {
        name: "entry",
        load: (id) => (id === entry ? code : undefined),
        resolveId: (id) => (id === entry ? id : undefined),
      },
      {
        name: "edit",
        transform: (code, id) =>
          edit && id.startsWith(root) ? { code: edit(code), moduleSideEffects: true } : undefined,
      },
    ],
  });
  // Short names depend on how many there are, and so on the runtime.
  const { output } = await build.generate({ minify: { mangle: false } });
  await build.close();
  const [chunk] = output;
  const kept = Object.entries(chunk.modules).filter(
    ([id, module]) => id.startsWith(root) && module.renderedLength > 0,
  );
  return {
    bytes: Buffer.byteLength(chunk.code),
    kept: kept.flatMap(([, { renderedExports }]) => renderedExports).sort(),
  };
}

const isGoogle = ({ file }: { file: DescFile }) => isGoogleFile(file.proto.name);

/** Returns the messages and enums of the RPCs of a service, at any depth. */
const exchangedTypes = ({ methods }: DescService) => [
  ...reachableTypes(methods.flatMap(({ input, output }) => [input, output])).values(),
];

/** Returns the names of the exports that a client of a service needs, sorted. */
function neededExports(flavour: FlavourName, service: DescService): string[] {
  const { name, file } = service;
  const types = exchangedTypes(service);
  switch (flavour) {
    case "es":
      return [
        name,
        ...withImports(file)
          .filter((file) => !isGoogle({ file }))
          .map(fileName),
      ].sort();
    case "connect-v1":
      return [name, ...types.filter((type) => !isGoogle(type)).map(localName)].sort();
    case "ts-proto":
      // Has messages for the entries of maps, and represents our enums as numbers.
      return [
        ...[`${name}Client`, `${name}Service`],
        ...types.flatMap((type) =>
          type.kind === "message"
            ? [localName(type), ...mapEntries(type)]
            : isGoogle(type)
              ? localName(type)
              : [],
        ),
      ].sort();
  }
}

const mapEntries = (message: DescMessage) =>
  message.proto.nestedType
    .filter(({ options }) => options?.mapEntry)
    .map(({ name }) => `${localName(message)}_${name}`);

/** Returns the name of a file in generated code. */
const fileName = ({ name }: DescFile) => `file_${name.replace(/\W/g, "_")}`;

describe.each(flavourNames)("%s", (flavour) => {
  const { prefix, client, runtime, external } = programs[flavour];
  const importOf = (service: DescService, as = service.name, path = packagePath) =>
    `{ ${client(service.name)} as ${as} } from "${prefix}/${path(service.file)}";`;

  test.each(gateways.map((service) => [service.typeName, service] as const))(
    "a client of %s adds only what the service needs to a bundle",
    async (_, service) => {
      const alone = await bundle(flavour, `export ${importOf(service)}`, runtimes);
      expect(alone.kept).toEqual(neededExports(flavour, service));
      const ofFile = await bundle(flavour, `export ${importOf(service, service.name, filePath)}`, runtimes);
      expect(ofFile.kept).toEqual(alone.kept);

      // What is more than the code alone is of the runtime, and not every client needs it.
      const bytesWith = async (gateway: string) =>
        (await bundle(flavour, `${gateway}\n${runtime(service)}`, external)).bytes;
      const without = await bytesWith("const gateway = globalThis.gateway;");
      expect((await bytesWith(`import ${importOf(service, "gateway")}`)) - without).toBeLessThan(alone.bytes);
    },
  );

  test("a bundler that ignores sideEffects adds nothing, unless the marks of pure calls are removed", async () => {
    const service = gateways.find(({ name }) => name === "RunnersGateway") as DescService;
    const bundled = (edit?: (code: string) => string) =>
      bundle(flavour, `export ${importOf(service)}`, runtimes, edit);
    const { kept, bytes } = await bundled();
    expect(await bundled((code) => code)).toEqual({ kept, bytes });
    const unmarked = await bundled((code) => code.replace(/\/\* ?@__PURE__ ?\*\//g, ""));
    expect(unmarked.bytes).toBeGreaterThan(bytes);
  });
});
