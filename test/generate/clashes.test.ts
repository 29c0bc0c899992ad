import { create, createFileRegistry } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Type, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { contractFiles } from "../../scripts/lib/contract/descriptors.ts";
import { findClashes } from "../../scripts/lib/generate/clashes.ts";
import type { FileModule } from "../../scripts/lib/generate/flavours.ts";
import { createIndexes, createRegistryModule } from "../../scripts/lib/generate/indexes.ts";
import { parseModule } from "../../scripts/lib/generate/modules.ts";
import { root } from "../support/repository.ts";

/** A file with one message and one service. */
const fileWith = (name: string, message: string, fields: string[] = [], methods: string[] = []) => ({
  ...{ name: `a/v1/${name}.proto`, package: "a.v1", syntax: "proto3" },
  messageType: [
    {
      name: message,
      field: fields.map((field, index) => {
        const [id = "", jsonName = id] = field.split("=");
        return { name: id, jsonName, number: index + 1, type: FieldDescriptorProto_Type.STRING };
      }),
    },
  ],
  service: methods.map((method) => ({
    name: `${method}Service`,
    method: [{ name: method, inputType: `.a.v1.${message}`, outputType: `.a.v1.${message}` }],
  })),
});

const filesOf = (...file: ReturnType<typeof fileWith>[]) =>
  contractFiles(createFileRegistry(create(FileDescriptorSetSchema, { file })));

/** Parses the modules of a flavour, one for each file. */
const modulesOf = (files: ReturnType<typeof filesOf>, texts: string[], extension = ".ts"): FileModule[] =>
  files.map((file, i) => {
    const path = `${file.name}${extension}`;
    return { ...parseModule(path, texts[i] ?? ""), file, extension };
  });

/** Returns the problems of a contract whose code in the flavour ts-proto is given. */
function problemsOf(files: ReturnType<typeof filesOf>, ...texts: string[]): string[] {
  const clashes = findClashes(root, files, new Map([["ts-proto", modulesOf(files, texts)]]));
  return clashes.map(({ problem, fix }) =>
    `${problem}. ${fix}`.replace("cannot be generated for grpc-js and nice-grpc (ts-proto): ", "- "),
  );
}

test.each([
  [
    "hides a global that other code uses",
    "Map",
    "export interface Map {}\n",
    [
      "message a.v1.Map - its code uses the Map of JavaScript or a library. Rename it, for example to MapInfo.",
    ],
  ],
  [
    "has members and type parameters of its name",
    "T",
    "export interface T { T: string }\ntype B<T> = T[];\n",
    [],
  ],
  [
    "has a helper that uses the name, which it imports under another one",
    "Reader",
    'import { Reader as Reader1 } from "x";\nexport interface Reader {}\ninterface Fns { decode(r: Reader): void }\n',
    ["message a.v1.Reader - its code uses the Reader of JavaScript or a library."],
  ],
  [
    "imports the name",
    "A1",
    'import { A as A1 } from "./b.js";\nexport interface A1 {}\n',
    ["message a.v1.A1 - its code has another A1."],
  ],
  [
    "declares an interface of the name, which merges",
    "XClient",
    "export interface XClient {}\nexport const XClient = 1;\nexport interface XClient extends Y {}\n",
    ["message a.v1.XClient - its code has another XClient."],
  ],
  [
    "makes protobuf-es rename the export of another message",
    "ToolSchema",
    "export interface ToolSchema {}\nexport const ToolSchema$ = 1;\n",
    ["message a.v1.ToolSchema - it would rename the export ToolSchema of another element."],
  ],
  ["has a name that other code gives to parameters and properties", "key", "export const key = 1;\n", []],
  ["declares a type and a value", "X", "export interface X {}\nexport const X = 1;\n", []],
  [
    "is invalid",
    "X",
    'export const X = { jsonName: "a"b" };\n',
    ["file a/v1/a.proto - its code would be invalid (Expected `,` or `}` but found `Identifier`)."],
  ],
])("a message whose code %s", (_, name, text, expected) => {
  const files = filesOf(fileWith("a", name), fileWith("b", "B"));
  const other = "export const m = (key: { [key: string]: 1 }) => new Map([key.key]);\nconst MapData = 1;\n";
  const problems = problemsOf(files, text, other);
  expect(problems).toEqual(expected.map((problem) => expect.stringContaining(problem)));
});

test("members that have the name of another member", () => {
  const files = filesOf(fileWith("a", "A", ["foo1", "foo_1=x"], ["GetFOO"]));
  const overloads = "interface GetFOOService { getFoo(a: 1): 1; getFoo(a: 2): 2 }\n";
  expect(problemsOf(files, `export interface A { foo1: string; foo1: 1 }\n${overloads}`)).toEqual([
    "field a.v1.A.foo_1 - its code has another foo1. Rename it, for example to foo_1_value.",
  ]);
  expect(problemsOf(files, "export const GetFOOService = { getFoo: 1, getFoo: 2 };\n")).toEqual([
    "rpc a.v1.GetFOOService.GetFOO - its code has another getFoo. Rename it, for example to GetFOOGetFOO.",
  ]);
  // The declaration is that of the service, in spite of the message's name.
  expect(
    problemsOf(
      filesOf(fileWith("a", "GetFOOServiceClient", [], ["GetFOO"])),
      "export interface GetFOOServiceClient { getFoo: 1; getFoo: 2 }\n",
    ),
  ).toEqual([expect.stringContaining("rpc a.v1.GetFOOService.GetFOO - its code has another getFoo.")]);
});

