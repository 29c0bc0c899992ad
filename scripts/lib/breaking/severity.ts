// Determines what a change breaks, by the encodings of bytes and of JSON: a value that a program with one contract
// writes must be read as the same value of the same field by a program with the other, whichever is older.
// https://protobuf.dev/programming-guides/encoding and https://protobuf.dev/programming-guides/json
import {
  type DescEnum,
  type DescEnumValue,
  type DescExtension,
  type DescField,
  type DescMessage,
  ScalarType,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence } from "@bufbuild/protobuf/wkt";
import { isGoogleFile, typeOf, withNumber } from "../contract/descriptors.ts";
import { matchDeclarations } from "../contract/match.ts";

/** What a breaking change breaks; each severity includes those after it. */
export type Severity = "wire" | "json" | "code";

const severities: Severity[] = ["code", "json", "wire"];

/** Returns the most severe of several severities; `code` if there are none. */
export const worstOf = (candidates: Severity[]): Severity =>
  severities.findLast((severity) => candidates.includes(severity)) ?? "code";

/** Returns the counterparts of the fields of two messages, in both directions. */
export const matchFields = memoizePairs((before: DescField[], after: DescField[]) =>
  matchDeclarations(before, after, (field) => ({ ...identityOf(field), type: typeOf(field) })),
);

/** Returns the counterparts of the values of two enums, in both directions. */
export const matchValues = memoizePairs((before: DescEnumValue[], after: DescEnumValue[]) =>
  matchDeclarations(before, after, identityOf),
);

const identityOf = ({ kind, name, number }: DescField | DescEnumValue) => ({ kind, name, number });

/** Returns a function that calls another once for each pair of arguments: the fields of a message all ask for the same. */
function memoizePairs<T extends object, R>(call: (before: T, after: T) => R): (before: T, after: T) => R {
  const results = new WeakMap<T, WeakMap<T, R>>();
  return (before, after) => {
    const byAfter = results.get(before) ?? new WeakMap<T, R>();
    results.set(before, byAfter);
    const result = byAfter.get(after) ?? call(before, after);
    byAfter.set(after, result);
    return result;
  };
}

/** Returns an extension as a field, from which it differs in that it has no parent and is in no oneof. */
export const asField = (extension: DescExtension) => extension as unknown as DescField;

/**
 * Returns what breaks between a field and its counterpart.
 *
 * @param siblings The counterparts of the fields of the two messages.
 */
export function compareFields(
  before: DescField,
  after: DescField,
  siblings: Map<DescField, DescField>,
  compared = new Set<string>(),
): Severity {
  if (
    before.number !== after.number ||
    isRequired(before) !== isRequired(after) ||
    !haveSameDefault(before, after) ||
    haveOtherExclusions(before, after, siblings)
  ) {
    return "wire";
  }
  const names = readsJson(before, after) && readsJson(after, before) ? "code" : "json";
  return worstOf([names, compareTypes(before, after, compared)]);
}

/**
 * Returns whether a field is the one that reads what its counterpart writes to JSON. Parsers accept the JSON name and
 * the field's name: https://protobuf.dev/programming-guides/json/#field-names
 */
function readsJson(reader: DescField, { jsonName }: DescField): boolean {
  // An extension is not among the fields of its parent.
  const fields = reader.parent?.fields.includes(reader) ? reader.parent.fields : [reader];
  const named = fields.find((field) => field.jsonName === jsonName);
  return reader === (named ?? fields.find(({ name }) => name === jsonName));
}

/** Returns whether every message must have a field. */
export const isRequired = ({ presence }: DescField) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

/** Returns whether two fields have the same default. That of an enum is its first value, unless another is set. */
function haveSameDefault(before: DescField, after: DescField): boolean {
  const [earlier, later] = [before, after].map(({ proto, enum: enumeration }) =>
    enumeration
      ? enumeration.values.find(({ name }) => [name, ""].includes(proto.defaultValue))
      : { name: proto.defaultValue, number: Number(proto.defaultValue) },
  );
  // A value of the enum can be renamed or renumbered, which is a change of the enum.
  return earlier?.number === later?.number || earlier?.name === later?.name;
}

/** Returns whether a field excludes others of its oneof in one contract that it does not exclude in the other. */
function haveOtherExclusions(
  before: DescField,
  after: DescField,
  siblings: Map<DescField, DescField>,
): boolean {
  const excludesMore = (field: DescField, counterpart: DescField) =>
    (field.oneof?.fields ?? [])
      .filter((sibling) => sibling !== field)
      .some((sibling) => {
        const inOther = siblings.get(sibling);
        return inOther && (inOther.oneof === undefined || inOther.oneof !== counterpart.oneof);
      });
  return excludesMore(before, after) || excludesMore(after, before);
}

