// google-protobuf's own generator, protoc-gen-js, comes in no npm package: those of that name, and
// grpc-tools, download a binary from GitHub when they are installed. So what it writes for encoding and
// decoding is written here, and held against what it wrote for google/protobuf, which google-protobuf ships.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { type DescField, type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import {
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from "@bufbuild/protobuf/wkt";

/** Files that google-protobuf ships as protoc-gen-js wrote them. */
const shipped = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
];

/**
 * Writes google-protobuf's code for messages, and for all that they hold, as one `_pb.cjs` for each file.
 *
 * @param library Folder of the installed google-protobuf.
 * @throws Error when a message has what is not known here how to write, or when what is written for the
 *   messages that google-protobuf ships is not what it ships.
 */
export function googleProtobuf(messages: DescMessage[], folder: string, library: string): void {
  verifyAgainst(library);
  const byFile = groupByFile(closure(messages));
  for (const [file, inFile] of byFile) {
    const path = join(folder, `${file.name}_pb.cjs`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, moduleOf(file, inFile));
  }
}

/** Messages and all that they hold, but for google/protobuf. */
function closure(messages: DescMessage[]): Set<DescMessage> {
  const found = new Set<DescMessage>();
  const add = (message: DescMessage) => {
    if (!found.has(message) && !isShipped(message)) {
      found.add(message);
      for (const { message: held } of message.fields) {
        if (held !== undefined) {
          add(held);
        }
      }
    }
  };
  messages.forEach(add);
  return found;
}

function groupByFile(messages: Iterable<DescMessage>): Map<DescFile, DescMessage[]> {
  const groups = new Map<DescFile, DescMessage[]>();
  for (const message of messages) {
    groups.set(message.file, [...(groups.get(message.file) ?? []), message]);
  }
  return groups;
}

const isShipped = ({ file }: DescMessage) => file.name.startsWith("google/protobuf/");

function moduleOf(file: DescFile, messages: DescMessage[]): string {
  const others = new Set(
    messages.flatMap(({ fields }) =>
      fields.flatMap(({ message }) => (message && message.file !== file ? [message.file] : [])),
    ),
  );
  const imports = [...others].map((other) => {
    const path = other.name.startsWith("google/protobuf/")
      ? `google-protobuf/${other.name}_pb.js`
      : `./${relative(dirname(file.name), other.name)}_pb.cjs`;
    return `var ${variable(other)} = require(${JSON.stringify(path)});`;
  });
  return [
    "var jspb = require('google-protobuf');",
    "var goog = jspb;",
    "var global = globalThis;",
    ...imports,
    ...messages.map(({ typeName }) => `goog.exportSymbol('proto.${typeName}', null, global);`),
    ...messages.flatMap(statements),
    `goog.object.extend(exports, proto.${file.proto.package});`,
    "",
  ].join("\n");
}

const variable = (file: DescFile) => `${file.name.replace(/[^A-Za-z0-9]/g, "_")}_pb`;

/** The class of a message, in the code of a file. */
const classOf = (message: DescMessage, file: DescFile) =>
  message.file === file
    ? `proto.${message.typeName}`
    : `${variable(message.file)}${message.typeName.slice(message.file.proto.package.length)}`;

