// Packages with every shape that a .proto file can declare, as text: every type in every cardinality, every option,
// every kind of RPC. They follow the conventions of lint/.
import { type DescFile, ScalarType } from "@bufbuild/protobuf";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import type { Files } from "../support/repository.ts";

const scalars = Object.values(ScalarType)
  .filter((name) => typeof name === "string")
  .map((name) => name.toLowerCase());
const enums = ["Color", "Outer.Inner.Size", "google.protobuf.NullValue", "google.protobuf.Syntax"];
const packable = [...scalars.filter((name) => !/string|bytes/.test(name)), ...enums];
const keys = scalars.filter((name) => !/double|float|bytes/.test(name));

/** The files of google/protobuf that contracts in proto3 use as types of fields. */
const googleFiles = (Object.values(wellKnown) as Partial<DescFile>[]).filter(
  (value): value is DescFile => value.kind === "file" && value.edition === wellKnown.Edition.EDITION_PROTO3,
);
const messages = [
  ...["Leaf", "Tree", "Forest", "Nothing", "Outer.Inner"],
  ...googleFiles.flatMap((file) => file.messages.map(({ typeName }) => typeName)),
];
const types = [...scalars, ...enums, ...messages];

/** Texts that end comments, strings or templates in generated code, or that Markdown and HTML format. */
const comments = [
  "Ends a comment */ and starts one /* or // another.",
  "Has `code`, ${template}, <b>HTML</b> & &amp; entities, {@link Leaf}, @deprecated and \\ backslashes \\n.",
  "Ist nicht auf Englisch: größer, 大きい, \u{1F680}, \u202Eleft\u202C, and a separator \u2028 of lines.",
  "'Single', \"double\" and #region.",
];
let commented = 0;
const comment = () => `// ${comments[commented++ % comments.length]}\n`;

/** Returns the name of a field for a type. */
const nameOf = (type: string) =>
  `a_${type
    .replace(/(\w)([A-Z])(?=[a-z])/g, "$1_$2")
    .replaceAll(".", "_")
    .toLowerCase()}`;

/** A field without its number: `repeated string names`, and its options. */
type Field = [declaration: string, ...options: string[]];

let number = 0;
const field = ([declaration, ...options]: Field) =>
  `${comment()}${declaration} = ${++number}${options.length > 0 ? ` [${options.join(", ")}]` : ""};\n`;

/** Returns a message whose fields have the next numbers, and after them what `rest` declares. */
function message(name: string, fields: Field[], rest = () => ""): string {
  number = 0;
  return `${comment()}message ${name} {\n${fields.map(field).join("")}${rest()}}\n`;
}

const oneof = (name: string, fields: Field[]) =>
  `${comment()}oneof ${name} {\n${fields.map(field).join("")}}\n`;

/** A message for each cardinality, with a field of each type. */
function cardinalities(prefix: string, ...options: string[]): string {
  const each = (list: string[], cardinality: (type: string) => string, ...more: string[]) =>
    list.map((type): Field => [`${cardinality(type)} ${nameOf(type)}`, ...more, ...options]);
  return [
    message(
      `${prefix}Singular`,
      each(types, (type) => type),
    ),
    message(
      `${prefix}Optional`,
      each(types, (type) => `optional ${type}`),
    ),
    message(
      `${prefix}Repeated`,
      each(types, (type) => `repeated ${type}`),
    ),
    message(
      `${prefix}Unpacked`,
      each(packable, (type) => `repeated ${type}`, "packed = false"),
    ),
    message(
      `${prefix}Packed`,
      each(packable, (type) => `repeated ${type}`, "packed = true"),
    ),
    message(
      `${prefix}MapValues`,
      each(types, (type) => `map<string, ${type}>`),
    ),
    message(
      `${prefix}MapKeys`,
      each(keys, (type) => `map<${type}, Leaf>`),
    ),
    message(`${prefix}Oneof`, [], () =>
      oneof(
        "choice",
        each(oneofTypes, (type) => type),
      ),
    ),
  ].join("\n");
}

// ts-proto's code for a FieldMask in a oneof does not compile.
const oneofTypes = types.filter((type) => type !== "google.protobuf.FieldMask");

const options = (): string => {
  const long = scalars.filter((name) => name.endsWith("64"));
  const jsTypes = ["JS_NORMAL", "JS_STRING", "JS_NUMBER"];
  const each = (cardinality: string): Field[] =>
    jsTypes.flatMap((jstype) =>
      long.map(
        (type): Field => [`${cardinality}${type} ${type}_${jstype.toLowerCase()}`, `jstype = ${jstype}`],
      ),
    );
  const jsonNames = [
    "UPPER",
    "with_underscores",
    "with-hyphens",
    "with spaces",
    "$dollar",
    "1digit",
    "größe",
    "@type",
  ];
  return [
    message("LongSingular", each("")),
    message("LongOptional", each("optional ")),
    message("LongRepeated", each("repeated ")),
    message(
      "JsonNames",
      jsonNames.map((name, i): Field => [`string renamed_${i}`, `json_name = "${name}"`]),
    ),
    message("StringTypes", [
      ["string cord", "ctype = CORD"],
      ["repeated string pieces", "ctype = STRING_PIECE"],
    ]),
    message("Lazy", [
      ["Leaf leaf", "lazy = true"],
      ["repeated Leaf leaves", "unverified_lazy = true"],
    ]),
    message(
      "Deprecated",
      types.map((type): Field => [`${type} ${nameOf(type)}`, "deprecated = true"]),
      () => `option deprecated = true;\n`,
    ),
    message(
      "Custom",
      [["string pattern", '(rule) = {pattern: "[a-z]+ \\"\\\\*/`${x}", hints: ["a", "b"]}', "(flag) = true"]],
      () => `option (message_note) = "note";\n`,
    ),
  ].join("\n");
};

