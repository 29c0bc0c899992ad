import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { NestingPath } from "./recursion.js";

/** No bytes. */
export const nothing = new Uint8Array(0);

/** A record's tag; also one that no writer of this repository's runtimes would write. */
export function tag(number: number, type: WireType): Uint8Array {
  return varint(number * 8 + type);
}

/** An integer from 0 to 2^53. */
export function varint(value: number): Uint8Array {
  return new BinaryWriter().uint64(value).finish();
}

/** A record with a length before its content. */
export function delimited(number: number, content: Uint8Array): Uint8Array {
  return concat(tag(number, WireType.LengthDelimited), varint(content.length), content);
}

/** A plain array of its own: a Buffer may be a slice of a pool that is longer. */
export function concat(...parts: Uint8Array[]): Uint8Array {
  return join(parts);
}

/** The same bytes many times. */
export function repeat(times: number, bytes: Uint8Array): Uint8Array {
  return join(Array<Uint8Array>(times).fill(bytes));
}

/** For more parts than a call can take arguments. */
function join(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Nests empty messages; where none is part of itself, bytes that a message with such a field would nest. */
export function nested({ lead, cycle }: NestingPath, depth: number): Uint8Array {
  const around = cycle.length > 0 ? cycle : [1];
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let level = depth - 1; level >= 0; level--) {
    const number = lead[level] ?? (around[(level - lead.length) % around.length] as number);
    const head = concat(tag(number, WireType.LengthDelimited), varint(length));
    heads.push(head);
    length += head.length;
  }
  return join(heads.reverse());
}
