// The parts of the package that a bundler keeps, and their size.
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  type DescEnum,
  type DescFile,
  type DescMessage,
  type DescService,
  toBinary,
} from "@bufbuild/protobuf";
import { file_google_protobuf_descriptor } from "@bufbuild/protobuf/wkt";
import { type Plugin, rolldown } from "rolldown";
import { describe, expect, inject, test } from "vitest";
import { isGoogleFile, isInGateway, reachableTypes } from "../../scripts/lib/contract/descriptors.ts";
import { localName, services } from "../support/contract.ts";
import { type FlavourName, flavourNames } from "../support/flavours.ts";

interface Program {
  /** Packages that programs of the flavour do not bundle. */
  external: string[];
  /** Where the gateway is imported from. */
  from: string;
  /** The import that makes a client of a service. */
  client: (service: string) => string;
  /** The parts of the runtime that every client needs, with a service called `gateway`. */
  runtime: string;
  /** How many bytes a client of a gateway may add to the runtime, for each byte of the descriptors that it needs. */
  budget: { minified: number; gzipped: number };
}

const programs: Record<FlavourName, Program> = {
  es: {
    external: [],
    from: "@agynio/api/gateway/v1",
    client: (service) => service,
    runtime: `import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { fileDesc, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import { file_google_protobuf_timestamp } from "@bufbuild/protobuf/wkt";
export const used = [fileDesc, serviceDesc, file_google_protobuf_timestamp];
export const client = createClient(gateway, createConnectTransport({ baseUrl: "/" }));`,
    budget: { minified: 1.25, gzipped: 0.45 },
  },
  "connect-v1": {
    external: [],
    from: "@agynio/api/connect-v1/gateway/v1",
    client: (service) => service,
    runtime: `import { createClient } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { MethodKind, proto3, Timestamp } from "@bufbuild/protobuf";
export const used = [MethodKind, proto3, Timestamp];
export const client = createClient(gateway, createTransport({}));`,
    budget: { minified: 1.7, gzipped: 0.25 },
  },
  "ts-proto": {
    external: ["@grpc/grpc-js"],
    from: "@agynio/api/ts-proto/gateway/v1",
    client: (service) => `${service}Client`,
    runtime: `import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
export const used = [makeGenericClientConstructor, BinaryReader, BinaryWriter];
export const client = new gateway("localhost:50051", credentials.createInsecure());`,
    budget: { minified: 7.5, gzipped: 0.95 },
  },
};

/**
 * Bundles an ES module that imports the package of a flavour.
 *
 * @returns the minified code, and the exports of our package that it contains.
 */
async function bundle(flavour: FlavourName, code: string, external: string[], plugins: Plugin[] = []) {
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
      ...plugins,
    ],
  });
  const { output } = await build.generate({ minify: true });
  await build.close();
  const [chunk] = output;
  const kept = Object.entries(chunk.modules).filter(
    ([id, module]) => id.startsWith(root) && module.renderedLength > 0,
  );
  return { code: chunk.code, kept: kept.flatMap(([, { renderedExports }]) => renderedExports).sort() };
}

/** Returns the names of the exports that a client of a service needs, sorted. */
function neededExports(flavour: FlavourName, { name, file, methods }: DescService): string[] {
  const types = [...reachableTypes(methods.flatMap(({ input, output }) => [input, output])).values()];
  const isGoogle = (type: DescMessage | DescEnum) => isGoogleFile(type.file.proto.name);
  switch (flavour) {
    case "es":
      return [name, ...fileNames(file)].sort();
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

/** Returns the names, in generated code, of a file and of all files that it imports. */
const fileNames = (file: DescFile) => withImports(file).map(({ name }) => `file_${name.replace(/\W/g, "_")}`);

/** Returns a file and all files that it imports, without those of the runtime. */
function withImports(file: DescFile): DescFile[] {
  return isGoogleFile(file.proto.name) ? [] : [...new Set([file, ...file.dependencies.flatMap(withImports)])];
}

/** Returns the size of the descriptors of what a client of a service needs: of whole files, if they are kept whole. */
function neededBytes(flavour: FlavourName, service: DescService): number {
  const types = reachableTypes(service.methods.flatMap(({ input, output }) => [input, output])).values();
  const needed = flavour === "es" ? withImports(service.file) : [service, ...types];
  const sizes = needed.map(({ proto }) => {
    const schema = file_google_protobuf_descriptor.messages.find(
      ({ typeName }) => typeName === proto.$typeName,
    );
    return toBinary(schema as DescMessage, proto).length;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Returns the bytes that a client of RunnersGateway adds to a program with the runtime. */
async function addedBytes(flavour: FlavourName, edit?: (code: string) => string) {
  const { from, client, runtime, external } = programs[flavour];
  // Without the package.json's sideEffects, which some bundlers ignore.
  const editor: Plugin = {
    name: "edit",
    transform: (code, id) =>
      edit && id.includes("@agynio/api/dist") ? { code: edit(code), moduleSideEffects: true } : undefined,
  };
  const measure = async (gateway: string) => {
    const { code } = await bundle(flavour, `${gateway}\n${runtime}`, external, [editor]);
    return { minified: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
  };
  const without = await measure("const gateway = globalThis.gateway;");
  const whole = await measure(`import { ${client("RunnersGateway")} as gateway } from "${from}";`);
  return { minified: whole.minified - without.minified, gzipped: whole.gzipped - without.gzipped };
}

const gateways = services.filter(({ file }) => isInGateway(file));

describe.each(flavourNames)("%s", (flavour) => {
  test.each(gateways.map((service) => [service.name, service] as const))(
    "a bundle of %s contains only what the service needs",
    async (_, service) => {
      const { from, client } = programs[flavour];
      const runtimes = ["@bufbuild/protobuf", "@connectrpc/connect", "@grpc/grpc-js"];
      const { kept } = await bundle(flavour, `export { ${client(service.name)} } from "${from}";`, runtimes);
      expect(kept).toEqual(neededExports(flavour, service));
    },
  );

  test("a client of RunnersGateway is within its budget, and exceeds it without the marks of pure calls", async () => {
    const needed = neededBytes(
      flavour,
      gateways.find(({ name }) => name === "RunnersGateway") as DescService,
    );
    const minified = programs[flavour].budget.minified * needed;
    const gzipped = programs[flavour].budget.gzipped * needed;
    const added = await addedBytes(flavour);
    expect(added.minified).toBeLessThan(minified);
    expect(added.gzipped).toBeLessThan(gzipped);
    expect(await addedBytes(flavour, (code) => code)).toEqual(added);

    const unmarked = await addedBytes(flavour, (code) => code.replace(/\/\* ?@__PURE__ ?\*\//g, ""));
    expect(unmarked.minified).toBeGreaterThan(minified);
    expect(unmarked.gzipped).toBeGreaterThan(gzipped);
  });
});