const numbers = () => `
${comment()}message Numbers {
  string last = 536870911;
  string before_reserved = 18999;
  string after_reserved = 20000;
  string two_octets = 16;
  string one_octet = 15;
  string first = 1;
}

${comment()}message OneNumber {
  reserved 2 to max;
  reserved "gone", "lost";
  string only = 1;
}

${comment()}message NoNumber {
  reserved 1 to max;
}

${comment()}enum Full {
  FULL_UNSPECIFIED = 0;
  FULL_NEGATIVE = -1;
  reserved 1 to max;
  reserved "FULL_GONE";
  reserved -2147483648 to -2;
}
`;

const declarations = () => `
${comment()}enum Color {
  COLOR_UNSPECIFIED = 0;
  COLOR_RED = 1 [deprecated = true];
  ${comment()}  COLOR_BLUE = 2147483647 [(enumvalue_note) = "blue"];
  COLOR_GREEN = -1 [debug_redact = true];
  COLOR_BLACK = -2147483648;
}

${message("Leaf", [["string text"], ["sint32 signed"], ["string hidden", "debug_redact = true"]])}
${message("Nothing", [])}
${message("Tree", [["Leaf leaf"], ["repeated Tree children"], ["map<string, Tree> named"]], () => oneof("side", [["Tree left"], ["Forest right"]]))}
${message("Forest", [["repeated Tree trees"], ["optional Forest parent"]])}
${comment()}message Outer {
  ${comment()}  message Inner {
    ${comment()}    enum Size {
      SIZE_UNSPECIFIED = 0;
      SIZE_LARGE = 1;
    }
    ${comment()}    message Innermost {
      Size format = 1;
      Outer outer = 2;
    }
    Innermost innermost = 1;
  }
  Inner inner = 1;
  map<int64, Inner.Size> sizes = 2;
}

${message("Oneofs", [["string before"]], () => oneof("first", [["string text"], ["bytes data"]]) + oneof("second", [["Leaf leaf"]]))}
${message(`${"Long".repeat(40)}Name`, [[`string ${"very_".repeat(40)}long`]])}`;

const extensions = ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method"];

const optionsFile = () => `
import "google/protobuf/descriptor.proto";

${message("Rule", [["string pattern"], ["repeated string hints"]])}
${comment()}enum Strength {
  STRENGTH_UNSPECIFIED = 0;
  STRENGTH_RED = 1;
}

${extensions
  .map(
    (name, i) =>
      `${comment()}extend google.protobuf.${name}Options {\n${comment()}string ${name.toLowerCase()}_note = ${50000 + i};\n}\n`,
  )
  .join("")}
${comment()}extend google.protobuf.FieldOptions {
  Rule rule = 50100;
  optional bool flag = 50101;
  repeated int64 codes = 50102;
  Strength strength = 50103;
}
`;

const kinds = {
  Unary: ["", ""],
  Upload: ["stream ", ""],
  Watch: ["", "stream "],
  Talk: ["stream ", "stream "],
};
const levels = ["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"];

function service(): string {
  const rpcs = Object.entries(kinds).flatMap(([kind, [request, response]]) =>
    levels.map((level, i) => ({
      name: `${kind}Call${i}`,
      rpc: `rpc ${kind}Call${i}(${request}${kind}Call${i}Request) returns (${response}${kind}Call${i}Response) {
option idempotency_level = ${level};
option deprecated = ${i === 2};
}\n`,
    })),
  );
  return `${comment()}service ShapesService {\n${rpcs.map(({ rpc }) => comment() + rpc).join("\n")}}
${comment()}service NothingService {}
${rpcs
  .map(
    ({ name }, i) =>
      `${message(`${name}Request`, i % 2 ? [] : [["Leaf leaf"], ["string id"]])}
${message(`${name}Response`, i % 3 ? [["Tree tree"], ["google.protobuf.Timestamp created_at"]] : [])}`,
  )
  .join("\n")}`;
}

const folder = "proto/agynio/api/shapes/v1";
const header = `syntax = "proto3";

package agynio.api.shapes.v1;

option go_package = "github.com/agynio/api/gen/agynio/api/shapes/v1;shapesv1";
`;
const shapesImport = 'import "agynio/api/shapes/v1/types.proto";\n';
const googleImports = googleFiles.map(({ proto }) => `import "${proto.name}";\n`).join("");

/** Returns the files of the packages with every shape. */
export function everyShape(): Files {
  commented = 0;
  return new Map([
    [`${folder}/options.proto`, header + optionsFile()],
    [`${folder}/types.proto`, header + 'import "agynio/api/shapes/v1/options.proto";\n' + declarations()],
    [`${folder}/cardinalities.proto`, header + shapesImport + googleImports + cardinalities("")],
    [
      `${folder}/marked.proto`,
      header + shapesImport + googleImports + cardinalities("Marked", "debug_redact = true"),
    ],
    [
      `${folder}/field_options.proto`,
      header + shapesImport + 'import "agynio/api/shapes/v1/options.proto";\n' + googleImports + options(),
    ],
    [`${folder}/numbers.proto`, header + numbers()],
    [
      `${folder}/shapes.proto`,
      header + shapesImport + 'import "google/protobuf/timestamp.proto";\n' + service(),
    ],
  ]);
}
