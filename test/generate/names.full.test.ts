import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Client } from "@grpc/grpc-js";
import { beforeAll, expect, test } from "vitest";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import type { Annotation } from "../../scripts/lib/cli/github.ts";
import { outputOf, runPackage } from "../../scripts/lib/cli/process.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { checkGenerated, generate } from "../../scripts/lib/generate/generate.ts";
import { Repository, root } from "../support/repository.ts";
import { capitalize } from "../support/unused.ts";

/** Names that TypeScript and the libraries use, and whether a message can have them. */
const types = {
  legal: `Set Record Promise Error Date Symbol String Number Function Boolean RegExp Exclude Pick Readonly JSON
    Math Long Infinity NaN Undefined Iterator T K Exact Client CallOptions ChannelCredentials ClientUnaryCall Metadata
    ServiceError Message MethodKind ServiceType GenMessage GenFile Timestamp Any Struct Value NullValue FieldMask
    StringValue PartialMessage FieldList JsonValue HolderServiceImplementation Constructor Default
    Event Request Response NodeJS`,
  refused: `Buffer Map Partial Array ReadonlyArray Uint8Array BigInt BinaryReader BinaryWriter DeepPartial MessageFns
    Builtin Object HolderSchema HolderJson HolderServiceClient HolderServiceServer HolderServiceDefinition HolderServiceService`,
};
const listOf = (names: string) => names.split(/\s+/);

const require = createRequire(join(root, "connect-v1/package.json"));
const { Message }: { Message: { prototype: object } } = require("@bufbuild/protobuf");
/** Names that objects, messages and clients have anyway. */
const inherited = [
  ...[Object, Message, Client].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype)),
  ...[
    "then",
    "catch",
    "prototype",
    "name",
    "length",
    "arguments",
    "delete",
    "class",
    "default",
    "value",
    "case",
  ],
].filter((name) => !name.startsWith("_"));
const snakeCase = (name: string) => name.replace(/[A-Z]+/g, (letters) => `_${letters.toLowerCase()}`);

/** Text that uses a type in every way, next to fields whose code uses globals. */
const useOf = (type: string) => `
message Holder {
  ${type} one = 1;
  repeated ${type} many = 2;
  map<string, ${type}> by_key = 3;
  oneof pick {
    ${type} picked = 4;
    bytes data = 5;
    google.protobuf.StringValue text = 6;
  }
  repeated int64 numbers = 7;
  google.protobuf.Timestamp at = 8;
  google.protobuf.FieldMask mask = 9;
}
service HolderService {
  rpc Exchange(stream Holder) returns (stream Holder);
}
message WithList {
  google.protobuf.ListValue list = 1;
}
`;
const fieldsOf = (name: string) => `
message Text { optional string ${name} = 1; }
message Nested { Text ${name} = 1; }
message Wrapped { google.protobuf.BytesValue ${name} = 1; }
message List { repeated string ${name} = 1; }
message Table { map<string, Text> ${name} = 1; }
`;
const oneofsOf = (name: string) => `
message Group { oneof ${name} { string text = 1; Group group = 2; } }
message Member { oneof pick { Member ${name} = 1; string text = 2; } }
`;
const rpcsOf = (name: string) => `
service LabService {
  rpc ${name}(Text) returns (Text);
  rpc Stream${name}(stream Text) returns (stream Text);
}
message Text { string text = 1; }
`;

/** Text of .proto files, by title: of several files, separated by lines of dashes. */
const legal: Record<string, string> = {
  ...Object.fromEntries(
    listOf(types.legal).map((name) => [
      name,
      `message ${name} { string id = 1; bytes data = 2; }${useOf(name)}`,
    ]),
  ),
  enums: `enum Client { CLIENT_UNSPECIFIED = 0; CLIENT_UNRECOGNIZED = 1; }${useOf("Client")}`,
  "nested globals": `message A { message Map {} message Buffer {} Map map = 1; map<string, Buffer> buffers = 2; bytes b = 3; }`,
  "parameters of helper types in two files": "message T { string a = 1; }\n---\nmessage U { string a = 1; }",
  "a type and a value in two files": "message Tool {}\n---\nmessage ToolSchema {}",
  extensions:
    "message A { extend google.protobuf.FieldOptions { string proto3 = 50001; string delete = 50002; } }",
  "ends of comments": "/* Secret // * / `$x` */\n// */ \\u0041\nmessage A {} // */",
  "an empty file": "",
  "a service of services":
    "message A {}\nservice FooService {}\nservice FooServiceService { rpc Get(A) returns (A); }",
};
const refused: Record<string, [text: string, at: string]> = {
  ...Object.fromEntries(
    listOf(types.refused).map((name) => [
      name,
      [`message ${name} { string id = 1; }${useOf(name)}`, `message ${name} {`],
    ]),
  ),
  enums: [`enum Map { MAP_UNSPECIFIED = 0; }${useOf("Map")}`, "enum Map"],
  "a type twice in two files": ["message Doc {}\n---\nmessage DocJson {}", "message DocJson"],
  "a client in another file": [
    "service OrdersService {}\n---\nmessage OrdersServiceClient {}",
    "message OrdersServiceC",
  ],
  "RPCs that differ in case": [
    "message A {}\nservice S {\n rpc GetFOO(A) returns (A);\n rpc GetFoo(A) returns (A);\n}",
    "rpc GetFoo",
  ],
  "a field and a oneof": [
    "message A {\n string foo1 = 1;\n oneof foo_1 {\n string b = 2;\n}\n}",
    "oneof foo_1",
  ],
  "a FieldMask in a oneof": [
    "message A {\n oneof a {\n google.protobuf.FieldMask b = 1;\n string c = 2;\n}\n}",
    "FieldMask b",
  ],
  "a FieldMask as request": [
    "message A {}\nservice S {\n rpc Do(A) returns (A);\n rpc Get(google.protobuf.FieldMask) returns (A);\n}",
    "rpc Get",
  ],
  "a quote in json_name": ['message A {\n string a = 1 [json_name = "\\""];\n}', "string a"],
  "a backslash in json_name": ['message A {\n string a = 1 [json_name = "\\\\n"];\n}', "string a"],
  "__proto__ as json_name": ['message A {\n string a = 1 [json_name = "__proto__"];\n}', "string a"],
};
const inheritedCases = {
  ...Object.fromEntries(inherited.map((name) => [`field ${name}`, fieldsOf(snakeCase(name))])),
  ...Object.fromEntries(inherited.map((name) => [`oneof ${name}`, oneofsOf(snakeCase(name))])),
  ...Object.fromEntries(inherited.map((name) => [`rpc ${name}`, rpcsOf(capitalize(name))])),
};