test("methods that a client inherits, or that grpc-js leaves out", () => {
  const client = (method: string) =>
    `import { Client as Base } from "@grpc/grpc-js";\nexport interface Client extends Base { ${method}(): void }\n`;
  const problems = ["Close", "GetChannel", "Constructor", "Prototype", "ToString", "GetFoo"].map((method) => {
    const name = `${method.charAt(0).toLowerCase()}${method.slice(1)}`;
    return problemsOf(
      filesOf(fileWith("a", "A", [], [method])),
      client(name).replaceAll("Client e", `${method}ServiceClient e`),
    );
  });
  expect(problems).toEqual([
    [
      "rpc a.v1.CloseService.Close - its code inherits close from Client. Rename it, for example to CloseClose.",
    ],
    [expect.stringContaining("rpc a.v1.GetChannelService.GetChannel - its code inherits getChannel")],
    [expect.stringContaining("rpc a.v1.ConstructorService.Constructor - its code inherits constructor")],
    [expect.stringContaining("rpc a.v1.PrototypeService.Prototype - its code inherits prototype")],
    [],
    [],
  ]);
});

test("names that JavaScript or a plugin treats otherwise", () => {
  const fields = ["id", "then", "has_own_property", "to_string", 'a=a"b', "b=a\\b", "c=__proto__", "d=@d"];
  expect(
    problemsOf(filesOf(fileWith("a", "A", fields, ["Then", "Catch"]))).map((text) => text.split(":")[0]),
  ).toEqual([
    "field a.v1.A.has_own_property - every object inherits this name, so that the field is never unset. Rename it, for example to has_own_property_value.",
    "field a.v1.A.to_string - every object inherits this name, so that the field is never unset. Rename it, for example to to_string_value.",
    "rpc a.v1.ThenService.Then cannot be generated for any library",
    ...["a", "b", "c"].map(
      (name) => `field a.v1.A.${name} cannot be generated for Connect 1 (protobuf-es 1)`,
    ),
  ]);
});

const doc = "export interface Doc {}\nexport interface DocJson {}\nexport const DocSchema = 1;\n";
const header = "// Generated by `npm run generate` from the descriptors. DO NOT EDIT.\n\n";

test("an index exports all that was generated for a package, also a type and a value of one name from two files", () => {
  const files = filesOf(fileWith("a", "Doc"), fileWith("b", "DocSchema"), fileWith("c", "Empty"));
  const schema = "export interface DocSchema {}\nexport interface DocSchemaJson {}\n";
  expect(problemsOf(files, doc, schema, "")).toEqual([]);
  expect(createIndexes(files, modulesOf(files, [doc, schema]))).toEqual({
    "a/v1/index.ts": `${header}export * from "./a.js";
export * from "./b.js";

import type { DocSchema as DocSchema$type } from "./b.js";
import { DocSchema as DocSchema$value } from "./a.js";
export type DocSchema = DocSchema$type;
export const DocSchema: typeof DocSchema$value = DocSchema$value;
`,
    "a/v1/a/index.ts": `${header}export * from "../a.js";\n`,
    "a/v1/b/index.ts": `${header}export * from "../b.js";\n`,
    "a/v1/c/index.ts": `${header}export {};\n`,
  });
  const other = { ...fileWith("d", "D"), name: "b/v1/d.proto" };
  const modules = modulesOf(filesOf(fileWith("a", "A")), ["// No types.\n"], ".d.ts");
  expect(createIndexes(filesOf(fileWith("a", "A"), other), modules)).toEqual({
    "a/v1/index.d.ts": `${header}export {};\n`,
    "a/v1/a/index.d.ts": `${header}export {};\n`,
    "b/v1/index.d.ts": `${header}export {};\n`,
    "b/v1/d/index.d.ts": `${header}export {};\n`,
  });
});

test("a name that two files of a package export is refused", () => {
  const files = filesOf(fileWith("a", "Doc"), fileWith("b", "DocJson"));
  expect(problemsOf(files, doc, "export interface DocJson {}\n")).toEqual([
    "message a.v1.DocJson - the code of a/v1/a.proto has another DocJson. Rename it, for example to DocJsonData, or rename message a.v1.Doc if that is the new one.",
  ]);
});

test("the registry imports files whose names differ in / and _ only", () => {
  const text = createRegistryModule(filesOf(fileWith("a_b", "A"), fileWith("a/b", "B")), []);
  expect(text).toContain('import { file_a_v1_a_b } from "./a/v1/a/b_pb.js";');
  expect(text).toContain('import { file_a_v1_a_b as file_a_v1_a_b$1 } from "./a/v1/a_b_pb.js";');
  expect(text).toContain("  file_a_v1_a_b,\n  file_a_v1_a_b$1,\n");
});
