// Schemas of the JSON forms of scalars: https://protobuf.dev/programming-guides/json.
import { type DescField, type JsonObject, type JsonValue, ScalarType } from "@bufbuild/protobuf";

/** A JSON Schema of the dialect 2020-12. */
export type Schema = JsonObject;

/** Returns a reference to a schema of the document. */
export const refer = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Returns a regular expression of the integers from 1 to `max`, in decimal without leading zeros. */
function matchUpTo(max: bigint): string {
  const digits = [...`${max}`];
  const fewerDigits = `[1-9][0-9]{0,${digits.length - 2}}`;
  // Numbers with as many digits share some of the first with `max`, and the next is less.
  const lower = digits.flatMap((digit, index) => {
    const least = index === 0 ? 1 : 0;
    const rest = digits.length - index - 1;
    const next = `[${least}-${Number(digit) - 1}]${rest > 0 ? `[0-9]{${rest}}` : ""}`;
    return Number(digit) > least ? [digits.slice(0, index).join("") + next] : [];
  });
  return [fewerDigits, ...lower, max].join("|");
}

/** Returns a regular expression of the integers from `min`, which is 0 or less, to `max`, in decimal without leading zeros. */
export const matchInteger = (min: bigint, max: bigint): string =>
  min === 0n ? `0|${matchUpTo(max)}` : `0|-?(?:${matchUpTo(max)})|${min}`;

/** Returns the range of an integer's type. */
function rangeOf(scalar: ScalarType): [min: bigint, max: bigint] {
  const name = ScalarType[scalar];
  const count = 2n ** (name.endsWith("64") ? 64n : 32n);
  return /^(UINT|FIXED)/.test(name) ? [0n, count - 1n] : [-count / 2n, count / 2n - 1n];
}

/** Returns a regular expression of an integer's type as a string. */
const matchType = (scalar: ScalarType): string => `^(?:${matchInteger(...rangeOf(scalar))})$`;

const floating = (description: string, max: number): Schema => ({
  description,
  oneOf: [
    { type: "number", minimum: -max, maximum: max },
    { type: "string", enum: ["NaN", "Infinity", "-Infinity"] },
  ],
});

/** The largest float, with the fewest digits that identify it: Go prints these. */
const maxFloat = 3.4028235e38;
const base64 = "[A-Za-z0-9+/]";

const decimal = (scalar: ScalarType, range: string): Schema => ({
  type: "string",
  description: `An integer ${range}, in decimal: JSON numbers lose digits of it.`,
  pattern: matchType(scalar),
});

/** Schemas of scalars that the document has once. Their keys are the names of types in .proto files. */
export const sharedSchemas: Record<string, Schema> = {
  bytes: {
    type: "string",
    description: "Bytes in base64, with padding.",
    contentEncoding: "base64",
    // The bits that padding leaves over are 0.
    pattern: `^(?:${base64}{4})*(?:${base64}[AQgw]==|${base64}{2}[AEIMQUYcgkosw048]=)?$`,
  },
  double: floating("A 64-bit floating-point number.", Number.MAX_VALUE),
  float: floating("A 32-bit floating-point number.", maxFloat),
  int64: decimal(ScalarType.INT64, "from -2^63 to 2^63 - 1"),
  uint64: decimal(ScalarType.UINT64, "from 0 to 2^64 - 1"),
};

/** Returns the schema of a scalar. */
export function createScalarSchema(scalar: ScalarType): Schema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: "string" };
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.BYTES:
      return refer("bytes");
    case ScalarType.DOUBLE:
      return refer("double");
    case ScalarType.FLOAT:
      return refer("float");
    default: {
      const [min, max] = rangeOf(scalar);
      if (max > 2n ** 32n) {
        return refer(min === 0n ? "uint64" : "int64");
      }
      // JSON Schema has no name for unsigned integers.
      const format: Schema = min === 0n ? {} : { format: "int32" };
      return { type: "integer", ...format, minimum: Number(min), maximum: Number(max) };
    }
  }
}

/** Returns the schema of a map's keys, which are strings in JSON; undefined if every string is a key. */
export function createKeySchema(key: (DescField & { fieldKind: "map" })["mapKey"]): JsonValue | undefined {
  switch (key) {
    case ScalarType.STRING:
      return undefined;
    case ScalarType.BOOL:
      return { enum: ["true", "false"] };
    default:
      return { pattern: matchType(key) };
  }
}
