import { create, type DescEnum, type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** A value for one field, in the form that protobuf-es takes in `create()`. */
export type Init = unknown;

const int32 = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)];
const uint32 = [0, 1, 2 ** 31, 2 ** 32 - 1];
const int64 = [0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
const uint64 = [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 53n + 1n];
const notFinite = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Text that implementations have been seen to lose: byte order marks, NUL, names that objects inherit. */
const text = ["", "\u0000", "\uFEFFmark", "\u{10FFFF}\uD7FF\uE000", "__proto__"];

/** The values at which a scalar's encoding changes, or ends; the zero value first. */
export const scalarExtremes: Record<ScalarType, readonly Init[]> = {
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
  [ScalarType.DOUBLE]: [0, -0, Number.MAX_VALUE, Number.MIN_VALUE, -Number.MAX_VALUE, ...notFinite],
  [ScalarType.FLOAT]: [0, -0, 2 ** 127 * (2 - 2 ** -23), 2 ** -149, ...notFinite],
  [ScalarType.BOOL]: [false, true],
  [ScalarType.STRING]: text,
  [ScalarType.BYTES]: [new Uint8Array(0), new Uint8Array([0]), Uint8Array.from({ length: 256 }, (_, i) => i)],
};

/** Long enough that a length takes three bytes. Only a message's own fields get these, one at a time. */
const large: Partial<Record<ScalarType, Init>> = {
  [ScalarType.STRING]: "é".repeat(10_000),
  [ScalarType.BYTES]: new Uint8Array(20_000).fill(0x80),
};

/** Map keys: those that change their order or vanish in a careless JavaScript object among them. */
export const textKeys = ["", "key", "__proto__", "constructor", "0", "-1", "\uFEFF", "\u{10FFFF}"];

/** Every value that the enum declares, and numbers that it does not: proto3's enums are open. */
export function enumExtremes(desc: DescEnum): number[] {
  const declared = desc.values.map(({ number }) => number);
  return [...new Set([...declared, Math.max(...declared) + 1, 2 ** 31 - 1, -1, -(2 ** 31)])];
}

const timestamp = (seconds: string, nanos: number) => ({ seconds: BigInt(seconds), nanos });

/**
 * Extremes of the messages that JSON holds to narrower limits than their fields, by type name. The limits
 * are those that google/protobuf/timestamp.proto, duration.proto, field_mask.proto and struct.proto state.
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

/** A google.protobuf.Value from the JSON that it stands for. */
export function toValue(json: unknown): Init {
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

/** A field's element: what it holds once, or each time when it is a list or the values of a map. */
function elementExtremes(field: DescField, depth: number): readonly Init[] {
  if (field.message) {
    return (
      wellKnownExtremes[field.message.typeName] ??
      (depth > 0 ? [{}, everyField(field.message, 1, depth - 1)] : [{}])
    );
  }
  return field.enum ? enumExtremes(field.enum) : scalarExtremes[field.scalar as ScalarType];
}

/** What to give one field, alone, so that each of its extremes is seen. */
export function fieldExtremes(field: DescField, depth = 2): readonly Init[] {
  const elements = elementExtremes(field, depth);
  switch (field.fieldKind) {
    case "list":
      return [...elements.map((element) => [element]), elements];
    case "map": {
      const keys =
        field.mapKey === ScalarType.STRING
          ? textKeys
          : scalarExtremes[field.mapKey].map((key) => String(key));
      // fromEntries() defines what an assignment to __proto__ would not.
      return elements.map((element) => Object.fromEntries(keys.map((key) => [key, element])));
    }
    default:
      return elements;
  }
}

/** Wraps a field's value for `create()`: a oneof's fields share one property. */
export function initOf(field: DescField, value: Init): Record<string, Init> {
  return field.oneof
    ? { [field.oneof.localName]: { case: field.localName, value } }
    : { [field.localName]: value };
}

/**
 * Sets every field, and of every oneof one branch.
 *
 * @param nth Which of its extremes each field gets, and which branch each oneof; counted around.
 * @param depth How many levels of messages to set below this one.
 */
export function everyField(desc: DescMessage, nth: number, depth = 2): Record<string, Init> {
  const fields = desc.members.map((member) =>
    member.kind === "oneof" ? around(member.fields, nth) : member,
  ) as DescField[];
  return Object.assign({}, ...fields.map((field) => initOf(field, around(fieldExtremes(field, depth), nth))));
}

/** A message with no field set, one for each field at each of its extremes, and some with every field set. */
export function* extremeMessages(desc: DescMessage) {
  yield create(desc);
  for (const field of desc.fields) {
    for (const value of fieldExtremes(field)) {
      yield create(desc, initOf(field, value));
    }
    if (field.fieldKind === "scalar" && large[field.scalar] !== undefined) {
      yield create(desc, initOf(field, large[field.scalar]));
    }
  }
  const most = Math.max(...Object.values(scalarExtremes).map(({ length }) => length));
  for (let nth = 0; nth < most; nth++) {
    yield create(desc, everyField(desc, nth));
  }
}

function around<T>(items: readonly T[], nth: number): T {
  return items[nth % items.length] as T;
}
