// Terms that several rules share.
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { commentOf, elementType, outermostType } from "../../scripts/lib/contract/descriptors.ts";

/** Field numbers of descriptor.proto, to report a part of a declaration. */
export const part = {
  file: { package: 2, goPackage: [8, 11] },
  field: { number: 3, type: 5, typeName: 6 },
  service: { name: 1 },
  method: { name: 1, input: 2, output: 3, clientStreaming: 5, serverStreaming: 6 },
} as const;

/** Returns the field number of the part of a field's declaration that holds its type. */
export const typePart = ({ message, enum: enumeration }: DescField): number =>
  message || enumeration ? part.field.typeName : part.field.type;

/** The role of a message: a request or response of an RPC, or else a resource. */
export type Role = "request" | "response" | "resource";

/** Returns the role of a message, by the name of the top-level message that it is or is nested in. */
export function roleOf(message: DescMessage): Role {
  const { name } = outermostType(message);
  return /Request$/.test(name) ? "request" : /Response$/.test(name) ? "response" : "resource";
}

/**
 * A plaintext credential, the hash of one, or another secret that is documented in a comment, such as a signed
 * URL.
 */
export type Secret = "credential" | "hash" | "documented";

/** Matches names of credentials; `page_token` and `next_page_token` are cursors. */
const credential =
  /^(?!(next_)?page_token$)(.*_)?(tokens?|jwts?|passwords?|passphrase|secrets?|(api|private|access|secret|signing)_keys?|credentials?|identity_json)$/;

const hash = /(^|_)(token|jwt|password|passphrase|secret|key|credential)s?_(hash(es)?|sha256|digest)$/;

/** Types that can hold text or bytes. */
const carriers = [
  "string",
  "bytes",
  ...["StringValue", "BytesValue", "Struct", "Value", "Any"].map((name) => `google.protobuf.${name}`),
];

/** Matches a sentence that begins with the word, as in "Secret. The …", "Secret: the …" and "Secret if it …". */
const documented = /(^|[.!?:] )Secret\b/;

/**
 * Returns the kind of secret that a field holds, if any: by its name, if its type can hold text or bytes, or by a
 * sentence in its comment that begins with "Secret".
 */
export function secretOf(field: DescField): Secret | undefined {
  if (carriers.includes(elementType(field))) {
    if (hash.test(field.name)) {
      return "hash";
    }
    if (credential.test(field.name)) {
      return "credential";
    }
  }
  return documented.test(commentOf(field)) ? "documented" : undefined;
}

/** Returns whether a field or, if it is a message, any field within it is marked debug_redact. */
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
