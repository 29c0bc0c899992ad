import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import fc from "./fast-check.ts";
import { unusedValue } from "./unused.ts";

/** A value for one field, in the form that protobuf-es takes in `create()`. */
export type Init = unknown;

/** Values of a scalar type: those at which its encoding changes or ends, the zero value first; and any. */
interface Scalar {
  extremes: readonly Init[];
  any: fc.Arbitrary<Init>;
}

const int32: Scalar = { extremes: [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)], any: fc.integer() };
const uint32: Scalar = { extremes: [0, 1, 2 ** 31, 2 ** 32 - 1], any: fc.nat({ max: 2 ** 32 - 1 }) };
const int64: Scalar = {
  extremes: [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n],
  any: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
};
const uint64: Scalar = {
  extremes: [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 53n + 1n],
  any: fc.bigInt(0n, 2n ** 64n - 1n),
};
const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Every code point but the surrogates, which UTF-8 has no encoding for. */
const unicode = fc.string({ unit: "binary", maxLength: 12 });

export const scalars: Record<ScalarType, Scalar> = {
  [ScalarType.INT32]: int32,
  [ScalarType.SINT32]: int32,
  [ScalarType.SFIXED32]: int32,
  [ScalarType.UINT32]: uint32,
  [ScalarType.FIXED32]: uint32,
  [ScalarType.INT64]: int64,
  [ScalarType.SINT64]: int64,
  [ScalarType.SFIXED64]: int64,
  [ScalarType.UINT64]: uint64,
  [ScalarType.FIXED64]: uint64,
  [ScalarType.DOUBLE]: {
    extremes: [0, -0, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE, ...notFinite],
    any: fc.double(),
  },
  [ScalarType.FLOAT]: {
    extremes: [0, -0, 2 ** 127 * (2 - 2 ** -23), 2 ** -149, ...notFinite],
    any: fc.float(),
  },
  [ScalarType.BOOL]: { extremes: [false, true], any: fc.boolean() },
  [ScalarType.STRING]: {
    // Text that implementations lose: NUL, byte order marks, names that objects inherit.
    extremes: ["", "\u0000", "\uFEFFmark", "\u{10FFFF}\uD7FF\uE000", "__proto__"],
    any: unicode,
  },
  [ScalarType.BYTES]: {
    extremes: [new Uint8Array(0), new Uint8Array([0]), Uint8Array.from({ length: 256 }, (_, i) => i)],
    any: fc.uint8Array({ maxLength: 40 }),
  },
};

/** Map keys, with those that change their order or vanish in JavaScript objects. */
export const textKeys: Scalar = {
  extremes: ["", "key", "__proto__", "constructor", "0", "-1", "\uFEFF", "\u{10FFFF}"],
  any: unicode,
};

/** Values whose length takes three bytes. Only a message's own fields have them, one at a time. */
const large: Partial<Record<ScalarType, Init>> = {
  [ScalarType.STRING]: "é".repeat(10_000),
  [ScalarType.BYTES]: new Uint8Array(20_000).fill(0x80),
};

/** Returns whether an enum is google.protobuf.NullValue, whose JSON is null whatever the number. */
export const isNullValue = ({ typeName }: DescEnum) => typeName === "google.protobuf.NullValue";

/** Returns every value that an enum declares, and numbers that it does not if it is open, as those of proto3. */
export function enumExtremes(desc: DescEnum): number[] {
  const declared = desc.values.map(({ number }) => number);
  return isNullValue(desc) || !desc.open
    ? declared
    : [...new Set([...declared, unusedValue(desc.proto) ?? 1, 2 ** 31 - 1, -1, -(2 ** 31)])];
}

const timestamp = (seconds: string, nanos: number) => ({ seconds: BigInt(seconds), nanos });

/**
 * Extremes of the messages whose JSON has narrower limits than their fields, by type name. The limits are those
 * of google/protobuf/timestamp.proto, duration.proto, field_mask.proto and struct.proto.
 */
export const wellKnownExtremes: Record<string, readonly Init[]> = {
  "google.protobuf.Timestamp": [
    timestamp("0", 0),
    timestamp("0", 1),
    timestamp("-62135596800", 0),
    timestamp("253402300799", 999_999_999),
    timestamp("-1", 999_999_999),
  ],
  "google.protobuf.Duration": [
    timestamp("0", 0),
    timestamp("315576000000", 999_999_999),
    timestamp("-315576000000", -999_999_999),
    timestamp("0", -1),
  ],
  "google.protobuf.FieldMask": [{ paths: [] }, { paths: ["a", "a_b.c_d"] }],
  "google.protobuf.Any": [{}],
  "google.protobuf.Struct": [
    {},
    { null: null, true: true, zero: 0, large: 1e308, small: 5e-324, text: "\u{10FFFF}\uFEFF" },
    { "": [[], {}, [null]], nested: { object: { list: [{}] } } },
  ],
  "google.protobuf.Value": [null, 0, "", false, [], {}].map(toValue),
  "google.protobuf.ListValue": [{ values: [] }, { values: [null, 1, ["x"]].map(toValue) }],
};

