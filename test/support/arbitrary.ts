import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  type UnknownField,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { enumExtremes, type Init, initOf, scalarExtremes, textKeys, wellKnownExtremes } from "./extremes.js";
import { unusedNumbers } from "./messages.js";

type Parts = Record<string, Init>;

export interface MessageOptions {
  /** How many levels of messages may lie below this one. */
  depth?: number;
  /** Whether messages carry fields that their descriptor does not know. */
  unknownFields?: boolean;
  /** Whether every field is set, and of every oneof a branch, so far as `depth` allows. */
  full?: boolean;
}

/**
 * Any message that a descriptor allows and JSON can say, from its extremes and from all that lies between:
 * fields set, unset and explicitly at their default, every branch of a oneof, open enums, all of Unicode.
 */
export function arbitraryMessage(
  desc: DescMessage,
  { depth = 3, unknownFields = false, full = false }: MessageOptions = {},
): fc.Arbitrary<Message> {
  const members = desc.members.map((member): fc.Arbitrary<Parts> => {
    const set = (member.kind === "oneof" ? member.fields : [member]).filter(
      ({ message }) => depth > 0 || message === undefined,
    );
    return fc.oneof(
      ...(full && set.length > 0 ? [] : [fc.constant({})]),
      ...set.map((field) => ({
        weight: 2,
        arbitrary: arbitraryField(field, { depth: depth - 1, unknownFields, full }).map((value) =>
          initOf(field, value),
        ),
      })),
    );
  });
  return fc
    .tuple(fc.tuple(...members), unknownFields ? arbitraryUnknownFields(desc) : fc.constant([]))
    .map(([parts, $unknown]) => {
      const message: Message = create(desc, Object.assign({}, ...parts));
      return $unknown.length > 0 ? Object.assign(message, { $unknown }) : message;
    });
}

function arbitraryField(field: DescField, options: MessageOptions): fc.Arbitrary<Init> {
  const element = arbitraryElement(field, options);
  switch (field.fieldKind) {
    case "list":
      return fc.array(element, { maxLength: 4 });
    case "map":
      // Not fc.dictionary(), whose objects may lack the prototype that protobuf-es gives its maps.
      return fc
        .array(fc.tuple(arbitraryKey(field.mapKey), element), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries));
    default:
      return element;
  }
}

function arbitraryElement(field: DescField, options: MessageOptions): fc.Arbitrary<Init> {
  if (field.message) {
    return arbitraryWellKnown[field.message.typeName] ?? arbitraryMessage(field.message, options);
  }
  return field.enum
    ? fc.oneof(fc.constantFrom(...enumExtremes(field.enum)), between[ScalarType.INT32])
    : arbitraryScalar(field.scalar as ScalarType);
}

function arbitraryKey(type: ScalarType): fc.Arbitrary<string> {
  return type === ScalarType.STRING
    ? fc.oneof(fc.constantFrom(...textKeys), unicode)
    : arbitraryScalar(type).map(String);
}

function arbitraryScalar(type: ScalarType): fc.Arbitrary<Init> {
  return fc.oneof(fc.constantFrom(...scalarExtremes[type]), between[type]);
}

/** Every code point but the surrogates, which UTF-8 has no encoding for. */
const unicode = fc.string({ unit: "binary", maxLength: 12 });

const int32 = fc.integer();
const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const int64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
const uint64 = fc.bigInt(0n, 2n ** 64n - 1n);

/** All that lies between a scalar's extremes. */
const between: Record<ScalarType, fc.Arbitrary<Init>> = {
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
  [ScalarType.DOUBLE]: fc.double(),
  [ScalarType.FLOAT]: fc.float(),
  [ScalarType.BOOL]: fc.boolean(),
  [ScalarType.STRING]: unicode,
  [ScalarType.BYTES]: fc.uint8Array({ maxLength: 40 }),
};

// JSON has neither -0, once JavaScript has printed it, nor what is not finite.
const json = fc
  .jsonValue({ noUnicodeString: false, maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const nanos = fc.integer({ min: 0, max: 999_999_999 });

/** Values that keep to the limits of `wellKnownExtremes`. */
const arbitraryWellKnown: Record<string, fc.Arbitrary<Init>> = {
  ...Object.fromEntries(
    Object.entries(wellKnownExtremes).map(([name, values]) => [name, fc.constantFrom(...values)]),
  ),
  "google.protobuf.Timestamp": fc.record({ seconds: fc.bigInt(-62135596800n, 253402300799n), nanos }),
  "google.protobuf.Duration": fc
    .tuple(fc.bigInt(-315576000000n, 315576000000n), nanos)
    .map(([seconds, some]) => ({ seconds, nanos: seconds < 0n ? 0 - some : some })),
  "google.protobuf.Struct": fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...textKeys), unicode), json), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
};

/** Fields that no version of the message has, of every wire type, in the order of their tags. */
function arbitraryUnknownFields(desc: DescMessage): fc.Arbitrary<UnknownField[]> {
  const numbers = unusedNumbers(desc, 4);
  const field = fc.oneof(
    uint64.map((value) => unknownField(WireType.Varint, (writer) => writer.uint64(value))),
    uint64.map((value) => unknownField(WireType.Bit64, (writer) => writer.fixed64(value))),
    uint32.map((value) => unknownField(WireType.Bit32, (writer) => writer.fixed32(value))),
    fc
      .uint8Array({ maxLength: 20 })
      .map((value) => unknownField(WireType.LengthDelimited, (writer) => writer.bytes(value))),
  );
  return fc
    .array(fc.tuple(fc.constantFrom(...numbers), field), { maxLength: 4 })
    .map((fields) =>
      fields.map(([no, rest]) => ({ no, ...rest })).sort((a, b) => a.no - b.no || a.wireType - b.wireType),
    );
}

function unknownField(
  wireType: WireType,
  write: (writer: BinaryWriter) => BinaryWriter,
): Omit<UnknownField, "no"> {
  return { wireType, data: write(new BinaryWriter()).finish() };
}
