import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** No bytes. */
export const nothing = new Uint8Array(0);

/** Encodes a record's tag, valid or not. */
export function tag(number: number, type: WireType): Uint8Array {
  return varint(number * 8 + type);
}

/** Encodes an integer from 0 to 2^53. */
export function varint(value: number): Uint8Array {
  return new BinaryWriter().uint64(value).finish();
}

/** Encodes a record with a length before its content. */
export function delimited(number: number, content: Uint8Array): Uint8Array {
  return concat(tag(number, WireType.LengthDelimited), varint(content.length), content);
}

/** Joins bytes in an array that, unlike a Buffer, shares no memory. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Repeats bytes. */
export function repeat(times: number, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(Buffer.concat(Array<Uint8Array>(times).fill(bytes)));
}

/**
 * Encodes messages that are nested in fields of given numbers, in turn.
 *
 * @param depth How many messages are nested.
 */
export function nested(numbers: number[], depth: number): Uint8Array {
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let level = depth - 1; level >= 0; level--) {
    const head = concat(
      tag(numbers[level % numbers.length] as number, WireType.LengthDelimited),
      varint(length),
    );
    heads.push(head);
    length += head.length;
  }
  return new Uint8Array(Buffer.concat(heads.reverse()));
}
