// The findings on small changes: one for each field, value or other declaration, with what it breaks.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import type { Finding } from "../../scripts/lib/breaking/findings.ts";
import { formatComparison } from "../../scripts/lib/breaking/report.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { withoutSourceInfo } from "../../scripts/lib/contract/image.ts";
import { Repository } from "../support/repository.ts";

/** Compares two contracts, each the files of one, by path. */
async function compare(
  before: Record<string, string>,
  after: Record<string, string>,
  convert = (image: Uint8Array) => image,
) {
  const repository = Repository.empty();
  const bufYaml = "version: v2\nmodules:\n  - path: proto\n";
  const images = [];
  for (const [name, files] of Object.entries({ before, after })) {
    repository.write({ "buf.yaml": bufYaml, ...files });
    const image = join(repository.root, `${name}.binpb`);
    await buildImage(repository.checkout(), image);
    repository.write({ [`${name}.binpb`]: convert(readFileSync(image)) });
    images.push(image);
    if (name === "before") {
      repository.delete("proto");
    }
  }
  const [base = "", image = ""] = images;
  return compareWithBase(repository.checkout(), image, { kind: "image", label: "before", image: base });
}

const proto3 = (body: string) => ({
  "proto/a.proto": `syntax = "proto3";\npackage a.v1;\n${body.replaceAll("; ", ";\n")}`,
});
const proto2 = (body: string) => ({
  "proto/a.proto": `syntax = "proto2";\npackage a.v1;\n${body.replaceAll("; ", ";\n")}`,
});

