// Packages with every shape that a .proto file can declare, as text: every type in every cardinality, every option,
// every kind of RPC. They follow the conventions of lint/.
import { dirname } from "node:path";
import { type DescFile, type FileRegistry, ScalarType } from "@bufbuild/protobuf";
import * as wellKnown from "@bufbuild/protobuf/wkt";
import { Edition } from "@bufbuild/protobuf/wkt";
import type { Files } from "../support/repository.ts";
import { capitalize, unusedOptions, unusedWord } from "../support/unused.ts";

const scalars = Object.values(ScalarType)
  .filter((name) => typeof name === "string")
  .map((name) => name.toLowerCase());
const longs = scalars.filter((name) => name.endsWith("64"));
const keys = scalars.filter((name) => !/double|float|bytes/.test(name));
const enums = ["Color", "Twin", "Outer.Inner.Shade", "google.protobuf.NullValue", "google.protobuf.Syntax"];
const packable = [...scalars.filter((name) => !/string|bytes/.test(name)), ...enums];

/** The files of google/protobuf whose messages contracts use. */
const googleFiles = (Object.values(wellKnown) as Partial<DescFile>[]).filter(
  (value): value is DescFile => value.kind === "file" && value.edition === Edition.EDITION_PROTO3,
);
const types = [
  ...scalars,
  ...enums,
  ...["Leaf", "Tree", "Forest", "Nothing", "Outer.Inner"],
  ...googleFiles.flatMap((file) => file.messages.map(({ typeName }) => typeName)),
];

/** Words with a meaning in JavaScript, in Protocol Buffers, or in the code of a flavour. */
const words =
  "arguments async await case class const default delete enum eval export function import in instanceof interface " +
  "length let message name new null oneof option package prototype reader repeated reserved return rpc service " +
  "static string super this type typeof undefined value var void with writer yield";

/** Texts that end comments, strings or templates, or that Markdown, HTML or JSDoc format. */
const comments = [
  "Ends a comment */ and starts one /* or // another.",
  "Has `code`, $" +
    "{template}, <b>HTML</b> & &amp; entities, {@link Leaf}, @deprecated and \\n backslashes.",
  "Ist nicht auf Englisch: größer, 大きい, \u{1F680}, \u202Eleft\u202C, and a separator \u2028 of lines.",
  "'Single', \"double\" and #region.",
];
function comment(name: string): string {
  const text = comments[name.length % comments.length] as string;
  return name.length % 3 || text.includes("*/") ? `// ${text}\n` : `/*\n * ${text}\n */\n`;
}

/** A field without its number: its declaration, and its options. */
type Field = [declaration: string, ...options: string[]];

/** Returns fields with the numbers after `last`. */
const numbered = (fields: Field[], last = 0) =>
  fields
    .map(([declaration, ...options], i) => {
      const list = options.length > 0 ? ` [${options.join(", ")}]` : "";
      return `${comment(declaration)}${declaration} = ${last + i + 1}${list};\n`;
    })
    .join("");

const message = (name: string, body: string | Field[]) =>
  `${comment(name)}message ${name} {\n${typeof body === "string" ? body : numbered(body)}}\n`;
const oneof = (name: string, fields: Field[], last = 0) =>
  `${comment(name)}oneof ${name} {\n${numbered(fields, last)}}\n`;

const enumOf = (name: string) =>
  `${comment(name)}enum ${name} {\n${name.toUpperCase()}_UNSPECIFIED = 0;\n${name.toUpperCase()}_RED = 1;\n}\n`;

/** Returns a field for each type, which is named after its type. */
const fieldsOf = (list: string[], prefix: string, suffix = "", ...options: string[]) =>
  list.map((type): Field => {
    const name = type
      .replace(/([a-z])([A-Z])/g, "$1_$2")
      .replaceAll(".", "_")
      .toLowerCase();
    return [`${prefix}${type}${suffix} a_${name}`, ...options];
  });

/** Returns a message for each cardinality. */
const cardinalities = (prefix: string, ...options: string[]) => [
  message(`${prefix}Singular`, fieldsOf(types, "", "", ...options)),
  message(`${prefix}Optional`, fieldsOf(types, "optional ", "", ...options)),
  message(`${prefix}Repeated`, fieldsOf(types, "repeated ", "", ...options)),
  message(`${prefix}Packed`, fieldsOf(packable, "repeated ", "", "packed = true", ...options)),
  message(`${prefix}Unpacked`, fieldsOf(packable, "repeated ", "", "packed = false", ...options)),
  message(`${prefix}MapValues`, fieldsOf(types, "map<string, ", ">", ...options)),
  message(`${prefix}MapKeys`, fieldsOf(keys, "map<", ", Leaf>", ...options)),
  // ts-proto's code for a FieldMask in a oneof does not compile.
  message(
    `${prefix}Member`,
    oneof(
      "choice",
      fieldsOf(
        types.filter((type) => !type.endsWith("FieldMask")),
        "",
        "",
        ...options,
      ),
    ),
  ),
];