const imports = ["descriptor", "field_mask", "struct", "timestamp", "wrappers"]
  .map((name) => `import "google/protobuf/${name}.proto";\n`)
  .join("");
const repository = Repository.copy();
/** Folders of packages by title. */
const folders = new Map<string, string>();
/** What was refused, as places and problems, by title. */
const problems = new Map<string, string[]>();

/** Generates and compiles the code, and returns what is refused. */
async function findRefused(): Promise<Annotation[]> {
  const image = join(repository.root, "image.binpb");
  await buildImage(repository.checkout(), image);
  try {
    await generate(repository.checkout(), image);
    await checkGenerated(repository.checkout(), image);
    return [];
  } catch (error) {
    const annotations = error instanceof UserError ? error.annotations : [];
    if (annotations.length === 0) {
      throw error;
    }
    return annotations;
  }
}

beforeAll(async () => {
  repository.separateModules();
  const refusedTexts = Object.entries(refused).map(([title, [text]]) => [`refused: ${title}`, text]);
  const cases = [...Object.entries({ ...legal, ...inheritedCases }), ...refusedTexts];
  for (const [i, [title = "", text = ""]] of cases.entries()) {
    const folder = `proto/agynio/api/names_${i}/v1`;
    folders.set(title, folder);
    for (const [j, part] of text.split("---\n").entries()) {
      const head = `syntax = "proto3";\npackage agynio.api.names_${i}.v1;\n${imports}`;
      repository.write({ [`${folder}/file${j}.proto`]: head + part });
    }
  }
  // Without what has a taken name, the rest is compiled.
  for (let found = await findRefused(); found.length > 0; found = await findRefused()) {
    for (const { file = "", line = 0, message } of found) {
      const [title = file] = [...folders].find(([, folder]) => file.startsWith(`${folder}/`)) ?? [];
      const text = repository.read(file).split("\n")[line - 1]?.trim();
      problems.set(title, [...(problems.get(title) ?? []), `${text}: ${message}`]);
    }
    for (const title of problems.keys()) {
      rmSync(join(repository.root, folders.get(title) ?? title), { recursive: true, force: true });
    }
  }
});

test.each(Object.keys(legal))("%s is legal", (title) => {
  expect(problems.get(title)).toBeUndefined();
});

test.each(Object.entries(refused))("%s is refused at its line, with a flavour and a fix", (title, [, at]) => {
  expect(problems.get(`refused: ${title}`)).toEqual([
    expect.stringMatching(
      / cannot be generated for .+: .+\.\n {2}(Rename it, for example to \w+(, or rename .+ if that is the new one)?|Use letters.*|Change its .*)\.$/,
    ),
  ]);
  expect(problems.get(`refused: ${title}`)?.[0]).toContain(at);
});

test("every name that objects, messages or clients inherit is refused, or messages and RPCs with it arrive", async () => {
  const titles = [...problems.keys()];
  expect(titles).toEqual(
    expect.arrayContaining(["field constructor", "field toString", "rpc close", "rpc constructor"]),
  );
  expect(titles).toEqual(expect.arrayContaining(["rpc then", "rpc prototype", "field hasOwnProperty"]));
  const tests = ["test/rpc/rpc.full.test.ts", "test/messages/messages.test.ts"];
  const result = await runPackage(repository.checkout(), "vitest", "vitest", ["run", ...tests]);
  expect(result.code, outputOf(result)).toBe(0);
  expect(outputOf(result)).toMatch(/ passed, 0 failed/);
});