/** The changes, each with its findings: severity, element, rules and, if names and numbers explain it, the message. */
const changes: [title: string, before: string, after: string, findings: string[]][] = [
  [
    "two fields swap their numbers",
    "message T { string from_acct = 1; string to_acct = 2; }",
    "message T { string to_acct = 1; string from_acct = 2; }",
    [
      "wire T.from_acct FIELD_SAME_JSON_NAME, FIELD_SAME_NAME: T.from_acct: number 1 → 2; number 1 is now to_acct",
      "wire T.to_acct FIELD_SAME_JSON_NAME, FIELD_SAME_NAME: T.to_acct: number 2 → 1; number 2 is now from_acct",
    ],
  ],
  [
    "a field is inserted above another",
    "message T { string sku = 1; }",
    "message T { string shop_id = 1; string sku = 2; }",
    ["wire T.sku FIELD_SAME_JSON_NAME, FIELD_SAME_NAME: T.sku: number 1 → 2; number 1 is now shop_id"],
  ],
  [
    "a new field of another type takes a number",
    "message T { string label = 1; int32 size = 2; }",
    "message T { int64 weight = 1; int32 size = 2; string label = 3; }",
    [
      "wire T.label FIELD_SAME_JSON_NAME, FIELD_SAME_TYPE, FIELD_SAME_NAME: T.label: number 1 → 3; number 1 is now weight",
    ],
  ],
  [
    "a field is renumbered",
    "message T { string id = 1; }",
    "message T { string id = 2; }",
    ["wire T.id FIELD_NO_DELETE: T.id: number 1 → 2"],
  ],
  [
    "a field is renamed",
    "message T { string id = 1; }",
    "message T { string key = 1; }",
    ["json T.id FIELD_SAME_JSON_NAME, FIELD_SAME_NAME: T.id: renamed to key"],
  ],
  [
    "a nested field becomes a list, with another JSON name",
    "message T { message U { string id = 1; } }",
    'message T { message U { repeated string id = 1 [json_name = "key"]; } }',
    [
      'wire T.U.id FIELD_SAME_CARDINALITY, FIELD_SAME_JSON_NAME: Field "1" with name "id" on message "U" changed cardinality',
    ],
  ],
  [
    "nested messages of the same name change",
    "message A { message X { string id = 1; } } message B { message X { string id = 1; } }",
    "message A { message X { string id = 1; } } message B { message X { string key = 1; } }",
    ["json B.X.id FIELD_SAME_JSON_NAME, FIELD_SAME_NAME: B.X.id: renamed to key"],
  ],
  [
    "a map is renamed",
    "message T { map<string, string> labels = 1; }",
    "message T { map<string, string> tags = 1; }",
    [
      "json T.labels MESSAGE_NO_DELETE, FIELD_SAME_JSON_NAME, FIELD_SAME_TYPE, FIELD_SAME_NAME: T.labels: renamed to tags",
    ],
  ],
  [
    "the key and the value of a map change",
    "message T { map<string, string> labels = 1; }",
    "message T { map<int64, bool> labels = 1; }",
    ["wire T.labels FIELD_SAME_TYPE: "],
  ],
  [
    "a message is deleted with its nested types",
    "message T { enum E { E_A = 0; } message M { map<string, E> m = 1; } }",
    "",
    ["code T ENUM_NO_DELETE, MESSAGE_NO_DELETE: "],
  ],
  [
    "an enum value is inserted above others",
    "enum E { E_NONE = 0; E_ONE = 1; E_TWO = 2; }",
    "enum E { E_NONE = 0; E_NEW = 1; E_ONE = 2; E_TWO = 3; }",
    [
      "wire E.E_ONE ENUM_VALUE_SAME_NAME: E.E_ONE: number 1 → 2; number 1 is now E_NEW",
      "wire E.E_TWO ENUM_VALUE_SAME_NAME: E.E_TWO: number 2 → 3; number 2 is now E_ONE",
    ],
  ],
  [
    "an enum value is renamed",
    "enum E { E_NONE = 0; E_ONE = 1; }",
    "enum E { E_NONE = 0; E_UNO = 1; }",
    ["json E.E_ONE ENUM_VALUE_SAME_NAME: E.E_ONE: renamed to E_UNO"],
  ],
  [
    "an alias is renamed",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UNO = 1; }",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UN = 1; }",
    ["json E.E_UNO ENUM_VALUE_SAME_NAME: E.E_UNO: renamed to E_UN"],
  ],
  [
    "an alias is renumbered",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UNO = 1; }",
    "enum E { E_NONE = 0; E_ONE = 1; E_UNO = 2; }",
    ["wire E.E_UNO ENUM_VALUE_SAME_NAME: E.E_UNO: number 1 → 2"],
  ],
  [
    "the first of two aliases is removed",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UNO = 1; }",
    "enum E { E_NONE = 0; E_UNO = 1; }",
    ['json E.E_ONE ENUM_VALUE_SAME_NAME: Enum value "1" on enum "E" changed name from "E_ONE", "E_UNO"'],
  ],
  [
    "two aliases swap their order",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UNO = 1; }",
    "enum E { option allow_alias = true; E_NONE = 0; E_UNO = 1; E_ONE = 1; }",
    [],
  ],
  [
    "a field's type is another one of google/protobuf",
    'import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; message T { google.protobuf.Timestamp t = 1; }',
    'import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; message T { google.protobuf.Duration t = 1; }',
    ["json T.t FIELD_SAME_TYPE: "],
  ],
  [
    "the value of a map changes, whose message is called like its entry",
    "message FooEntry { map<string, string> foo = 1; string bar = 2; }",
    "message FooEntry { map<string, bytes> foo = 1; string bar = 2; }",
    ["wire FooEntry.foo FIELD_SAME_TYPE: "],
  ],
  [
    "a nested message is deleted, and its field retyped",
    "message T { message X { string id = 1; } X x = 1; }",
    "message T { int32 x = 1; }",
    ["code T.X MESSAGE_NO_DELETE: ", "wire T.x FIELD_SAME_CARDINALITY, FIELD_SAME_TYPE: "],
  ],
  [
    "reserved numbers and names are dropped",
    'message T { reserved 2; reserved "x"; }',
    "message T {}",
    ["wire T RESERVED_MESSAGE_NO_DELETE: "],
  ],
  [
    "an alias is declared after the value",
    "enum E { E_NONE = 0; E_ONE = 1; }",
    "enum E { option allow_alias = true; E_NONE = 0; E_ONE = 1; E_UNO = 1; }",
    [],
  ],
  [
    "an alias is declared before the value",
    "enum E { E_NONE = 0; E_ONE = 1; }",
    "enum E { option allow_alias = true; E_NONE = 0; E_UNO = 1; E_ONE = 1; }",
    ['json E.E_ONE AGYN_ENUM_VALUE_SAME_JSON_NAME: Enum value "1" on enum "E" is written to JSON as "E_UNO"'],
  ],
  [
    "two fields swap their JSON names",
    'message T { string a = 1 [json_name = "x"]; string b = 2 [json_name = "y"]; }',
    'message T { string a = 1 [json_name = "y"]; string b = 2 [json_name = "x"]; }',
    ["json T.a FIELD_SAME_JSON_NAME: ", "json T.b FIELD_SAME_JSON_NAME: "],
  ],
  [
    "a field is renamed, and keeps its JSON name",
    "message T { string id = 1; }",
    'message T { string key = 1 [json_name = "id"]; }',
    ["code T.id FIELD_SAME_NAME: T.id: renamed to key"],
  ],
  [
    "an RPC has other messages",
    "message A { string id = 1; } message B {} service S { rpc Do(A) returns (A); }",
    "message A { string id = 1; } message B {} service S { rpc Do(B) returns (B); }",
    ["wire S.Do RPC_SAME_REQUEST_TYPE, RPC_SAME_RESPONSE_TYPE: "],
  ],
  [
    "a message is renamed",
    "message A { string id = 1; A next = 2; } service S { rpc Do(A) returns (A); }",
    "message B { string id = 1; B next = 2; } service S { rpc Do(B) returns (B); }",
    ["code A MESSAGE_NO_DELETE: ", "code S.Do RPC_SAME_REQUEST_TYPE, RPC_SAME_RESPONSE_TYPE: "],
  ],
];

