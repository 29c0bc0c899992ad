import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { concat, delimited, nothing } from "./wire.ts";

/** Bytes that few encoders write, and what decoding and encoding them may return. */
export interface WireEdit {
  edit: "unknown fields" | "unknown fields in an entry" | "entry without its value" | "two values";
  /** A field of the message, or of a google message in it: `struct.fields`. */
  field: string;
  input: Uint8Array;
  outputs: [description: string, bytes: Uint8Array][];
}

const unknown = delimited(1000, nothing);
const key = delimited(1, new Uint8Array(Buffer.from("key")));

/**
 * Returns the edits of every field of a message that contains a message, in the field or in its map.
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
      name === "" && field.fieldKind === "message" && message && isGoogleFile(message.file.proto.name)
        ? wireEdits(message, encodedValue, `${field.name}.`, (records) => wrap(delimited(number, records)))
        : [];
    const edits = message ? messageEdits(field, encodedValue(message), wrap) : [];
    return [...edits.map((edit) => ({ ...edit, field: name + field.name })), ...inner];
  });
}

function messageEdits(
  { fieldKind, number }: DescField,
  value: Uint8Array,
  wrap: (records: Uint8Array) => Uint8Array,
): Omit<WireEdit, "field">[] {
  const entry = (...records: Uint8Array[]) => wrap(delimited(number, concat(key, ...records)));
  const record = (content: Uint8Array) =>
    fieldKind === "map" ? entry(delimited(2, content)) : wrap(delimited(number, content));
  const edited = concat(value, unknown);
  const edits: Omit<WireEdit, "field">[] = [
    {
      edit: "unknown fields",
      input: record(edited),
      outputs: [
        ["kept", record(edited)],
        ["dropped", record(value)],
      ],
    },
  ];
  const twice: WireEdit["outputs"] = [
    ["merged", record(value)],
    ["the last wins", record(nothing)],
    // An empty Value is dropped.
    ["the last wins", wrap(nothing)],
  ];
  if (fieldKind === "message") {
    const input = wrap(concat(delimited(number, value), delimited(number, nothing)));
    edits.push({ edit: "two values", input, outputs: twice });
  }
  if (fieldKind === "map") {
    edits.push(
      { edit: "two values", input: entry(delimited(2, value), delimited(2, nothing)), outputs: twice },
      {
        edit: "entry without its value",
        input: entry(),
        outputs: [
          ["gets an empty message", record(nothing)],
          ["becomes null", record(Uint8Array.of(8, 0))],
          ["dropped", wrap(nothing)],
        ],
      },
      {
        edit: "unknown fields in an entry",
        input: entry(delimited(2, value), unknown),
        outputs: [["dropped", record(value)]],
      },
    );
  }
  return edits;
}
