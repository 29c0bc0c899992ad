// The parts of the package that a bundler keeps, and their size.
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { DescEnum, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
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
  /**
   * The number of bytes that a client of one gateway may add to the runtime: the part of the contract that it needs.
   * Raise the budget if that part has grown, and fix the package otherwise.
   */
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
    budget: { minified: 7_000, gzipped: 2_500 },
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
    budget: { minified: 3_000, gzipped: 550 },
  },
  "ts-proto": {
    external: ["@grpc/grpc-js"],
    from: "@agynio/api/ts-proto/gateway/v1",
    client: (service) => `${service}Client`,
    runtime: `import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
export const used = [makeGenericClientConstructor, BinaryReader, BinaryWriter];
export const client = new gateway("localhost:50051", credentials.createInsecure());`,
    budget: { minified: 11_000, gzipped: 1_700 },
  },
};

/**
 * Bundles an ES module that imports the package of a flavour.
 *
 * @returns the minified code, and the exports of our package that it contains.
 */
async function bundle(flavour: FlavourName, code: string, external: string[], plugins: Plugin[] = []) {
  const folder = inject("flavours")[flavour];
  const root = join(folder, "node_modules/@agynio/api/dist/esm");
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
function fileNames(file: DescFile): string[] {
  if (isGoogleFile(file.proto.name)) {
    return [];
  }
  return [...new Set([`file_${file.name.replace(/\W/g, "_")}`, ...file.dependencies.flatMap(fileNames)])];
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
    const { budget } = programs[flavour];
    const added = await addedBytes(flavour);
    expect(added.minified).toBeLessThan(budget.minified);
    expect(added.gzipped).toBeLessThan(budget.gzipped);
    expect(await addedBytes(flavour, (code) => code)).toEqual(added);

    const unmarked = await addedBytes(flavour, (code) => code.replace(/\/\* ?@__PURE__ ?\*\//g, ""));
    expect(unmarked.minified).toBeGreaterThan(budget.minified);
    expect(unmarked.gzipped).toBeGreaterThan(budget.gzipped);
  });
});