/** The same for extensions. */
const extensions: typeof changes = [
  [
    "the number changes",
    "extend M { optional string x = 100; }",
    "extend M { optional string x = 101; }",
    ["wire x AGYN_EXTENSION_SAME_NUMBER: a.v1.x: number 100 → 101"],
  ],
  [
    "the extended message changes",
    "extend M { optional string x = 100; }",
    "extend N { optional string x = 100; }",
    ["wire x AGYN_EXTENSION_SAME_MESSAGE: a.v1.x: extends a.v1.N in place of a.v1.M"],
  ],
  [
    "two swap their numbers",
    "extend M { optional string x = 100; optional string y = 101; }",
    "extend M { optional string y = 100; optional string x = 101; }",
    [
      "wire x FIELD_SAME_NAME, AGYN_EXTENSION_SAME_NUMBER: a.v1.x: number 100 → 101; number 100 is now a.v1.y",
      "wire y FIELD_SAME_NAME, AGYN_EXTENSION_SAME_NUMBER: a.v1.y: number 101 → 100; number 101 is now a.v1.x",
    ],
  ],
  [
    "it is renamed",
    "extend M { optional string x = 100; }",
    "extend M { optional string y = 100; }",
    ["json x EXTENSION_NO_DELETE, FIELD_SAME_NAME: a.v1.x: renamed to a.v1.y"],
  ],
  [
    "it moves into a message",
    "extend M { optional string x = 100; }",
    "message P { extend M { optional string x = 100; } }",
    ["json x EXTENSION_NO_DELETE, FIELD_SAME_NAME: a.v1.x: renamed to a.v1.P.x"],
  ],
  [
    "the type changes",
    "extend M { optional string x = 100; }",
    "extend M { optional bytes x = 100; }",
    ["wire x FIELD_SAME_TYPE: "],
  ],
  ["it is removed", "extend M { optional string x = 100; }", "", ["wire x EXTENSION_NO_DELETE: "]],
  [
    "another takes its number",
    "extend M { optional string x = 100; }",
    "extend M { optional int32 y = 100; }",
    [
      "wire x EXTENSION_NO_DELETE, FIELD_SAME_TYPE, FIELD_SAME_NAME: a.v1.x: removed; number 100 is now a.v1.y",
    ],
  ],
];
/** The same for what proto3 does not have. */
const old: typeof changes = [
  [
    "a group becomes a list",
    "message T { optional group Foo = 1 { optional string a = 1; } }",
    "message T { repeated group Foo = 1 { optional string a = 1; } }",
    ["wire T.foo FIELD_SAME_CARDINALITY: "],
  ],
  [
    "a field of a group is deleted",
    "message T { optional group Foo = 1 { optional string a = 1; optional string b = 2; } }",
    "message T { optional group Foo = 1 { optional string a = 1; } }",
    ["wire T.Foo.b FIELD_NO_DELETE: "],
  ],
  [
    "a required field is added",
    "message T { optional string a = 1; }",
    "message T { optional string a = 1; required string b = 2; }",
    ["wire T.b MESSAGE_SAME_REQUIRED_FIELDS: "],
  ],
  [
    "a required field is removed, and its number and name are reserved",
    "message T { required string a = 1; }",
    'message T { reserved 1; reserved "a"; }',
    ["wire T.a FIELD_NO_DELETE, MESSAGE_SAME_REQUIRED_FIELDS: "],
  ],
  [
    "the first value of an enum, the default of its fields, is another one",
    "enum E { E_A = 1; E_B = 2; } message T { optional E e = 1; }",
    "enum E { E_B = 2; E_A = 1; } message T { optional E e = 1; }",
    ["wire T.e FIELD_SAME_DEFAULT: "],
  ],
];

const extendable = "message M { extensions 100 to 200; } message N { extensions 100 to 200; } ";

const print = ({ severity, element, violations, message }: Finding) =>
  `${severity} ${element.replace("a.v1.", "")} ${[...new Set(violations.map(({ rule }) => rule))].join(", ")}: ${message}`;

