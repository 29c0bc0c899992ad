import type { DescField, Message, Registry } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { contract } from "./contract.ts";
import { isNullValue } from "./extremes.ts";
import type { FlavourName } from "./flavours.ts";

/** Removes from a message what a runtime loses. */
type Removal = (message: Message) => Message;

/** Removes what each flavour's runtime loses in binary and in JSON. test/runtimes compares it with the runtimes. */
export const knownLosses = (registry: Registry): Record<FlavourName, { binary: Removal; json: Removal }> => {
  const editFields = (replace: EditField) => (message: Message) => editFieldsOf(registry, message, replace);
  const connectV1 = { text: withoutMark, key: withoutMarkAndProto };
  return {
    es: {
      binary: (message) => message,
      // JSON that JavaScript prints has no -0.
      json: (message) => edit(message, { number: withoutSign }),
    },
    "connect-v1": {
      // protobuf-es 1 decodes text with a TextDecoder that drops a byte order mark, assigns map entries as
      // `map[key] = value`, and compares numbers with 0 to find those that it need not write.
      binary: (message) => edit(message, { ...connectV1, message: editFields(withoutImplicitSign) }),
      // Its JSON refuses null in lists and maps, and its google.protobuf.Method and Api lack the newest field.
      json: (message) =>
        edit(message, {
          ...connectV1,
          number: withoutSign,
          message: (part) => withoutEdition(editFields(withoutNull)(part)),
        }),
    },
    "ts-proto": {
      // ts-proto assigns entries of google.protobuf.Struct and compares numbers in these ways.
      binary: (message) =>
        edit(message, {
          message: editFields((value, field) =>
            withoutProtoInStruct(withoutSignInMap(withoutImplicitSign(value, field), field), field),
          ),
        }),
      // It has no JSON.
      json: (message) => message,
    },
  };
};

const withoutMark = (text: string) => text.replace(/^\uFEFF+/, "");
const withoutProto = (key: string) => (key === "__proto__" ? "proto" : key);
const withoutMarkAndProto = (key: string) => withoutMark(withoutProto(key));
const withoutSign = (value: number) => value + 0;
const withoutEdition = (message: Message): Message =>
  message.$typeName.startsWith("google.protobuf.") && "edition" in message
    ? Object.assign({ ...message }, { edition: "" })
    : message;

/** Replaces the value of a field. */
type EditField = (value: unknown, field: DescField) => unknown;

/** Replaces the values of the fields of a message, not those of the messages in it. */
function editFieldsOf(registry: Registry, message: Message, replace: EditField): Message {
  const copy: Record<string, unknown> = { ...message };
  for (const field of registry.getMessage(message.$typeName)?.fields ?? []) {
    const { localName, oneof } = field;
    // A member of a oneof can have a name that every object inherits.
    if (oneof) {
      const chosen = copy[oneof.localName] as { case?: string; value?: unknown };
      if (chosen.case === localName) {
        copy[oneof.localName] = { case: localName, value: replace(chosen.value, field) };
      }
    } else if (copy[localName] !== undefined) {
      copy[localName] = replace(copy[localName], field);
    }
  }
  return copy as Message;
}

/** Replaces -0 in a field without presence, or in a wrapper, which is a number in a field outside of a oneof. */
const withoutImplicitSign: EditField = (value, { presence, message }) =>
  typeof value === "number" &&
  (presence === FeatureSet_FieldPresence.IMPLICIT || (message && isWrapperDesc(message)))
    ? withoutSign(value)
    : value;

const withoutSignInMap: EditField = (value, { fieldKind }) =>
  fieldKind === "map"
    ? mapEntries(value, (item) => (typeof item === "number" ? withoutSign(item) : item))
    : value;

/** Renames the key `__proto__` of a Struct, whose value is JSON, or in a Value a message. */
const withoutProtoInStruct: EditField = (value, { fieldKind, message, parent }) => {
  const rename = (item: unknown) => edit(item, { key: withoutProto });
  if (parent.typeName === struct) {
    return rename(value);
  }
  if (message?.typeName !== struct) {
    return value;
  }
  return fieldKind === "map" ? mapEntries(value, rename) : rename(value);
};
const struct = "google.protobuf.Struct";

/** Removes null from a list or map whose values are google.protobuf.Value or NullValue. */
const withoutNull: EditField = (value, { fieldKind, enum: enumeration, message, parent }) => {
  const isNull = (item: unknown) =>
    (enumeration && isNullValue(enumeration)) ||
    (message?.typeName === "google.protobuf.Value" &&
      (item as { kind: { case?: string } }).kind.case === "nullValue");
  if (isGoogleFile(parent.file.proto.name)) {
    return value;
  }
  if (fieldKind === "list") {
    return (value as unknown[]).filter((item) => !isNull(item));
  }
  return fieldKind === "map"
    ? Object.fromEntries(Object.entries(value as object).filter(([, item]) => !isNull(item)))
    : value;
};

const mapEntries = (map: unknown, replace: (value: unknown) => unknown) =>
  Object.fromEntries(Object.entries(map as object).map(([key, value]) => [key, replace(value)]));

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

export const withoutKnownLosses = knownLosses(contract);
