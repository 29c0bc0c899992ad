import { type DescMessage, equals, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import type { Codec } from "../programs/codecs.ts";

/**
 * Verifies that a codec reads and writes a message correctly.
 *
 * @param hasOwnJson Whether its JSON is not the protobuf JSON mapping.
 * @throws Error when it does not: its times would be meaningless.
 */
export function verify(codec: Codec, desc: DescMessage, bytes: Uint8Array, hasOwnJson = false): void {
  const expected = fromBinary(desc, bytes);
  const decoded = codec.fromBinary(bytes);
  const assert = (isTrue: boolean, problem: string) => {
    if (!isTrue) {
      throw new Error(`${desc.typeName}: ${problem}`);
    }
  };
  const isExpected = (message: object) => equals(desc, fromBinary(desc, codec.toBinary(message)), expected);
  assert(isExpected(decoded), "does not encode what it decoded");
  // A decoder that keeps everything as unknown fields encodes them again, but has no values.
  assert(`${leaves(decoded)}` === `${leaves(expected)}`, "does not decode the same texts and bytes");
  if (codec.toJsonString && codec.fromJsonString) {
    const text = codec.toJsonString(decoded);
    assert(isExpected(codec.fromJsonString(text)), "does not parse the JSON that it printed");
    const isMapping = hasOwnJson || equals(desc, fromJsonString(desc, text), expected);
    assert(isMapping, "prints JSON that is not the protobuf JSON mapping");
  }
}

/** Keys of decoded messages whose values are names, or fields that the decoder did not read. */
const metadata = /^(\$typeName|\$case|case|oneofKind|\$unknown|_unknown.*)$/;

/** Returns every text and every byte string (in base64) of a decoded message, sorted. */
function leaves(value: unknown): string[] {
  if (value instanceof Uint8Array) {
    return [Buffer.from(value).toString("base64")].filter((text) => text !== "");
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .flatMap(([key, part]) => (metadata.test(key) ? [] : leaves(part)))
      .sort();
  }
  // Some implementations decode 64-bit numbers as text.
  return typeof value === "string" && !/^\d*$/.test(value) ? [value] : [];
}