test.concurrent.each([
  ...changes.map(
    ([title, before, after, expected]) => [title, proto3(before), proto3(after), expected] as const,
  ),
  ...old.map(
    ([title, before, after, expected]) =>
      [`proto2: ${title}`, proto2(before), proto2(after), expected] as const,
  ),
  ...extensions.map(
    ([title, before, after, expected]) =>
      [`extension: ${title}`, proto2(extendable + before), proto2(extendable + after), expected] as const,
  ),
])("%s", async (_, before, after, expected) => {
  const { findings } = await compare(before, after);
  expect(findings.map(print).sort()).toEqual(expected.map((text) => expect.stringContaining(text)));
});

describe.concurrent("the advice on a removed field", () => {
  const advice = async (reserved: string) => {
    const { findings } = await compare(
      proto3("message T { string id = 1; string sku = 2; }"),
      proto3(`message T { string id = 1; ${reserved} }`),
    );
    return findings.map(({ severity, advice }) => [severity, advice]);
  };

  test("states what `reserved` changes, unless number and name are reserved", async () => {
    expect(await advice("")).toEqual([
      ["wire", expect.stringMatching(/without `reserved 2; reserved "sku";` is worse: .* its number,/)],
    ]);
    expect(await advice("reserved 2;")).toEqual([
      ["json", expect.stringMatching(/without `reserved "sku";` is worse: .* its name,/)],
    ]);
    expect(await advice('reserved 2; reserved "sku";')).toEqual([
      ["code", expect.not.stringContaining("reserved")],
    ]);
  });
});

test.concurrent("a renumbered field is reported where it is", async () => {
  const before = proto3("message T { string a = 1; string b = 2; }");
  const { findings } = await compare(before, proto3("message T { string b = 1; string a = 2; }"));
  const places = findings.map(({ element, file, line }) => [element, file, line]);
  expect(places.sort()).toEqual([
    ["a.v1.T.a", "proto/a.proto", 4],
    ["a.v1.T.b", "proto/a.proto", 3],
  ]);
});

test.concurrent("deployed clients that call an RPC are named only if it is not there any more", async () => {
  const service = "message A {} service S { rpc Do(A) returns (A); rpc Go(A) returns (A); }";
  const endsCalls = async (after: Record<string, string>) => {
    const comparison = await compare(proto3(service), after);
    expect(comparison.findings).not.toEqual([]);
    return formatComparison(comparison).includes("and deployed clients that call an RPC of it");
  };
  expect(await endsCalls(proto3("message A {} service S { rpc Do(A) returns (A); }"))).toBe(true);
  expect(await endsCalls(proto3("message A {}"))).toBe(true);
  const [text = ""] = Object.values(proto3(service));
  expect(await endsCalls({ "proto/b.proto": text.replace("a.v1", "a.v2") })).toBe(true);
  expect(await endsCalls({ "proto/b.proto": text })).toBe(false);
  expect(
    await endsCalls(proto3("service S { rpc Do(B) returns (B); rpc Go(B) returns (B); } message B {}")),
  ).toBe(false);
});

describe.concurrent("files that are not the contract's own", () => {
  test.each([
    ["records imports", (image: Uint8Array) => image],
    ["does not record imports", withoutSourceInfo],
  ])("the last import of a file of google/protobuf can go if the image %s", async (_, convert) => {
    const before = proto3('import "google/protobuf/empty.proto";\nmessage T {}');
    expect((await compare(before, proto3("message T {}"), convert)).findings).toEqual([]);
  });

  test("are named if they are of a dependency", async () => {
    const bufYaml = `version: v2
deps: [buf.build/acme/geo]
modules:
  - path: proto
  - path: third_party
    name: buf.build/acme/geo
`;
    const geo = (body: string) => ({
      "third_party/geo/geo.proto": `syntax = "proto3";\npackage geo;\n${body}`,
    });
    const own = proto3('import "geo/geo.proto";\nmessage T { geo.Point point = 1; }');
    const before = { "buf.yaml": bufYaml, ...own, ...geo("message Point { double x = 1; }") };
    const after = { "buf.yaml": bufYaml, ...own, ...geo("message Point { double latitude = 1; }") };
    const comparison = await compare(before, after);
    expect(comparison.findings).toMatchObject([
      { dependency: "buf.build/acme/geo", file: "third_party/geo/geo.proto", element: "geo.Point.x" },
    ]);
    expect(formatComparison(comparison)).toContain(
      "It breaks JSON, in a file of buf.build/acme/geo, which is not this contract's own. Instead: keep the version of ",
    );
  });
});

test("a message that is deleted while its file gets another package has its earlier name", async () => {
  const before = proto3("message T { map<string, string> a = 1; } message Other {}");
  const after = proto3("message T { map<string, string> b = 1; }");
  const [text = ""] = Object.values(after);
  const { findings } = await compare(before, { "proto/a.proto": text.replace("a.v1", "a.v2") });
  expect(findings.map(({ element }) => element).sort()).toEqual(["a.proto", "a.v1.Other", "a.v1.T"]);
});
