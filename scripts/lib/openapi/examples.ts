// Examples of messages, as JSON.
import { createHash } from "node:crypto";
import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { commentOf } from "../contract/descriptors.ts";

/** Examples of messages that have a JSON form of their own. */
const wellKnown: Record<string, JsonValue> = {
  "google.protobuf.Duration": "30s",
  "google.protobuf.FieldMask": "name",
  "google.protobuf.ListValue": ["value"],
  "google.protobuf.Struct": { key: "value" },
  "google.protobuf.Timestamp": "2026-01-31T12:00:00Z",
  "google.protobuf.Value": "value",
};

/**
 * Returns an example of a message: all fields that are not deprecated, the first of each oneof, and one value of each list
 * and map. Only a server can supply the token of a page, so that there is none.
 *
 * @param outer The messages that hold it. What would hold one of them again is left out.
 */
export function createExample(message: DescMessage, outer: DescMessage[] = []): JsonValue {
  const { fields } = message;
  if (isWrapperDesc(message)) {
    return createScalarExample(fields[0] as DescField);
  }
  const inner = [...outer, message];
  const used = fields.filter(
    (field) =>
      isRequired(field) ||
      !(field.deprecated || /page_token$/.test(field.name) || inner.includes(field.message as DescMessage)),
  );
  const firsts = used.filter(
    ({ oneof }, index) => !oneof || used.findIndex((field) => field.oneof === oneof) === index,
  );
  return (
    wellKnown[message.typeName] ??
    Object.fromEntries(
      firsts.map((field) => [field.jsonName, addContainer(field, createValue(field, inner))]),
    )
  );
}

const isRequired = ({ presence }: DescField) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

function addContainer(field: DescField, value: JsonValue): JsonValue {
  switch (field.fieldKind) {
    case "list":
      return [value];
    case "map":
      return {
        [field.mapKey === ScalarType.STRING ? "key" : field.mapKey === ScalarType.BOOL ? "true" : "1"]: value,
      };
    default:
      return value;
  }
}

/** Returns a value of a field, or of each of its values if it is repeated or a map. */
function createValue(field: DescField, outer: DescMessage[]): JsonValue {
  if (field.enum) {
    const { values, typeName } = field.enum;
    // The first is the default.
    return typeName === "google.protobuf.NullValue" ? null : ((values[1] ?? values[0])?.jsonName as string);
  }
  if (field.message?.typeName === "google.protobuf.Any") {
    // A type that every reader of the field knows.
    return { "@type": `type.googleapis.com/${field.parent.typeName}` } satisfies JsonObject;
  }
  return field.message ? createExample(field.message, outer) : createScalarExample(field);
}

function createScalarExample(field: DescField): JsonValue {
  switch (field.scalar) {
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
      return /64$/.test(ScalarType[field.scalar as ScalarType]) ? "1" : field.name === "page_size" ? 50 : 1;
  }
}

/** Returns the example that the comment of a field has; else a text of the form that the comment or the name implies. */
function createText(field: DescField): string {
  const comment = commentOf(field);
  const [, quoted] = /\b(?:such as|for example|e\.g\.),? ["`]([^"`]+)["`]/i.exec(comment) ?? [];
  if (quoted !== undefined) {
    return quoted;
  }
  if (/\b(UU)?IDs?\b/.test(comment) || /(^|_)ids?$/.test(field.name)) {
    return createUuid(field.name);
  }
  if (/e-?mail/i.test(field.name)) {
    return "ada@example.com";
  }
  const words = field.name.replaceAll("_", " ");
  return /\bUR[IL]\b/.test(comment) || /\bur[il]$/.test(words)
    ? "https://example.com"
    : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Returns a UUID of version 8 (RFC 9562), the same for the same name. */
function createUuid(name: string): string {
  const hex = createHash("sha256").update(name.replace(/s$/, "")).digest("hex");
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, "$1-$2-8$3-8$4-$5");
}