const fieldOptions = () => [
  ...["JS_NORMAL", "JS_STRING", "JS_NUMBER"].flatMap((jstype) =>
    ["", "optional ", "repeated "].map((cardinality) =>
      message(
        `${jstype}_${cardinality}longs`
          .trim()
          .replace(/[_ ]?([a-z]+)/gi, (_, word) => word[0].toUpperCase() + word.slice(1).toLowerCase()),
        fieldsOf(longs, cardinality, "", `jstype = ${jstype}`),
      ),
    ),
  ),
  message(
    "Deprecated",
    `option deprecated = true;\n${numbered(fieldsOf(types, "", "", "deprecated = true"))}`,
  ),
  message(
    "JsonNames",
    ["UPPER", "with_underscores", "with-hyphens", "with spaces", "$dollar", "1digit", "größe", "@type"].map(
      (name, i): Field => [`string renamed_${i}`, `json_name = "${name}"`],
    ),
  ),
  message("Various", [
    ["string cord", "ctype = CORD"],
    ["repeated string pieces", "ctype = STRING_PIECE"],
    ["Leaf lazy", "lazy = true"],
    ["Leaf unverified", "unverified_lazy = true"],
    ["string public", "debug_redact = false"],
    [
      "string noted",
      '(field_note) = "\\"quoted\\" */ `text`"',
      "(rule) = { hints: ['a', 'b'] strength: STRENGTH_RED }",
    ],
  ]),
  message(
    "Words",
    words.split(" ").map((word): Field => [`string ${word}`]),
  ),
];

const declarations = () => [
  `${comment("Color")}enum Color {
  ${comment("any")}  COLOR_UNSPECIFIED = 0;
  COLOR_RED = 1 [deprecated = true];
  COLOR_BLUE = 2147483647 [(shapes.v1.enum_value_note) = "blue"];
  COLOR_GREEN = -1 [debug_redact = true];
  COLOR_BLACK = -2147483648;
}
`,
  `${comment("Twin")}enum Twin {
  option allow_alias = true;
  TWIN_UNSPECIFIED = 0;
  TWIN_FIRST = 1;
  TWIN_PRIMARY = 1;
}
`,
  message("Leaf", [["string text"], ["sint32 signed"], ["string hidden", "debug_redact = true"]]),
  message("Nothing", []),
  message(
    "Tree",
    numbered([["Leaf leaf"], ["repeated Tree children"], ["map<string, Tree> named"]]) +
      oneof("side", [["Tree left"], ["Forest right"]], 3),
  ),
  message("Forest", [["repeated Tree trees"], ["optional Forest parent"]]),
  message(
    "Outer",
    message(
      "Inner",
      `${comment("Shade")}enum Shade {\nSHADE_UNSPECIFIED = 0;\nSHADE_DARK = 1;\n}
${message("Innermost", [["Shade shade"], ["Outer outer"]])}${numbered([["Innermost innermost"]])}`,
    ) + numbered([["Inner inner"], ["map<int64, Inner.Shade> shades"]]),
  ),
  message(
    "Oneofs",
    `option (shapes.v1.message_note) = "note";\n` +
      numbered([["string before"]]) +
      oneof("first", [["string text"], ["bytes data"]], 1) +
      oneof("second", [["Leaf leaf"]], 3),
  ),
  message(`${"Long".repeat(40)}Name`, [[`string ${"very_".repeat(40)}long`]]),
  message(
    "Numbers",
    [2 ** 29 - 1, 18_999, 20_000, 16, 15, 1]
      .map((number) => `string number_${number} = ${number};\n`)
      .join(""),
  ),
  message("OneNumber", `reserved 2 to max;\nreserved "gone", "lost";\nstring only = 1;\n`),
  message("NoNumber", "reserved 1 to max;\n"),
  `${comment("Full")}enum Full {
  FULL_UNSPECIFIED = 0;
  reserved 1 to max;
  reserved -2147483648 to -2;
  reserved "FULL_GONE";
}
`,
];

const extended = ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method"];
const extend = (name: string, fields: string) =>
  `${comment(name)}extend google.protobuf.${name}Options {\n${fields}}\n`;
const customOptions = (numbers: number[]) => [
  ...extended.map((name) => {
    const note = `${name.replace(/(?<!^)[A-Z]/, "_$&").toLowerCase()}_note`;
    return extend(name, `${comment(note)}string ${note} = ${numbers.pop()};\n`);
  }),
  extend(
    "Field",
    ["Rule rule", "optional bool flag", "repeated int64 codes"]
      .map((field) => `${comment(field)}${field} = ${numbers.pop()};\n`)
      .join(""),
  ),
  message("Rule", [["string pattern"], ["repeated string hints"], ["Strength strength"]]),
  enumOf("Strength"),
];

/** What stands before the request and the response of each kind of RPC. */
const kinds = {
  Fetch: ["", ""],
  Upload: ["stream ", ""],
  Watch: ["", "stream "],
  Talk: ["stream ", "stream "],
};
const levels = ["IDEMPOTENCY_UNKNOWN", "NO_SIDE_EFFECTS", "IDEMPOTENT"];
const rpcs = Object.entries(kinds).flatMap(([kind, [request, response]]) =>
  levels.map((level, i) => ({ name: `${kind}Thing${i}`, request, response, level })),
);

