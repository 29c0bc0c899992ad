// The words of the contract that more than one rule goes by.
import type { DescField, DescFile, DescMessage } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";
import type { Context } from "./pluginrpc/rule.js";

/** Numbers of fields of descriptor.proto, to report a part of a declaration. */
export const part = {
  file: { package: 2, goPackage: [8, 11] },
  field: { number: 3, label: 4, type: 5, typeName: 6 },
  method: { input: 2, output: 3, clientStreaming: 5, serverStreaming: 6 },
} as const;

/** What an RPC is sent, what it answers, or a thing that either carries or a service stores. */
export type Role = "request" | "response" | "resource";

/** The role of a message, by the name of the outermost message around it. */
export function roleOf(message: DescMessage): Role {
  if (message.parent) {
    return roleOf(message.parent);
  }
  return /Request$/.test(message.name) ? "request" : /Response$/.test(message.name) ? "response" : "resource";
}

/** Whether a file is in the package of the gateway, in any version. */
export const inGateway = (file: DescFile): boolean => /(^|\.)gateway\.v\d+\w*$/.test(file.proto.package);

/** The type of a field as a .proto file writes it. */
export function typeOf(field: DescField): string {
  switch (field.fieldKind) {
    case "scalar":
    case "enum":
    case "message":
      return elementType(field);
    case "list":
      return `repeated ${elementType(field)}`;
    case "map":
      return `map<${scalarName(field.mapKey)}, ${elementType(field)}>`;
  }
}

/** The type of a field's value, or of each of its values when it is repeated or a map. */
export function elementType({ message, enum: enumeration, scalar }: DescField): string {
  return message?.typeName ?? enumeration?.typeName ?? scalarName(scalar as number);
}

// ScalarType has the numbers of google.protobuf.FieldDescriptorProto.Type.
const scalarName = (type: number) => FieldDescriptorProto_Type[type]?.toLowerCase() ?? `${type}`;

/** Field number of the part of a field's declaration that holds its type. */
export const typePart = ({ message, enum: enumeration }: DescField): number =>
  message || enumeration ? part.field.typeName : part.field.type;

/**
 * What a secret is: a plaintext credential, the hash of one, or something else whose comment says "Secret",
 * such as a signed URL.
 */
export type Secret = "credential" | "hash" | "documented";

/** Text after which a name is that of a credential; `page_token` and `next_page_token` are cursors. */
const credential =
  /^(?!(next_)?page_token$)(.*_)?(tokens?|jwts?|passwords?|passphrase|secrets?|(api|private|access|secret|signing)_keys?|credentials?|identity_json)$/;

const hash = /(^|_)(token|jwt|password|passphrase|secret|key|credential)s?_(hash(es)?|sha256|digest)$/;

/** Types that hold text, bytes, or anything at all. */
const carriers = [
  "string",
  "bytes",
  ...["StringValue", "BytesValue", "Struct", "Value", "Any"].map((name) => `google.protobuf.${name}`),
];

/** A sentence that begins with the word, as in "Secret. The …", "Secret: the …" and "Secret if it …". */
const documented = /(^|[.!?:] )Secret\b/;

/**
 * Whether and how a field is a secret: its name says so and it can hold text or bytes, or its comment does, in
 * a sentence that begins with "Secret".
 */
export function secretOf(field: DescField, context: Context): Secret | undefined {
  if (carriers.includes(elementType(field))) {
    if (hash.test(field.name)) {
      return "hash";
    }
    if (credential.test(field.name)) {
      return "credential";
    }
  }
  return documented.test(context.comment(field)) ? "documented" : undefined;
}

/** Whether log output leaves a field out: it is marked, or it is a message in which some field is. */
export function isRedacted(field: DescField, seen = new Set<DescMessage>()): boolean {
  if (field.proto.options?.debugRedact) {
    return true;
  }
  if (!field.message || seen.has(field.message)) {
    return false;
  }
  seen.add(field.message);
  return field.message.fields.some((inner) => isRedacted(inner, seen));
}