function compareTypes(before: DescField, after: DescField, compared: Set<string>): Severity {
  const shapeOf = (field: DescField) =>
    field.fieldKind === "map" ? `map ${field.mapKey}` : field.fieldKind === "list" ? "list" : "";
  const isDelimited = (field: DescField) => "delimitedEncoding" in field && field.delimitedEncoding;
  if (shapeOf(before) !== shapeOf(after) || isDelimited(before) !== isDelimited(after)) {
    return "wire";
  }
  if (before.message && after.message) {
    return compareMessages(before.message, after.message, compared);
  }
  if (before.enum && after.enum) {
    return compareEnums(before.enum, after.enum);
  }
  // An open enum has the bytes of int32, and JSON with names in place of numbers.
  const isSameVarint = ({ enum: enumeration }: DescField, { scalar }: DescField) =>
    enumeration?.open && scalar === ScalarType.INT32;
  if (isSameVarint(before, after) || isSameVarint(after, before)) {
    return "json";
  }
  const isSameScalar =
    before.scalar === after.scalar &&
    // Not every text is UTF-8 on both sides.
    (before.scalar !== ScalarType.STRING || before.utf8Validation === after.utf8Validation);
  return before.enum || after.enum || !isSameScalar ? "wire" : "code";
}

/**
 * Returns what breaks if one message takes the place of another, by their content. Messages of the same full name do not
 * differ here, as their changes have findings of their own. Most of google/protobuf have a JSON format of their own.
 *
 * @param compared Names of pairs that are being compared, which may contain each other.
 */
export function compareMessages(
  before: DescMessage,
  after: DescMessage,
  compared = new Set<string>(),
): Severity {
  const pair = `${before.typeName} ${after.typeName}`;
  if (before.typeName === after.typeName || compared.has(pair)) {
    return "code";
  }
  compared.add(pair);
  const counterparts = matchFields(before.fields, after.fields);
  const isNewlyRequired = after.fields.some((field) => isRequired(field) && !counterparts.has(field));
  return worstOf([
    [before, after].some(({ file, name }) => isGoogleFile(file.proto.name) && name !== "Empty")
      ? "json"
      : "code",
    isNewlyRequired ? "wire" : "code",
    ...before.fields.map((field) => {
      const counterpart = counterparts.get(field);
      return counterpart
        ? compareFields(field, counterpart, counterparts, compared)
        : severityOfRemoval(field, after);
    }),
  ]);
}

/** Returns what breaks if one enum takes the place of another, as `compareMessages` does. */
function compareEnums(before: DescEnum, after: DescEnum): Severity {
  if (before.typeName === after.typeName) {
    return "code";
  }
  const isNull = [before, after].some(({ typeName }) => typeName === "google.protobuf.NullValue");
  return worstOf([
    before.open === after.open ? "code" : "wire",
    isNull ? "json" : "code",
    ...before.values.map((value) => compareValue(value, after)),
  ]);
}

/** Returns what breaks between the value of an enum and another contract's enum. */
export function compareValue(before: DescEnumValue, after: DescEnum): Severity {
  const counterpart = matchValues(before.parent.values, after.values).get(before);
  if (counterpart && counterpart.number !== before.number) {
    return "wire";
  }
  const aliases = after.values.filter(({ number }) => number === before.number);
  if (aliases.length === 0) {
    return severityOfRemoval(before, after);
  }
  const hasName = (values: DescEnumValue[], expected = "") => values.some(({ name }) => name === expected);
  const isRead = hasName(aliases, before.name) && hasName(aliasesOf(before), aliases[0]?.name);
  return isRead ? "code" : "json";
}

/** Returns the values of an enum that have the number of a value, in the order of declaration. */
export const aliasesOf = ({ parent, number }: DescEnumValue) => withNumber(parent.values, number);

/** Returns the value whose name is written to JSON for the number of a value: the first one declared, in protobuf-es and in Go. */
export const writtenValue = (value: DescEnumValue): DescEnumValue => aliasesOf(value)[0] ?? value;

/** How the later contract prevents that the number and the name of a removed field or value are used again. */
export function reservationOf(
  { number, name }: DescField | DescEnumValue,
  { kind, proto }: DescMessage | DescEnum,
) {
  // The range of a message excludes its end.
  const excluded = kind === "message" ? 1 : 0;
  return {
    number: proto.reservedRange.some(({ start, end }) => start <= number && number <= end - excluded),
    name: proto.reservedName.includes(name),
  };
}

/**
 * Returns what the removal of a field or value breaks: a later one may take its number or its name unless they are
 * reserved, and what programs with the earlier contract write is then misread. buf's categories WIRE and WIRE_JSON judge
 * so too: https://buf.build/docs/breaking/rules/#field_no_delete_unless_number_reserved
 *
 * @param owner The later message or enum.
 */
export function severityOfRemoval(
  removed: DescField | DescEnumValue,
  owner: DescMessage | DescEnum,
): Severity {
  if (removed.kind === "field" && isRequired(removed)) {
    return "wire";
  }
  const { number, name } = reservationOf(removed, owner);
  return number ? (name ? "code" : "json") : "wire";
}
