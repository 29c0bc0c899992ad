import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { isNullValue } from "../support/extremes.ts";
import { concat, delimited, nothing, tag, varint } from "./wire.ts";

/** Bytes that few encoders write, and what decoding and encoding them may return. */
export interface WireEdit {
  edit:
    | "unknown fields"
    | "unknown fields in an entry"
    | "entry without its key"
    | "entry without its value"
    | "entry without its scalar"
    | "two messages"
    | "two scalars";
  /** A field of the message, or of a google message in it: `struct.fields`. */
  field: string;
  input: Uint8Array;
  outputs: [description: string, bytes: Uint8Array][];
}

const unknown = delimited(1000, nothing);
const key = delimited(1, new Uint8Array(Buffer.from("key")));

/**
 * Returns the edits of every field of a message, and of the messages in it.
 *
 * @param encodedValue Returns an encoded message of a type that is not empty.
 * @param name Prefix of the names of the fields.
 * @param wrap Encodes the records of the message's fields as the content of the whole message.
 */
export function wireEdits(
  desc: DescMessage,
  encodedValue: (type: DescMessage) => Uint8Array,
  name = "",
  wrap = (records: Uint8Array) => records,
): WireEdit[] {
  return desc.fields.flatMap((field) => {
    const { message, number } = field;
    const inner =
      name === "" && field.fieldKind === "message" && isGoogleFile(field.message.file.proto.name)
        ? wireEdits(field.message, encodedValue, `${field.name}.`, (records) =>
            wrap(delimited(number, records)),
          )
        : [];
    const edits = message ? messageEdits(field, encodedValue(message), wrap) : scalarEdits(field, wrap);
    return [...edits, ...(field.fieldKind === "map" ? entryEdits(field, encodedValue, wrap) : [])]
      .map((edit) => ({ ...edit, field: name + field.name }))
      .concat(inner);
  });
}

type Edits = Omit<WireEdit, "field">[];
type Wrap = (records: Uint8Array) => Uint8Array;

function messageEdits({ fieldKind, number }: DescField, value: Uint8Array, wrap: Wrap): Edits {
  const isMap = fieldKind === "map";
  /** Encodes messages in one entry of a map, or one after the other. */
  const records = (...values: Uint8Array[]) => {
    const encoded = concat(...values.map((content) => delimited(isMap ? 2 : number, content)));
    return wrap(isMap ? delimited(number, concat(key, encoded)) : encoded);
  };
  const edits: Edits = [
    {
      edit: "unknown fields",
      input: records(concat(value, unknown)),
      outputs: [
        ["kept", records(concat(value, unknown))],
        ["dropped", records(value)],
      ],
    },
  ];
  if (fieldKind !== "list") {
    edits.push({
      edit: "two messages",
      input: records(value, nothing),
      outputs: [
        ["merged", records(value)],
        ["the last wins", records(nothing)],
        // An empty Value is dropped.
        ["the last wins", wrap(nothing)],
      ],
    });
  }
  return edits;
}

function scalarEdits(field: DescField, wrap: Wrap): Edits {
  const { fieldKind, number } = field;
  // The enum NullValue has one value; other rows have its unknown values.
  if (fieldKind === "list" || (field.enum && isNullValue(field.enum))) {
    return [];
  }
  const records = (...values: number[]) =>
    fieldKind === "map"
      ? wrap(delimited(number, concat(key, ...values.map((value) => scalar(field, 2, value)))))
      : wrap(concat(...values.map((value) => scalar(field, number, value))));
  return [
    {
      edit: "two scalars",
      input: records(2, 1),
      outputs: [
        ["the last wins", records(1)],
        // A runtime that lacks the field, such as `edition` of a Method, keeps both.
        ["the last wins", records(2, 1)],
      ],
    },
  ];
}

function entryEdits(field: DescField, encodedValue: (type: DescMessage) => Uint8Array, wrap: Wrap): Edits {
  const { message } = field;
  const entry = (...records: Uint8Array[]) => wrap(delimited(field.number, concat(...records)));
  const value = message ? delimited(2, encodedValue(message)) : scalar(field, 2, 1);
  const zero = message ? delimited(2, nothing) : scalar(field, 2, 0);
  return [
    {
      edit: "unknown fields in an entry",
      input: entry(key, value, unknown),
      outputs: [["dropped", entry(key, value)]],
    },
    {
      edit: "entry without its key",
      input: entry(value),
      outputs: [
        ["gets an empty key", entry(delimited(1, nothing), value)],
        ["gets an empty key", entry(value)],
      ],
    },
    {
      edit: message ? "entry without its value" : "entry without its scalar",
      input: entry(key),
      outputs: message
        ? [
            ["gets an empty message", entry(key, zero)],
            ["becomes null", entry(key, delimited(2, Uint8Array.of(8, 0)))],
            ["dropped", wrap(nothing)],
          ]
        : [
            ["gets the zero value", entry(key, zero)],
            ["gets the zero value", entry(key)],
          ],
    },
  ];
}

/** Encodes a number in a field, or in text as many letters. */
function scalar({ scalar: type }: DescField, number: number, value: number): Uint8Array {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return delimited(number, new Uint8Array(Buffer.from("x".repeat(value))));
    case ScalarType.DOUBLE:
      return concat(tag(number, WireType.Bit64), new BinaryWriter().double(value).finish());
    case ScalarType.FLOAT:
      return concat(tag(number, WireType.Bit32), new BinaryWriter().float(value).finish());
    default:
      return concat(tag(number, WireType.Varint), varint(value));
  }
}
