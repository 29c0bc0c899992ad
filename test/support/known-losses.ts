import type { Message } from "@bufbuild/protobuf";
import type { FlavourName } from "./flavours.ts";

/**
 * Functions by flavour that remove from a message what the flavour's runtime loses. test/runtimes asserts each loss,
 * so that an entry here is removed together with its reason.
 */
export const withoutKnownLosses: Record<FlavourName, (message: Message) => Message> = {
  es: (message) => message,
  // protobuf-es 1 decodes text with a TextDecoder that drops a byte order mark, and assigns map entries as
  // `map[key] = value`.
  "connect-v1": (message) =>
    edit(message, { text: withoutMark, key: (key) => withoutMark(withoutProto(key)) }),
  // ts-proto assigns entries of google.protobuf.Struct in that way.
  "ts-proto": (message) => edit(message, { key: withoutProto }),
};

/** Replaces -0, which JSON that JavaScript prints does not have. */
export const withoutMinusZero = (message: Message): Message =>
  edit(message, { number: (value) => value + 0 });

const withoutMark = (text: string) => text.replace(/^\uFEFF+/, "");
const withoutProto = (key: string) => (key === "__proto__" ? "proto" : key);

/** Functions that replace the parts of a message. */
export interface Edits {
  text?: (text: string) => string;
  key?: (key: string) => string;
  number?: (value: number) => number;
  bigint?: (value: bigint) => bigint;
  bytes?: (value: Uint8Array) => Uint8Array;
}

/** Edits every text, key, number and bytes in a message or in a part of it. */
export function edit<T>(value: T, edits: Edits): T {
  const { text, key = (name) => name, number, bigint, bytes } = edits;
  const visit = (item: unknown): unknown => {
    switch (typeof item) {
      case "string":
        return text ? text(item) : item;
      case "number":
        return number ? number(item) : item;
      case "bigint":
        return bigint ? bigint(item) : item;
    }
    if (typeof item !== "object" || item === null) {
      return item;
    }
    if (item instanceof Uint8Array) {
      return bytes ? bytes(item) : item;
    }
    if (Array.isArray(item)) {
      return item.map(visit);
    }
    return Object.fromEntries(Object.entries(item).map(([name, child]) => [key(name), visit(child)]));
  };
  return visit(value) as T;
}
