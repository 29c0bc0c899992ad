import { join } from "node:path";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import type { Repository } from "../support/repository.ts";

/** Changes of the fields of a message, each with its severity and with the fields before and after. */
const messages = `
two fields swap their numbers | wire | string a = 1; string b = 2; | string b = 1; string a = 2;
a field is inserted at the front | wire | string a = 1; | string b = 1; string a = 2;
a field takes the name of a removed one | wire | string a = 1; string b = 2; | string a = 2; reserved 1;
a field is renamed | json | string a = 1; | string b = 1;
a field is renamed to its JSON name | code | string a_b = 1; | string aB = 1;
a field has another JSON name | json | string a = 1; | string a = 1 [json_name = "b"];
a field is removed | wire | string a = 1; string b = 2; | string a = 1;
only the name is reserved | wire | string a = 1; string b = 2; | string a = 1; reserved "b";
only the number is reserved | json | string a = 1; string b = 2; | string a = 1; reserved 2;
both are reserved | code | string a = 1; string b = 2; | string a = 1; reserved 2; reserved "b";
a number is no longer reserved | wire | reserved 1; |
int32 becomes int64 | wire | int32 a = 1; | int64 a = 1;
int32 becomes uint32 | wire | int32 a = 1; | uint32 a = 1;
fixed32 becomes sfixed32 | wire | fixed32 a = 1; | sfixed32 a = 1;
string becomes bytes | wire | string a = 1; | bytes a = 1;
bool becomes int32 | wire | bool a = 1; | int32 a = 1;
an open enum becomes int32 | json | N a = 1; enum N { Z = 0; A = 1; } | int32 a = 1; enum N { Z = 0; A = 1; }
a field becomes a list | wire | int32 a = 1; | repeated int32 a = 1;
a list of pairs becomes a map | wire | repeated AEntry a = 1; message AEntry { string key = 1; string value = 2; } | map<string, string> a = 1;
a list is no longer packed | none | repeated int32 a = 1; | repeated int32 a = 1 [packed = false];
a field becomes optional | code | int32 a = 1; | optional int32 a = 1;
a field moves into a oneof alone | code | string a = 1; string b = 2; | oneof o { string a = 1; } string b = 2;
two fields move into a oneof | wire | string a = 1; string b = 2; | oneof o { string a = 1; string b = 2; }
a field moves into a oneof that exists | wire | string a = 1; oneof o { string b = 2; } | oneof o { string a = 1; string b = 2; }
a oneof is renamed | code | oneof o { string a = 1; string b = 2; } | oneof p { string a = 1; string b = 2; }
a type is renamed | code | M m = 1; message M { int32 a = 1; } | N m = 1; message N { int32 a = 1; }
a type has the same fields but one | json | M m = 1; message M { int32 a = 1; } message N { reserved 1; } | N m = 1; message M { int32 a = 1; } message N { reserved 1; }
`;

/** The same for the values of an enum after the first. */
const enums = `
two values swap their numbers | wire | A = 1; B = 2; | B = 1; A = 2;
a value is inserted | wire | A = 1; B = 2; | N = 1; A = 2; B = 3;
a value is renamed | json | A = 1; | B = 1;
a value is removed | wire | A = 1; |
the number of a value is reserved | json | A = 1; | reserved 1;
the number and the name of a value are reserved | code | A = 1; | reserved 1; reserved "A";
an alias is added after its value | none | A = 1; | option allow_alias = true; A = 1; B = 1;
an alias is added before its value | json | A = 1; | option allow_alias = true; B = 1; A = 1;
two aliases swap places | none | option allow_alias = true; A = 1; B = 1; | option allow_alias = true; B = 1; A = 1;
`;

/** The same for what proto3 does not have. */
const old = `
an extension has another number | wire | extend A { optional int32 x = 100; } | extend A { optional int32 x = 101; }
an extension extends another message | wire | extend A { optional int32 x = 100; } | extend B { optional int32 x = 100; }
an extension has another type | wire | extend A { optional int32 x = 100; } | extend A { optional string x = 100; }
an extension is renamed | json | extend A { optional int32 x = 100; } | extend A { optional int32 y = 100; }
a field becomes required | wire | message T { optional int32 a = 1; } | message T { required int32 a = 1; }
a field has another default | wire | message T { optional int32 a = 1 [default = 7]; } | message T { optional int32 a = 1; }
a closed enum has another first value | wire | message T { optional E e = 1; } enum E { P = 1; Q = 2; } | message T { optional E e = 1; } enum E { Q = 2; P = 1; }
`;

const parse = (table: string, syntax: string, wrap: (cell: string) => string) =>
  table
    .trim()
    .split("\n")
    .map((row) => {
      const [name, severity, before = "", after = ""] = row.split("|").map((cell) => cell.trim());
      return { name, severity, syntax, before: wrap(before), after: wrap(after) };
    });

/** The changes, each of one file. */
export const examples = [
  ...parse(messages, "proto3", (fields) => `message T { ${fields} }`),
  ...parse(enums, "proto3", (values) => `message T { E e = 1; }\nenum E { Z = 0; ${values} }`),
  ...parse(
    old,
    "proto2",
    (body) => `message A { extensions 100 to 200; } message B { extensions 100 to 200; }\n${body}`,
  ),
];

const contract = (side: "before" | "after"): Record<string, string> =>
  Object.fromEntries([
    ["buf.yaml", "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [FILE]\n"],
    ...examples.map(({ syntax, [side]: body }, index) => [
      `proto/e${index}/e.proto`,
      `syntax = "${syntax}";\npackage e${index};\n${body}\n`,
    ]),
  ]);

/** Builds the contract of all examples, each of which is the package e0, e1 and so on. */
export async function buildExamples(repository: Repository): Promise<[before: string, after: string]> {
  const build = async (side: "before" | "after") => {
    const image = join(repository.root, `${side}.binpb`);
    repository.write(contract(side));
    await buildImage(repository.checkout(), image);
    return image;
  };
  return [await build("before"), await build("after")];
}