/** Converts JSON to a google.protobuf.Value. */
function toValue(json: unknown): Init {
  if (json === null) {
    return { kind: { case: "nullValue", value: 0 } };
  }
  if (Array.isArray(json)) {
    return { kind: { case: "listValue", value: { values: json.map(toValue) } } };
  }
  if (typeof json === "object") {
    const fields = Object.entries(json).map(([key, value]) => [key, toValue(value)]);
    return { kind: { case: "structValue", value: { fields: Object.fromEntries(fields) } } };
  }
  return { kind: { case: `${typeof json}Value`.replace("boolean", "bool"), value: json } };
}

/** Returns the extremes of a field's value, or of an item of its list or map. */
function elementExtremes(field: DescField, depth: number): readonly Init[] {
  if (field.message && isWrapperDesc(field.message)) {
    return fieldExtremes(field.message.fields[0] as DescField).map((value) => ({ value }));
  }
  if (field.message) {
    return (
      wellKnownExtremes[field.message.typeName] ??
      (depth > 0 ? [{}, everyField(field.message, 1, depth - 1)] : [{}])
    );
  }
  return field.enum ? enumExtremes(field.enum) : scalars[field.scalar as ScalarType].extremes;
}

/** Returns the values that show each of a field's extremes. */
export function fieldExtremes(field: DescField, depth = 2): readonly Init[] {
  const elements = elementExtremes(field, depth);
  switch (field.fieldKind) {
    case "list":
      return [...elements.map((element) => [element]), elements];
    case "map": {
      const { extremes } = field.mapKey === ScalarType.STRING ? textKeys : scalars[field.mapKey];
      // fromEntries() defines what an assignment to __proto__ would not.
      return elements.map((element) => Object.fromEntries(extremes.map((key) => [String(key), element])));
    }
    default:
      return elements;
  }
}

/**
 * Wraps a field's value for `create()`: the fields of a oneof share one property, the single messages of
 * google/protobuf/wrappers.proto are their values, and `jstype = JS_STRING` makes 64-bit integers text.
 */
export function initOf(field: DescField, value: Init): Record<string, Init> {
  if (field.oneof) {
    return { [field.oneof.localName]: { case: field.localName, value: localValue(field, value) } };
  }
  const isWrapped = field.fieldKind === "message" && isWrapperDesc(field.message);
  return { [field.localName]: isWrapped ? (value as { value: Init }).value : localValue(field, value) };
}

const localValue = (field: DescField, value: Init): Init =>
  !("longAsString" in field && field.longAsString)
    ? value
    : Array.isArray(value)
      ? value.map(String)
      : String(value);

/**
 * Sets every field, and one branch of every oneof.
 *
 * @param nth Index of the extreme that each field has, and of the branch of each oneof, modulo their number.
 * @param depth How many levels of messages to set below this message.
 */
export function everyField(desc: DescMessage, nth: number, depth = 2): Record<string, Init> {
  const fields = desc.members.map((member) =>
    member.kind === "oneof" ? itemAt(member.fields, nth) : member,
  ) as DescField[];
  return Object.assign({}, ...fields.map((field) => initOf(field, itemAt(fieldExtremes(field, depth), nth))));
}

/** Yields an empty message, a message for each extreme of each field, and messages with every field set. */
export function* extremeMessages(desc: DescMessage): Generator<Message> {
  yield create(desc);
  for (const field of desc.fields) {
    for (const value of fieldExtremes(field)) {
      yield create(desc, initOf(field, value));
    }
    if (field.fieldKind === "scalar" && large[field.scalar] !== undefined) {
      yield create(desc, initOf(field, large[field.scalar]));
    }
  }
  const most = Math.max(...Object.values(scalars).map(({ extremes }) => extremes.length));
  for (let nth = 0; nth < most; nth++) {
    yield create(desc, everyField(desc, nth));
  }
}

function itemAt<T>(items: readonly T[], nth: number): T {
  return items[nth % items.length] as T;
}
