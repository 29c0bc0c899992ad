// Schemas of messages and enums, in the canonical form of the protobuf JSON mapping: what is printed, not all that is read.
import type { DescEnum, DescField, DescMessage, DescOneof, JsonObject } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { createKeySchema, createScalarSchema, refer, type Schema, sharedSchemas } from "./scalars.ts";
import { describe, documentationOf, formatItem, joinParagraphs } from "./text.ts";
import { createWellKnownSchema } from "./well-known.ts";

/**
 * Returns the schema of each type by its full name, and those that they share.
 *
 * @param responses Types in responses: a secret that none of them has is write-only.
 */
export function createSchemas(
  types: Map<string, DescMessage | DescEnum>,
  responses: Map<string, DescMessage | DescEnum>,
): Record<string, Schema> {
  const schemas = [...types].map(([name, type]): [string, Schema] => [
    name,
    type.kind === "enum" ? createEnumSchema(type) : createMessageSchema(type, !responses.has(name)),
  ]);
  return Object.fromEntries(
    [...schemas, ...Object.entries(sharedSchemas)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The names of an enum are open: a newer server may know more, whose numbers it sends. */
function createEnumSchema(type: DescEnum): Schema {
  if (type.typeName === "google.protobuf.NullValue") {
    return { type: "null" };
  }
  const values = type.values.map((value) => {
    const text = documentationOf(value);
    const isDeprecated = value.deprecated && !text.toLowerCase().includes("deprecated");
    return formatItem(`\`${value.jsonName}\``, isDeprecated ? `Deprecated. ${text}`.trim() : text);
  });
  const names: Schema = { type: "string", enum: type.values.map(({ jsonName }) => jsonName) };
  const numbers = [...new Set(type.values.map(({ number }) => number))];
  return {
    ...describeElement(type, values.join("\n")),
    ...(type.open
      ? { oneOf: [names, { ...createScalarSchema(ScalarType.INT32), not: { enum: numbers } }] }
      : names),
  };
}

function createMessageSchema(message: DescMessage, isRequestOnly: boolean): Schema {
  const wellKnown = createWellKnownSchema(message);
  if (wellKnown) {
    return wellKnown;
  }
  const { fields, oneofs } = message;
  const required = fields.filter(isRequired);
  const properties = fields.map((field) => [field.jsonName, createFieldSchema(field, isRequestOnly)]);
  const choices = oneofs.filter((oneof) => oneof.fields.length > 1);
  return {
    ...describeElement(message, ...choices.map(describeOneof)),
    type: "object",
    ...(fields.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(required.length > 0 ? { required: required.map(({ jsonName }) => jsonName) } : {}),
    ...(choices.length > 0 ? { dependentSchemas: Object.fromEntries(choices.flatMap(excludeOthers)) } : {}),
  };
}

/** Returns whether readers refuse messages without a field. */
export const isRequired = ({ presence }: DescField): boolean =>
  presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

function createFieldSchema(field: DescField, isRequestOnly: boolean): Schema {
  const isSecret = field.proto.options?.debugRedact === true;
  const value = createValueSchema(field, isSecret);
  return {
    ...addContainer(field, value),
    ...describeElement(field),
    ...(isSecret && isRequestOnly ? { writeOnly: true } : {}),
  };
}

function addContainer(field: DescField, value: Schema): Schema {
  if (field.fieldKind === "map") {
    const keys = createKeySchema(field.mapKey);
    return { type: "object", ...(keys ? { propertyNames: keys } : {}), additionalProperties: value };
  }
  return field.fieldKind === "list" ? { type: "array", items: value } : value;
}

/** Returns the schema of a field's value, or of each of its values if it is repeated or a map. */
function createValueSchema({ message, enum: enumeration, scalar }: DescField, isSecret: boolean): Schema {
  const type = message ?? enumeration;
  const schema = type ? refer(type.typeName) : createScalarSchema(scalar as ScalarType);
  const isText = hasTextForm(message && isWrapperDesc(message) ? message.fields[0]?.scalar : scalar);
  return isSecret && isText ? { ...schema, type: "string", format: "password" } : schema;
}

/** Returns whether the JSON form of a scalar is a string. */
const hasTextForm = (scalar = ScalarType.BOOL) => /STRING|BYTES|64$/.test(ScalarType[scalar]);

/** Returns the description of an element, and whether it is deprecated. */
const describeElement = (element: DescMessage | DescEnum | DescField, ...more: string[]): JsonObject => ({
  ...describe(documentationOf(element), ...more),
  ...(element.deprecated ? { deprecated: true } : {}),
});

const describeOneof = (oneof: DescOneof): string =>
  joinParagraphs(
    documentationOf(oneof),
    `At most one of ${oneof.fields.map(({ jsonName }) => `\`${jsonName}\``).join(", ")} is set: \`${oneof.name}\`.`,
  );

/** Returns a schema for each field of a oneof but the last: where the field is set, none of those after it is. */
const excludeOthers = ({ fields }: DescOneof): [string, Schema][] =>
  fields.slice(0, -1).map(({ jsonName }, index) => {
    const others = fields.slice(index + 1).map((other) => other.jsonName);
    return [jsonName, { propertyNames: { not: { enum: others } } }];
  });
