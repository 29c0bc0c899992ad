import type { Message } from "@bufbuild/protobuf";
import type { FlavourName } from "./flavours.js";

/**
 * What each flavour's runtime is known to lose, taken out of a message before it is sent through that
 * flavour. test/runtimes.test.ts asserts each loss, so that an entry here ends with its reason.
 */
export const withoutKnownLosses: Record<FlavourName, (message: Message) => Message> = {
  es: (message) => message,
  // protobuf-es 1 decodes text with a TextDecoder that swallows a byte order mark, and assigns map entries
  // as `map[key] = value`.
  "connect-v1": (message) =>
    edit(message, { text: withoutMark, key: (key) => withoutMark(withoutProto(key)) }),
  // ts-proto does the latter in google.protobuf.Struct, which it turns into plain objects.
  "ts-proto": (message) => edit(message, { key: withoutProto }),
};

/** JSON that JavaScript prints has no -0. */
export const withoutMinusZero = (message: Message): Message =>
  edit(message, { number: (value) => value + 0 });

const withoutMark = (text: string) => text.replace(/^\uFEFF+/, "");
const withoutProto = (key: string) => (key === "__proto__" ? "proto" : key);

/** What to make of the parts of a message. */
export interface Edits {
  text?: (text: string) => string;
  key?: (key: string) => string;
  number?: (value: number) => number;
  bigint?: (value: bigint) => bigint;
  bytes?: (value: Uint8Array) => Uint8Array;
}

/** Edits every text, key, number and all bytes in a message, or in a part of it. */
export function edit<T>(value: T, { text, key = (name) => name, number, bigint, bytes }: Edits): T {
  const visit = (item: unknown): unknown => {
    if (typeof item === "string") {
      return text ? text(item) : item;
    }
    if (typeof item === "number") {
      return number ? number(item) : item;
    }
    if (typeof item === "bigint") {
      return bigint ? bigint(item) : item;
    }
    if (item instanceof Uint8Array) {
      return bytes ? bytes(item) : item;
    }
    if (Array.isArray(item)) {
      return item.map(visit);
    }
    if (typeof item !== "object" || item === null) {
      return item;
    }
    return Object.fromEntries(Object.entries(item).map(([name, child]) => [key(name), visit(child)]));
  };
  return visit(value) as T;
}
