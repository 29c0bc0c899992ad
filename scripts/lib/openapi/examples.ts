// Examples of messages, as JSON.
import { createHash } from "node:crypto";
import type { DescField, DescMessage, JsonValue } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { commentOf } from "../contract/descriptors.ts";
import { isRequired } from "./schemas.ts";

/** Examples of messages that have a JSON form of their own. */
const wellKnown: Record<string, JsonValue> = {
  "google.protobuf.Any": {},
  "google.protobuf.Duration": "30s",
  "google.protobuf.FieldMask": "name",
  "google.protobuf.ListValue": ["value"],
  "google.protobuf.Struct": { key: "value" },
  "google.protobuf.Timestamp": "2026-01-31T12:00:00Z",
  "google.protobuf.Value": "value",
};

/** The most messages of an example, and how deep they nest. */
const limits = { count: 30, depth: 6 };

/**
 * Returns an example of a message: all fields that are not deprecated, the first of each oneof and of fields that the
 * comment makes exclusive, and one value of each list and map. Only a server can supply the token of a page, so that there
 * is none.
 *
 * @param outer The messages that hold it. What would hold one of them again is left out.
 * @param shown The messages so far.
 */
export function createExample(
  message: DescMessage,
  outer: DescMessage[] = [],
  shown: DescMessage[] = [],
): JsonValue {
  if (isWrapperDesc(message)) {
    return createScalarExample(message.fields[0]);
  }
  const example = wellKnown[message.typeName];
  if (example !== undefined) {
    return example;
  }
  shown.push(message);
  const inner = [...outer, message];
  const isEndless = (field: DescField) => inner.some((other) => other === field.message);
  const excluded = findExcluded(commentOf(message));
  const isLeftOut = (field: DescField) =>
    field.deprecated ||
    excluded.includes(field.name) ||
    /page_token$/.test(field.name) ||
    (field.message && (inner.length >= limits.depth || shown.length >= limits.count));
  const used = message.fields.filter(
    (field) => !isEndless(field) && (isRequired(field) || !isLeftOut(field)),
  );
  const firsts = used.filter(
    ({ oneof }, index) => !oneof || used.findIndex((field) => field.oneof === oneof) === index,
  );
  return Object.fromEntries(
    firsts.map((field) => [field.jsonName, addContainer(field, createValue(field, inner, shown))]),
  );
}

/** Returns the names of fields after the first of each "one of `a`, `b` and `c`" in a comment. */
const findExcluded = (comment: string): string[] =>
  [...comment.matchAll(/\bone of(?:(?:,? and|,? or|,)? `\w+`)+/gi)].flatMap(
    ([names]) => names.match(/\w+(?=`)/g)?.slice(1) ?? [],
  );

function addContainer(field: DescField, value: JsonValue): JsonValue {
  if (field.fieldKind === "map") {
    const { STRING, BOOL } = ScalarType;
    return { [field.mapKey === STRING ? "key" : field.mapKey === BOOL ? "true" : "1"]: value };
  }
  return field.fieldKind === "list" ? [value] : value;
}

/** Returns a value of a field, or of each of its values if it is repeated or a map. */
function createValue(field: DescField, outer: DescMessage[], shown: DescMessage[]): JsonValue {
  const { message, enum: enumeration } = field;
  if (enumeration) {
    // The first is the default.
    const [first, ...others] = enumeration.values;
    const value = others.find(({ deprecated }) => !deprecated) ?? first;
    return enumeration.typeName === "google.protobuf.NullValue" ? null : (value?.jsonName as string);
  }
  return message && !isWrapperDesc(message)
    ? createExample(message, outer, shown)
    : createScalarExample(field, message?.fields[0]?.scalar);
}

/** @param scalar The type of the value. Default: that of the field. */
function createScalarExample(field: DescField, scalar = field.scalar): JsonValue {
  switch (scalar) {
    case ScalarType.STRING:
      return createText(field);
    case ScalarType.BOOL:
      return true;
    case ScalarType.BYTES:
      return Buffer.from("bytes").toString("base64");
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return 0.5;
    default:
      return /64$/.test(ScalarType[scalar as ScalarType]) ? "1" : field.name === "page_size" ? 50 : 1;
  }
}

/** Returns the example that the comment of a field has; else a text of the form that the comment or the name implies. */
function createText(field: DescField): string {
  const comment = commentOf(field);
  const [, , quoted] = /\b(?:such as|for example|e\.g\.),? (["`])(.+?)\1/i.exec(comment) ?? [];
  if (quoted !== undefined) {
    return quoted;
  }
  if (/\b(UU)?IDs?\b/.test(comment) || /(^|_)ids?$/.test(field.name)) {
    return createUuid(field.name);
  }
  if (/e-?mail/i.test(field.name)) {
    return "ada@example.com";
  }
  const words = field.name.replaceAll("_", " ").trim();
  return /\bUR[IL]\b/.test(comment) || /\bur[il]$/.test(words)
    ? "https://example.com"
    : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns a UUID of version 8 (RFC 9562), the same for the same name. */
function createUuid(name: string): string {
  const hex = createHash("sha256").update(name.replace(/s$/, "")).digest("hex");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}