/** Returns the RPCs of every kind, with types of a package. */
const methods = (from = "") =>
  rpcs
    .map(
      ({ name, request, response, level }) => `${comment(name)}rpc ${name}(${request}${from}${name}Request)
    returns (${response}${from}${name}Response) {\noption idempotency_level = ${level};\noption deprecated = true;\n}\n`,
    )
    .join("");

const services = () => [
  `${comment("ShapesService")}service ShapesService {\n${methods()}}\n`,
  `${comment("NothingService")}service NothingService {}\n`,
  `${comment("AnotherService")}service AnotherService {\n${methods()}}\n`,
  ...rpcs.flatMap(({ name }, i) => [
    message(`${name}Request`, i % 2 ? [] : [["Leaf leaf"], ["string id"]]),
    message(
      `${name}Response`,
      i % 3
        ? [["Tree tree"], ["google.protobuf.Timestamp created_at"], ["google.protobuf.Struct facts"]]
        : [],
    ),
  ]),
];

/** What only modules of other organizations have: our lint rules refuse it. */
const foreign = () => [
  `enum Aliased {
  option allow_alias = true;
  NONE = 0;
  NIL = 0;
  FIRST = 1;
  PRIMARY = 1;
  lower = 2;
}
`,
  message("lowerCase", [
    ["Aliased aliased"],
    ["repeated Aliased ALIASES"],
    ["map<bool, Aliased> byFlag"],
    ["string camelCase"],
    ["string UpperCase"],
    ["string with_2_digits3"],
  ]),
  `service Foreign {\n  rpc doThing(lowerCase) returns (lowerCase);\n}\n`,
];

/** Returns a file by its path, which is that of its package below the folder of its module. */
function file(module: string, name: string, imports: string[], declarations: string[]): [string, string] {
  const folder = dirname(name);
  const alias = folder.split("/").slice(-2).join("");
  const head = [
    `syntax = "proto3";\npackage ${folder.replaceAll("/", ".")};\n`,
    ...imports.map((path) => `import "${path}";\n`),
    `option go_package = "github.com/agynio/api/gen/${folder};${alias}";\n`,
  ];
  return [`${module}/${name}`, [...head, ...declarations].join("\n")];
}

const marked = cardinalities("Marked", "debug_redact = true");
const another = message("Leaf", [
  ["agynio.api.shapes.v1.Leaf leaf"],
  ["map<int64, agynio.api.shapes.v1.Color> colors"],
]);
const gateway = (version: string) =>
  `${comment("gateway")}service ShapesGateway {\n${methods(`agynio.api.shapes.${version}.`)}}\n`;

/** Returns the files by path, with names and numbers that a contract does not use. `npm run format` formats them. */
export function everyShape(contract: FileRegistry): Files {
  const numbers = unusedOptions(contract, extended.length + 4);
  const descriptor = "google/protobuf/descriptor.proto";
  const options = "agynio/api/shapes/v1/options.proto";
  const [first, second] = ["agynio/api/shapes/v1/shapes.proto", "agynio/api/shapes/v2/shapes.proto"];
  const google = googleFiles.map(({ proto }) => proto.name);
  const imports = ["google/protobuf/struct.proto", "google/protobuf/timestamp.proto"];
  const label = extend("Enum", `${comment("label")}string label = ${numbers.pop()};\n`);
  const files = [
    file("proto", options, [descriptor], customOptions(numbers)),
    file("proto", first, [options, ...imports], [...declarations(), ...services()]),
    file("proto", "agynio/api/shapes/v1/cardinalities.proto", [first, ...google], cardinalities("")),
    file("proto", "agynio/api/shapes/v1/marked.proto", [first, ...google], marked),
    file("proto", "agynio/api/shapes/v1/field_options.proto", [options, first, ...google], fieldOptions()),
    file("proto", "agynio/api/shapes/v1/nothing.proto", [], []),
    file("proto", "agynio/api/shapes/deep/v1beta1/deep.proto", [first], [another]),
    file("proto", second, [options, ...imports], [...declarations(), ...services()]),
    file("proto", "agynio/api/shapes/nothing/v1/nothing.proto", [], []),
    file("proto", "agynio/api/shapes/labels/v1/labels.proto", [descriptor], [label]),
    file("proto", "agynio/api/shapes/enums/v1/enums.proto", [], [enumOf("Only")]),
    file("proto", "agynio/api/gateway/v1/shapes.proto", [first], [gateway("v1")]),
    file("proto", "agynio/api/gateway/v2/shapes.proto", [second], [gateway("v2")]),
    file("third_party/opentelemetry", "opentelemetry/proto/shapes/v1/shapes.proto", [], foreign()),
  ];
  const word = unusedWord(contract, "shapes");
  const rename = (text: string) => text.replaceAll("shapes", word).replaceAll("Shapes", capitalize(word));
  return new Map(files.map(([path, text]) => [rename(path), rename(text)]));
}