const capitalized = (name: string) => name.replace(/(?:^|_)([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const nameOf = (field: DescField) => capitalized(field.name) + (field.fieldKind === "list" ? "List" : "");

/** Names of the reader's and writer's methods. */
const methods: Record<ScalarType, string> = {
  [ScalarType.DOUBLE]: "Double",
  [ScalarType.FLOAT]: "Float",
  [ScalarType.INT64]: "Int64",
  [ScalarType.UINT64]: "Uint64",
  [ScalarType.INT32]: "Int32",
  [ScalarType.UINT32]: "Uint32",
  [ScalarType.FIXED64]: "Fixed64",
  [ScalarType.FIXED32]: "Fixed32",
  [ScalarType.SFIXED64]: "Sfixed64",
  [ScalarType.SFIXED32]: "Sfixed32",
  [ScalarType.SINT64]: "Sint64",
  [ScalarType.SINT32]: "Sint32",
  [ScalarType.BOOL]: "Bool",
  [ScalarType.STRING]: "String",
  [ScalarType.BYTES]: "Bytes",
};

/** What the code of a field without a message depends on. */
interface ScalarKind {
  method: string;
  /** Getter of jspb.Message, and its default. */
  getter: string;
  zero: string;
  /** Whether `f` is to be written. */
  isSet: string;
  setter: string;
  /** Getter of a field that knows whether it is set. */
  optional: string;
}

function scalarKind({ scalar }: DescField): ScalarKind {
  const kind = (getter: string, zero: string, isSet: string, setter: string, optional = "getField") => ({
    method: scalar === undefined ? "Enum" : methods[scalar],
    getter,
    zero,
    isSet,
    setter: `setProto3${setter}Field`,
    optional,
  });
  switch (scalar) {
    case undefined:
      return kind("getFieldWithDefault", "0", "f !== 0.0", "Enum");
    case ScalarType.STRING:
      return kind("getFieldWithDefault", '""', "f.length > 0", "String");
    case ScalarType.BYTES:
      return kind("getFieldWithDefault", '""', "f.length > 0", "Bytes");
    case ScalarType.BOOL:
      return kind("getBooleanFieldWithDefault", "false", "f", "Boolean", "getBooleanField");
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return kind(
        "getFloatingPointFieldWithDefault",
        "0.0",
        "f !== 0.0",
        "Float",
        "getOptionalFloatingPointField",
      );
    default:
      return kind("getFieldWithDefault", "0", "f !== 0", "Int");
  }
}

/** Whether the code of a message can be written here. */
const isKnown = (message: DescMessage) =>
  message.fields.every(
    (field) =>
      field.fieldKind === "message" ||
      (field.fieldKind === "list" && field.listKind === "message") ||
      ((field.fieldKind === "scalar" || field.fieldKind === "enum") && !field.proto.proto3Optional),
  );

/** What encoding and decoding a message takes, one statement each. */
function statements(message: DescMessage): string[] {
  if (!isKnown(message)) {
    throw new Error(`${message.typeName} has a kind of field that is not known here`);
  }
  const self = `proto.${message.typeName}`;
  const lists = message.fields.filter(({ fieldKind }) => fieldKind === "list");
  const repeated = lists.length > 0 ? `${self}.repeatedFields_` : "null";
  const oneofs = message.oneofs.length > 0 ? `${self}.oneofGroups_` : "null";
  return [
    `${self} = function(opt_data) {
  jspb.Message.initialize(this, opt_data, 0, -1, ${repeated}, ${oneofs});
};`,
    `goog.inherits(${self}, jspb.Message);`,
    ...(lists.length > 0 ? [`${self}.repeatedFields_ = [${lists.map(({ number }) => number)}];`] : []),
    ...(message.oneofs.length > 0
      ? [
          `${self}.oneofGroups_ = [${message.oneofs.map(({ fields }) => `[${fields.map(({ number }) => number)}]`)}];`,
        ]
      : []),
    `${self}.prototype.toObject = function(opt_includeInstance) {
  return ${self}.toObject(opt_includeInstance, this);
};`,
    `${self}.toObject = function(includeInstance, msg) {
  var f, obj = {
${message.fields.map(toObject).join(",\n")}
  };

  if (includeInstance) {
    obj.$jspbMessageInstance = msg;
  }
  return obj;
};`,
    `${self}.deserializeBinary = function(bytes) {
  var reader = new jspb.BinaryReader(bytes);
  var msg = new ${self};
  return ${self}.deserializeBinaryFromReader(msg, reader);
};`,
    `${self}.deserializeBinaryFromReader = function(msg, reader) {
  while (reader.nextField()) {
    if (reader.isEndGroup()) {
      break;
    }
    var field = reader.getFieldNumber();
    switch (field) {
${message.fields.map(read).join("")}    default:
      reader.skipField();
      break;
    }
  }
  return msg;
};`,
    `${self}.prototype.serializeBinary = function() {
  var writer = new jspb.BinaryWriter();
  ${self}.serializeBinaryToWriter(this, writer);
  return writer.getResultBuffer();
};`,
    `${self}.serializeBinaryToWriter = function(message, writer) {
  var f = undefined;
${message.fields.map(write).join("")}};`,
    ...message.fields.flatMap(accessors),
  ];
}

function toObject(field: DescField): string {
  const name = nameOf(field);
  const key = name[0]?.toLowerCase() + name.slice(1);
  if (field.message) {
    const type = classOf(field.message, field.parent.file);
    return field.fieldKind === "list"
      ? `${key}: jspb.Message.toObjectList(msg.get${name}(),\n    ${type}.toObject, includeInstance)`
      : `${key}: (f = msg.get${name}()) && ${type}.toObject(includeInstance, f)`;
  }
  if (field.scalar === ScalarType.BYTES) {
    return `${key}: msg.get${name}_asB64()`;
  }
  const { getter, zero, optional } = scalarKind(field);
  return field.oneof
    ? `${key}: (f = jspb.Message.${optional}(msg, ${field.number})) == null ? undefined : f`
    : `${key}: jspb.Message.${getter}(msg, ${field.number}, ${zero})`;
}

function read(field: DescField): string {
  const set = field.fieldKind === "list" ? `add${capitalized(field.name)}` : `set${nameOf(field)}`;
  const type = field.message && classOf(field.message, field.parent.file);
  const { method } = type === undefined ? scalarKind(field) : { method: "" };
  const value = type
    ? `new ${type};\n      reader.readMessage(value,${type}.deserializeBinaryFromReader);`
    : `(reader.read${method}${method === "String" ? "RequireUtf8" : ""}());`;
  return `    case ${field.number}:\n      var value = ${value}\n      msg.${set}(value);\n      break;\n`;
}

function write(field: DescField): string {
  const { number } = field;
  const name = nameOf(field);
  const when = (f: string, condition: string, method: string, more = "") => `  f = ${f};
  if (${condition}) {
    writer.write${method}(
      ${number},
      f${more}
    );
  }
`;
  if (field.message) {
    const more = `,\n      ${classOf(field.message, field.parent.file)}.serializeBinaryToWriter`;
    return field.fieldKind === "list"
      ? when(`message.get${name}()`, "f.length > 0", "RepeatedMessage", more)
      : when(`message.get${name}()`, "f != null", "Message", more);
  }
  const { method, isSet } = scalarKind(field);
  if (field.oneof) {
    return when(`(jspb.Message.getField(message, ${number}))`, "f != null", method);
  }
  return when(`message.get${name}${method === "Bytes" ? "_asU8" : ""}()`, isSet, method);
}

function accessors(field: DescField): string[] {
  const { number, oneof, message, parent } = field;
  const self = `proto.${parent.typeName}.prototype`;
  const name = nameOf(field);
  const group = oneof && `proto.${parent.typeName}.oneofGroups_[${parent.oneofs.indexOf(oneof)}]`;
  const method = (name: string, parameters: string, body: string) =>
    `${self}.${name} = function(${parameters}) {\n  return ${body};\n};`;
  if (message && field.fieldKind === "list") {
    const type = classOf(message, parent.file);
    const add = `jspb.Message.addToRepeatedWrapperField(this, ${number}, opt_value, ${type}, opt_index)`;
    return [
      method(`get${name}`, "", `(\n    jspb.Message.getRepeatedWrapperField(this, ${type}, ${number}))`),
      method(`set${name}`, "value", `jspb.Message.setRepeatedWrapperField(this, ${number}, value)`),
      method(`add${capitalized(field.name)}`, "opt_value, opt_index", add),
    ];
  }
  if (message) {
    const get = `(\n    jspb.Message.getWrapperField(this, ${classOf(message, parent.file)}, ${number}))`;
    const set = group
      ? `jspb.Message.setOneofWrapperField(this, ${number}, ${group}, value)`
      : `jspb.Message.setWrapperField(this, ${number}, value)`;
    return [method(`get${name}`, "", get), method(`set${name}`, "value", set)];
  }
  const { getter, zero, setter } = scalarKind(field);
  const set = group
    ? `jspb.Message.setOneofField(this, ${number}, ${group}, value)`
    : `jspb.Message.${setter}(this, ${number}, value)`;
  const bytes = (as: string) => `(jspb.Message.bytesAs${as}(\n      this.get${name}()))`;
  return [
    method(`get${name}`, "", `(jspb.Message.${getter}(this, ${number}, ${zero}))`),
    ...(field.scalar === ScalarType.BYTES
      ? ["B64", "U8"].map((as) => method(`get${name}_as${as}`, "", bytes(as)))
      : []),
    method(`set${name}`, "value", set),
  ];
}

/** Holds what is written here for google/protobuf against what protoc-gen-js wrote for it. */
function verifyAgainst(library: string): void {
  let found = 0;
  for (const file of shipped) {
    const text = normalized(readFileSync(join(library, `${file.name}_pb.js`), "utf8"));
    for (const statement of file.messages.filter(isKnown).flatMap(statements)) {
      if (!text.includes(normalized(statement))) {
        throw new Error(`protoc-gen-js does not write this for ${file.name}.proto:\n${statement}`);
      }
      found++;
    }
  }
  // 18 messages, with at least eight statements each.
  if (found < 18 * 8) {
    throw new Error(`Only ${found} statements were held against protoc-gen-js's`);
  }
}

/** Code without its comments, and with no more space than it needs. */
const normalized = (code: string) => code.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\s+/g, "");
