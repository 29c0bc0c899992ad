import type { Message } from "@bufbuild/protobuf";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { contract } from "./contract.ts";
import { isNullValue } from "./extremes.ts";
import type { FlavourName } from "./flavours.ts";

/** Removes from a message what a runtime loses. */
type Removal = (message: Message) => Message;

/**
 * What each flavour's runtime loses in binary and in JSON. test/runtimes asserts each loss, so that an entry here is
 * removed together with its reason.
 */
export const withoutKnownLosses: Record<FlavourName, { binary: Removal; json: Removal }> = {
  es: {
    binary: (message) => message,
    // JSON that JavaScript prints has no -0.
    json: (message) => edit(message, { number: withoutSign }),
  },
  "connect-v1": {
    // protobuf-es 1 decodes text with a TextDecoder that drops a byte order mark, assigns map entries as
    // `map[key] = value`, and compares numbers with 0 to find those that it need not write.
    binary: (message) => edit(message, { text: withoutMark, key: withoutMarkAndProto, number: withoutSign }),
    // Its JSON refuses null in lists and maps, and its google.protobuf.Method and Api lack the newest field.
    json: (message) =>
      edit(message, {
        ...{ text: withoutMark, key: withoutMarkAndProto, number: withoutSign },
        message: (part) => withoutEdition(withoutNulls(part)),
      }),
  },
  "ts-proto": {
    // ts-proto assigns entries of google.protobuf.Struct and compares numbers in these ways.
    binary: (message) => edit(message, { key: withoutProto, number: withoutSign }),
    // It has no JSON.
    json: (message) => message,
  },
};

const withoutMark = (text: string) => text.replace(/^\uFEFF+/, "");
const withoutProto = (key: string) => (key === "__proto__" ? "proto" : key);
const withoutMarkAndProto = (key: string) => withoutMark(withoutProto(key));
const withoutSign = (value: number) => value + 0;
const withoutEdition = (message: Message): Message =>
  message.$typeName.startsWith("google.protobuf.") && "edition" in message
    ? Object.assign({ ...message }, { edition: "" })
    : message;

/** Removes null from the lists and maps of a message whose values are google.protobuf.Value or NullValue. */
function withoutNulls(message: Message): Message {
  const copy: Record<string, unknown> = { ...message };
  const desc = contract.getMessage(message.$typeName);
  const fields = desc && !isGoogleFile(desc.file.proto.name) ? desc.fields : [];
  for (const { fieldKind, localName, enum: enumeration, message: type } of fields) {
    const isNull = (value: unknown) =>
      (enumeration && isNullValue(enumeration)) ||
      (type?.typeName === "google.protobuf.Value" &&
        (value as { kind: { case?: string } }).kind.case === "nullValue");
    if (fieldKind === "list") {
      copy[localName] = (copy[localName] as unknown[]).filter((item) => !isNull(item));
    } else if (fieldKind === "map") {
      const entries = Object.entries(copy[localName] as object).filter(([, value]) => !isNull(value));
      copy[localName] = Object.fromEntries(entries);
    }
  }
  return copy as Message;
}

/** Functions that replace the parts of a message. */
export interface Edits {
  text?: (text: string) => string;
  key?: (key: string) => string;
  number?: (value: number) => number;
  bigint?: (value: bigint) => bigint;
  bytes?: (value: Uint8Array) => Uint8Array;
  /** Called with each message before its parts are edited. */
  message?: (value: Message) => Message;
}

/** Edits every text, key, number and bytes in a message or in a part of it. */
export function edit<T>(value: T, edits: Edits): T {
  const { text, key = (name) => name, number, bigint, bytes, message } = edits;
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
    const parts = message && "$typeName" in item ? message(item as Message) : item;
    return Object.fromEntries(Object.entries(parts).map(([name, child]) => [key(name), visit(child)]));
  };
  return visit(value) as T;
}
