// What a bundler keeps of the package, and what that costs.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DescEnum, DescFile, DescMessage, DescService } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { markPure } from "../scripts/lib/pure.js";
import { listFiles } from "../scripts/lib/tree.js";
import { type Bundle, bundle } from "./support/bundle.js";
import { Consumer } from "./support/consumer.js";
import { services } from "./support/contract.js";
import { dependency, type FlavourName, runtimes } from "./support/flavours.js";

const v1 = (name: string) => dependency(name, "third_party/connect-v1/package.json");

interface Program {
  /** What the consumer has installed. */
  dependencies: Record<string, string>;
  /** Packages that are not bundled, as they never are in programs of this flavour. */
  external: string[];
  /** Where the gateway is imported from. */
  from: string;
  /** What is imported to make a client of a service. */
  client: (service: string) => string;
  /** What a program needs of the runtime, whichever its service; the service is called `gateway`. */
  runtime: string;
  /**
   * How many bytes a client of one gateway may add to that. What it has is its part of the contract, so when
   * that has grown, let the budget grow with it; anything else is for the package to give back.
   */
  budget: { minified: number; gzipped: number };
}

const programs: Record<FlavourName, Program> = {
  es: {
    dependencies: {
      ...runtimes.es,
      ...dependency("@connectrpc/connect"),
      ...dependency("@connectrpc/connect-web"),
    },
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
    dependencies: {
      ...runtimes["connect-v1"],
      ...v1("@connectrpc/connect"),
      "@connectrpc/connect-web": "1.7.0",
    },
    external: [],
    from: "@agynio/api/connect-v1/gateway/v1",
    client: (service) => service,
    runtime: `import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { MethodKind, proto3, Timestamp } from "@bufbuild/protobuf";
export const used = [MethodKind, proto3, Timestamp];
export const client = createClient(gateway, createConnectTransport({ baseUrl: "/" }));`,
    budget: { minified: 3_000, gzipped: 550 },
  },
  "ts-proto": {
    dependencies: runtimes["ts-proto"],
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

const flavours = Object.keys(programs) as FlavourName[];
const gateways = services.filter(({ file }) => file.proto.package === "agynio.api.gateway.v1");
const consumers = {} as Record<FlavourName, Consumer>;

beforeAll(async () => {
  const install = async (name: FlavourName) => {
    consumers[name] = await Consumer.install(programs[name].dependencies);
  };
  await Promise.all(flavours.map(install));
});
afterAll(() => {
  for (const consumer of Object.values(consumers)) {
    consumer.remove();
  }
});

/** Names of what is in a flavour's bundle, sorted, when nothing but a service is imported. */
async function kept(flavour: FlavourName, service: string): Promise<string[]> {
  const { from, client } = programs[flavour];
  const code = `export { ${client(service)} } from "${from}";`;
  const result = await bundle(consumers[flavour], code, Object.keys(programs[flavour].dependencies));
  return [...result.kept.values()].flat().sort();
}

/** Names of what a service cannot do without, sorted. */
function needed(flavour: FlavourName, { name, file, methods }: DescService): string[] {
  const types = new Set<DescMessage | DescEnum>();
  const visit = (type: DescMessage | DescEnum) => {
    if (!types.has(type)) {
      types.add(type);
      for (const field of type.kind === "message" ? type.fields : []) {
        const next = field.message ?? field.enum;
        next && visit(next);
      }
    }
  };
  for (const { input, output } of methods) {
    visit(input);
    visit(output);
  }
  const isGoogle = ({ typeName }: DescMessage | DescEnum) => typeName.startsWith("google.protobuf.");
  switch (flavour) {
    case "es":
      return [name, ...descriptors(file)].sort();
    case "connect-v1":
      return [name, ...[...types].filter((type) => !isGoogle(type)).map(localName)].sort();
    case "ts-proto":
      // Has messages for the entries of maps, and our enums are numbers in its messages.
      return [
        `${name}Client`,
        `${name}Service`,
        ...[...types].flatMap((type) =>
          type.kind === "message"
            ? [localName(type), ...mapEntries(type)]
            : isGoogle(type)
              ? localName(type)
              : [],
        ),
      ].sort();
  }
}

function mapEntries(message: DescMessage): string[] {
  return message.proto.nestedType
    .filter(({ options }) => options?.mapEntry)
    .map(({ name }) => `${localName(message)}_${name}`);
}

/** A type's name in generated code: `Span_Link`. */
function localName({ typeName, file }: DescMessage | DescEnum): string {
  return typeName.slice(file.proto.package.length + 1).replaceAll(".", "_");
}

/** The descriptors of a file and of all that it imports, by their names in generated code. */
function descriptors(file: DescFile): string[] {
  if (file.name.startsWith("google/protobuf/")) {
    return [];
  }
  const own = `file_${file.name.replace(/\W/g, "_")}`;
  return [...new Set([own, ...file.dependencies.flatMap(descriptors)])];
}

/** Bytes that a client of RunnersGateway adds to a program that has the runtime already. */
async function ownBytes(flavour: FlavourName): Promise<Pick<Bundle, "minified" | "gzipped">> {
  const { from, client, runtime, external } = programs[flavour];
  const measure = (gateway: string) => bundle(consumers[flavour], `${gateway}\n${runtime}`, external);
  const without = await measure("const gateway = globalThis.gateway;");
  const whole = await measure(`import { ${client("RunnersGateway")} as gateway } from "${from}";`);
  return { minified: whole.minified - without.minified, gzipped: whole.gzipped - without.gzipped };
}

describe.each(flavours)("%s", (flavour) => {
  test.each(gateways)(
    "of the gateway, a bundle has $name and what that needs, and nothing else",
    async (service) => {
      expect(await kept(flavour, service.name)).toEqual(needed(flavour, service));
    },
  );

  test("a client of RunnersGateway stays within its budget, because of the marks", async () => {
    const { budget } = programs[flavour];
    const own = await ownBytes(flavour);
    expect(own.minified).toBeLessThan(budget.minified);
    expect(own.gzipped).toBeLessThan(budget.gzipped);
    // Nor does it take sideEffects in package.json, which some bundlers do not read.
    const distrust = (text: string) => text.replace('"sideEffects": false,', "");
    expect(await changed(flavour, /^package\.json$/, distrust, ownBytes)).toEqual(own);

    const unmark = (text: string) => text.replace(/\/\* ?@__PURE__ ?\*\//g, "");
    const unmarked = await changed(flavour, /^dist\/esm\/.*\.js$/, unmark, ownBytes);
    expect(unmarked.minified).toBeGreaterThan(budget.minified);
    expect(unmarked.gzipped).toBeGreaterThan(budget.gzipped);
  });
});

/** What `body` gives while text of the installed package is another. */
async function changed<T>(
  flavour: FlavourName,
  names: RegExp,
  edit: (text: string) => string,
  body: (flavour: FlavourName) => Promise<T>,
): Promise<T> {
  const folder = join(consumers[flavour].folder, "node_modules/@agynio/api");
  const files = listFiles(folder).filter((name) => names.test(name));
  const before = files.map((name) => [join(folder, name), readFileSync(join(folder, name), "utf8")] as const);
  for (const [path, text] of before) {
    writeFileSync(path, edit(text));
  }
  try {
    return await body(flavour);
  } finally {
    for (const [path, text] of before) {
      writeFileSync(path, text);
    }
  }
}

describe("marks", () => {
  test("an enum is still all that it was, and may be dropped", async () => {
    const compiled = `/** Says é. */
export var Status;
(function (Status) {
    Status[Status["OFF"] = 0] = "OFF";
    Status[Status["ON"] = 1] = "ON";
})(Status || (Status = {}));
export const after = () => Status.ON;
`;
    const load = async (code: string) => import(`data:text/javascript,${encodeURIComponent(code)}`);
    const { Status, after } = await load(markPure(compiled));
    expect(Status).toEqual((await load(compiled)).Status);
    expect([Status.ON, Status[1], after()]).toEqual([1, "ON", 1]);
    expect(markPure(compiled)).toContain("/** Says é. */\nexport const Status = /* @__PURE__ */ (() => {");
  });

  test.each([
    ["export const a = f(1);", "export const a = /* @__PURE__ */ f(1);"],
    ["export const a = /*@__PURE__*/ f(1);", "export const a = /*@__PURE__*/ f(1);"],
    [
      "export const a = { b: { c: d.e } };",
      "export const a = /* @__PURE__ */ (() => ({ b: { c: d.e } }))();",
    ],
    [
      "export const a = { b: c, d() { return e.f(); } };",
      "export const a = { b: c, d() { return e.f(); } };",
    ],
  ])("%s", (compiled, marked) => {
    expect(markPure(compiled)).toBe(marked);
  });

  test("a statement that no export is made of is refused", () => {
    expect(() => markPure("export const a = 1;\na.b = 2;\n")).toThrow(
      "No bundler can drop this statement: a.b = 2;",
    );
  });
});
