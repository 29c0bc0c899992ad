import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  type UnknownField,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import {
  enumExtremes,
  type Init,
  initOf,
  isNullValue,
  scalars,
  textKeys,
  wellKnownExtremes,
} from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { unusedNumbers } from "../support/unused.ts";

type Parts = Record<string, Init>;

interface Options {
  /** How many levels of messages lie below this message. */
  depth: number;
  /** Whether messages have fields that their descriptor lacks. */
  unknownFields: boolean;
}

const cache = new WeakMap<DescMessage, Map<string, fc.Arbitrary<Message>>>();

/**
 * Generates any message that a descriptor allows and JSON can represent, from extremes and values in between:
 * fields set, unset and explicitly at their default, every branch of a oneof, open enums, all of Unicode.
 */
export function arbitraryMessage(
  desc: DescMessage,
  { depth = 3, unknownFields = false }: Partial<Options> = {},
): fc.Arbitrary<Message> {
  const made = cache.get(desc) ?? new Map<string, fc.Arbitrary<Message>>();
  cache.set(desc, made);
  const key = `${depth} ${unknownFields}`;
  const arbitrary = made.get(key) ?? makeMessage(desc, { depth, unknownFields });
  made.set(key, arbitrary);
  return arbitrary;
}

function makeMessage(desc: DescMessage, { depth, unknownFields }: Options): fc.Arbitrary<Message> {
  const members = desc.members.map((member): fc.Arbitrary<Parts> => {
    const fields = member.kind === "oneof" ? member.fields : [member];
    return fc.oneof(
      fc.constant({}),
      ...fields
        .filter(({ message }) => depth > 0 || message === undefined)
        .map((field) => ({
          weight: 2,
          arbitrary: arbitraryField(field, { depth: depth - 1, unknownFields }).map((value) =>
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

function arbitraryField(field: DescField, options: Options): fc.Arbitrary<Init> {
  const element = arbitraryElement(field, options);
  switch (field.fieldKind) {
    case "list":
      return fc.array(element, { maxLength: 4 });
    case "map": {
      const key = arbitraryScalar(field.mapKey === ScalarType.STRING ? textKeys : scalars[field.mapKey]);
      // Not fc.dictionary(), whose objects may lack the prototype that the maps of protobuf-es have.
      return fc
        .array(fc.tuple(key.map(String), element), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries));
    }
    default:
      return element;
  }
}

function arbitraryElement(field: DescField, options: Options): fc.Arbitrary<Init> {
  if (field.message && isWrapperDesc(field.message)) {
    return arbitraryField(field.message.fields[0] as DescField, options).map((value) => ({ value }));
  }
  if (field.message) {
    return arbitraryWellKnown[field.message.typeName] ?? arbitraryMessage(field.message, options);
  }
  if (field.enum) {
    const extremes = enumExtremes(field.enum);
    return isNullValue(field.enum) || !field.enum.open
      ? fc.constantFrom(...extremes)
      : arbitraryScalar({ extremes, any: scalars[ScalarType.INT32].any });
  }
  return arbitraryScalar(scalars[field.scalar as ScalarType]);
}

function arbitraryScalar({ extremes, any }: (typeof scalars)[ScalarType]): fc.Arbitrary<Init> {
  return fc.oneof(fc.constantFrom(...extremes), any);
}

// JSON has no -0 after JavaScript printed it, and no value that is not finite.
const json = fc
  .jsonValue({ noUnicodeString: false, maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);
const nanos = fc.integer({ min: 0, max: 999_999_999 });

/** Values within the limits of `wellKnownExtremes`. */
const arbitraryWellKnown: Record<string, fc.Arbitrary<Init>> = {
  ...Object.fromEntries(
    Object.entries(wellKnownExtremes).map(([name, values]) => [name, fc.constantFrom(...values)]),
  ),
  "google.protobuf.Timestamp": fc.record({ seconds: fc.bigInt(-62135596800n, 253402300799n), nanos }),
  "google.protobuf.Duration": fc
    .tuple(fc.bigInt(-315576000000n, 315576000000n), nanos)
    .map(([seconds, fraction]) => ({ seconds, nanos: seconds < 0n ? 0 - fraction : fraction })),
  "google.protobuf.Struct": fc
    .array(fc.tuple(arbitraryScalar(textKeys).map(String), json), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
};

/** Generates fields of every wire type that no version of the message has, in the order of their tags. */
function arbitraryUnknownFields(desc: DescMessage): fc.Arbitrary<UnknownField[]> {
  const bigint = scalars[ScalarType.UINT64].any as fc.Arbitrary<bigint>;
  const data = fc.oneof(
    unknownField(WireType.Varint, bigint, (writer, value) => writer.uint64(value)),
    unknownField(WireType.Bit64, bigint, (writer, value) => writer.fixed64(value)),
    unknownField(WireType.Bit32, scalars[ScalarType.UINT32].any as fc.Arbitrary<number>, (writer, value) =>
      writer.fixed32(value),
    ),
    unknownField(WireType.LengthDelimited, fc.uint8Array({ maxLength: 20 }), (writer, value) =>
      writer.bytes(value),
    ),
  );
  const numbers = unusedNumbers(desc, 4);
  if (numbers.length === 0) {
    return fc.constant([]);
  }
  return fc
    .array(fc.tuple(fc.constantFrom(...numbers), data), { maxLength: 4 })
    .map((fields) =>
      fields.map(([no, field]) => ({ no, ...field })).sort((a, b) => a.no - b.no || a.wireType - b.wireType),
    );
}

function unknownField<T>(
  wireType: WireType,
  values: fc.Arbitrary<T>,
  write: (writer: BinaryWriter, value: T) => BinaryWriter,
): fc.Arbitrary<Omit<UnknownField, "no">> {
  return values.map((value) => ({ wireType, data: write(new BinaryWriter(), value).finish() }));
}
