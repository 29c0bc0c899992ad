// How the runtimes of the flavours treat input that protobuf-es 2 does not write, or that a runtime loses. A test here
// compares these cases with the rows of the table in docs/flavours.md: when a newer runtime fails a test, change both.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Message } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { beforeAll, expect, test } from "vitest";
import { type FlavourName, flavourNames } from "../support/flavours.ts";
import { edit, knownLosses } from "../support/known-losses.ts";
import { generateShapes, type Shapes } from "./generated.ts";
import { concat, delimited, nested, nothing, repeat, tag, varint } from "./wire.ts";
import { type WireEdit, wireEdits } from "./wire-edits.ts";

const bytes = (value: string) => new Uint8Array(Buffer.from(value));
const text = (value: string) => delimited(1, bytes(value));
const entry = (key: string, value: Uint8Array) => concat(text(key), delimited(2, value));
const double = (number: number, value: number) =>
  concat(tag(number, WireType.Bit64), new Uint8Array(Float64Array.of(value).buffer));
const minusZero = (number: number) => double(number, -0);
const int = (number: number, value: number) => concat(tag(number, WireType.Varint), varint(value));

// Fields of shapes.proto.
const color = (value: number) => int(2, value);
const payload = concat(tag(4, WireType.Bit64), Uint8Array.of(1, 0, 0, 0, 0, 0, 0xf8, 0x7f));
const textNamed = (key: string) => delimited(10, entry(key, bytes("x")));
const struct = (key: string, value: Uint8Array) => delimited(15, delimited(1, entry(key, value)));

// Fields of google.protobuf.Value.
const nullValue = (value: number) => int(1, value);
const stringValue = (value: string) => delimited(3, bytes(value));
const listValue = (...values: Uint8Array[]) =>
  delimited(6, concat(...values.map((value) => delimited(1, value))));

// Fields of google.protobuf.Timestamp and Duration.
const seconds = (value: number) => int(1, value);
const nanos = (value: number) => concat(tag(2, WireType.Varint), new BinaryWriter().int32(value).finish());

const unknown = delimited(1000, bytes("unknown"));
const group = (levels: number) =>
  concat(repeat(levels, tag(1000, WireType.StartGroup)), repeat(levels, tag(1000, WireType.EndGroup)));
const levels = (depth: number) => nested([9], depth - 1);

/** Bytes, JSON, or bytes that are decoded, printed as JSON, parsed and encoded. */
type Input = Uint8Array | string | { printed: Uint8Array };
const printed = (input: Uint8Array): Input => ({ printed: input });

/** An edit of some fields, or of all fields that no other row has. */
type Edited = Pick<WireEdit, "edit"> & { fields: string[] };
const isEdited = (input: Input | Edited): input is Edited => typeof input === "object" && "edit" in input;
const edited = (edit: WireEdit["edit"], ...fields: string[]): Edited => ({ edit, fields });

/** How decoding and encoding changes an input. Another output has a description, as in docs/flavours.md. */
type Outcome = string | [description: string, output: Uint8Array | string];

/** An input, and its outcome in each flavour; ts-proto has no JSON. */
type Case = [what: string, input: Input | Edited, es: Outcome, connectV1: Outcome, tsProto?: Outcome];

/** Values that a message may have. */
const valueCases: Case[] = [
  ["a byte order mark at the start of text", text("\uFEFFx"), "kept", ["dropped", text("x")], "kept"],
  [
    "a byte order mark at the start of a key",
    textNamed("\uFEFFkey"),
    "kept",
    ["dropped", textNamed("key")],
    "kept",
  ],
  ["the key `__proto__` of a map", textNamed("__proto__"), "kept", ["dropped", nothing], "kept"],
  [
    "the key `__proto__` of a `Struct`",
    struct("__proto__", stringValue("x")),
    "kept",
    ["dropped", delimited(15, nothing)],
    ["dropped", delimited(15, nothing)],
  ],
  ["-0 in a field without presence", minusZero(4), "kept", ["becomes 0", nothing], ["becomes 0", nothing]],
  [
    "-0 in a wrapper",
    delimited(13, minusZero(1)),
    "kept",
    ["becomes 0", delimited(13, nothing)],
    ["becomes 0", delimited(13, nothing)],
  ],
  [
    "-0 in a wrapper in a oneof",
    delimited(25, minusZero(1)),
    "kept",
    ["becomes 0", delimited(25, nothing)],
    ["becomes 0", delimited(25, nothing)],
  ],
  [
    "-0 in a wrapper in a list or a map",
    concat(delimited(14, minusZero(1)), delimited(28, entry("key", minusZero(1)))),
    "kept",
    ["becomes 0", concat(delimited(14, nothing), delimited(28, entry("key", nothing)))],
    ["becomes 0", concat(delimited(14, nothing), delimited(28, entry("key", nothing)))],
  ],
  [
    "-0 in a map",
    delimited(11, concat(text("key"), minusZero(2))),
    "kept",
    "kept",
    ["becomes 0", delimited(11, text("key"))],
  ],
  [
    "-0 in an `optional` field, a list or a oneof",
    concat(minusZero(5), delimited(6, minusZero(1).slice(1)), minusZero(7)),
    "kept",
    "kept",
    "kept",
  ],
  ["-0 in a `Struct`", struct("key", listValue(stringValue("x"), minusZero(2))), "kept", "kept", "kept"],
  [
    "-0 in JSON",
    '{"optionalReal":-0}',
    ["becomes 0", '{"optionalReal":0}'],
    ["becomes 0", '{"optionalReal":0}'],
  ],
  [
    "null in a `Value`, a `Struct` or a `ListValue` in JSON",
    '{"texts":{"key":"x"},"struct":{"key":null},"value":null,"list":[null]}',
    "kept",
    "kept",
  ],
  ["null in a list of `Value` in JSON", '{"values":[null]}', "kept", "refused"],
  ["null in a map of `Value` in JSON", '{"valuesByName":{"key":null}}', "kept", "refused"],
  ["null in a list of `NullValue` in JSON", '{"nulls":[null]}', "kept", "refused"],
  ["null in a map of `NullValue` in JSON", '{"nullsByName":{"key":null}}', "kept", "refused"],
  ["`edition` of an `Api` or a `Method` in JSON", '{"method":{"edition":"2023"}}', "kept", "refused"],
];

const cases: Case[] = [
  ...valueCases,
  ["unknown fields", edited("unknown fields"), "kept", "kept", "kept"],
  [
    "the order of unknown fields with several numbers",
    concat(unknown, delimited(1001, nothing), unknown),
    "kept",
    "kept",
    ["grouped by number", concat(unknown, unknown, delimited(1001, nothing))],
  ],
  ["unknown groups", group(1), "kept", "kept", "kept"],
  ["unknown enum values", color(1000), "kept", "kept", "kept"],
  ["an empty `Value`", delimited(16, nothing), "kept", "kept", ["dropped", nothing]],
  [
    "an empty `Value` in a map",
    delimited(18, entry("key", nothing)),
    "kept",
    "kept",
    ["dropped with its key", nothing],
  ],
  [
    "an empty `Value` in a `Struct`",
    struct("key", nothing),
    ["becomes null", struct("key", nullValue(0))],
    "kept",
    ["dropped with its key", delimited(15, nothing)],
  ],
  [
    "an empty `Value` in a list of a `Struct`",
    struct("key", listValue(nothing)),
    ["becomes null", struct("key", listValue(nullValue(0)))],
    "kept",
    "kept",
  ],
  [
    "an unknown value of the enum `NullValue` in a `Value`",
    delimited(16, nullValue(7)),
    "kept",
    "kept",
    ["becomes 0", delimited(16, nullValue(0))],
  ],
  [
    "an unknown value of the enum `NullValue` in a `Struct`",
    struct("key", nullValue(7)),
    ["becomes 0", struct("key", nullValue(0))],
    "kept",
    ["becomes 0", struct("key", nullValue(0))],
  ],
  [
    "unknown fields in a `Struct`",
    edited(
      "unknown fields",
      ...["struct", "struct.fields", "chosen_struct", "chosen_struct.fields", "structs", "structs_by_name"],
    ),
    "dropped",
    "kept",
    "dropped",
  ],
  [
    "unknown fields in a `Value`, a `ListValue` or a `FieldMask`",
    edited(
      "unknown fields",
      ...["value", "value.struct_value", "value.list_value"],
      ...["chosen_value", "chosen_value.struct_value", "chosen_value.list_value"],
      ...["values", "values_by_name", "list", "list.values", "lists", "lists_by_name"],
      ...["mask", "masks", "masks_by_name"],
    ),
    "kept",
    "kept",
    "dropped",
  ],
  [
    "unknown fields in a wrapper such as `DoubleValue`",
    edited("unknown fields", "wrapped"),
    "dropped",
    "dropped",
    "dropped",
  ],
  [
    "unknown fields in a wrapper in a list, a map or a oneof",
    edited("unknown fields", "wrapped_list", "wrapped_by_name", "chosen_wrapped"),
    "kept",
    "kept",
    "dropped",
  ],
  [
    "unknown fields in an entry of a map",
    edited("unknown fields in an entry"),
    "dropped",
    "refused",
    "dropped",
  ],
  [
    "an entry without its key",
    edited("entry without its key"),
    "gets an empty key",
    "gets an empty key",
    "gets an empty key",
  ],
  [
    "an entry without its value in a map of scalars",
    edited("entry without its scalar"),
    "gets the zero value",
    "gets the zero value",
    "gets the zero value",
  ],
  [
    "an entry without its value in a map of messages",
    edited("entry without its value"),
    "gets an empty message",
    "gets an empty message",
    "dropped",
  ],
  [
    "an entry without its value in a `Struct`",
    edited("entry without its value", "struct.fields", "chosen_struct.fields"),
    "becomes null",
    "gets an empty message",
    "dropped",
  ],
  [
    "a scalar field that occurs twice",
    edited("two scalars"),
    "the last wins",
    "the last wins",
    "the last wins",
  ],
  ["a message field that occurs twice", edited("two messages"), "merged", "merged", "the last wins"],
  [
    "a wrapper that occurs twice",
    edited("two messages", "wrapped"),
    "merged",
    "the last wins",
    "the last wins",
  ],
  [
    "a message that occurs twice in an entry of a map",
    edited(
      "two messages",
      ...["selves", "wrapped_by_name", "values_by_name", "structs_by_name", "lists_by_name", "masks_by_name"],
      ...["struct.fields", "chosen_struct.fields"],
    ),
    "merged",
    "the last wins",
    "the last wins",
  ],
  ["null for a message of a oneof in JSON", '{"chosen":null}', ["ignored", "{}"], "refused"],
  [
    "null for a wrapper of a oneof in JSON",
    '{"chosenWrapped":null}',
    ["ignored", "{}"],
    ["becomes 0", '{"chosenWrapped":0}'],
  ],
  ["the largest `float` as 3.4028235e+38 in JSON", '{"single":3.4028235e+38}', "kept", "refused"],
  ["unknown fields in JSON", '{"unknown":1}', "refused", "refused"],
  [
    "a name that occurs twice in JSON",
    '{"text":"x","text":"y"}',
    "refused",
    ["the last wins", '{"text":"y"}'],
  ],
  ["unknown fields, printed as JSON", printed(unknown), ["dropped", nothing], ["dropped", nothing]],
  ["an empty `Value`, printed as JSON", printed(delimited(16, nothing)), "refused", "refused"],
  ["NaN in a `Value`, printed as JSON", printed(delimited(16, double(2, Number.NaN))), "refused", "refused"],
  [
    "the payload of NaN, printed as JSON",
    printed(payload),
    ["lost", double(4, Number.NaN)],
    ["lost", double(4, Number.NaN)],
  ],
  [
    "an unknown value of the enum `NullValue`, printed as JSON",
    printed(delimited(16, nullValue(7))),
    ["becomes 0", delimited(16, nullValue(0))],
    ["becomes 0", delimited(16, nullValue(0))],
  ],
  [
    "a `Timestamp` outside of the years 1 to 9999, printed as JSON",
    printed(delimited(36, seconds(253_402_300_800))),
    "refused",
    "refused",
  ],
  [
    "a `Timestamp` with negative nanoseconds, printed as JSON",
    printed(delimited(36, nanos(-1))),
    "refused",
    "refused",
  ],
  [
    "a `Duration` of seconds and nanoseconds with different signs, printed as JSON",
    printed(delimited(37, concat(seconds(5), nanos(-3)))),
    "refused",
    ["becomes another duration", delimited(37, concat(seconds(5), nanos(3)))],
  ],
  [
    "a path with a comma in a `FieldMask`, printed as JSON",
    printed(delimited(22, text("a,b"))),
    ["becomes two paths", delimited(22, concat(text("a"), text("b")))],
    ["becomes two paths", delimited(22, concat(text("a"), text("b")))],
  ],
  [
    "an `Any` of a type that is not registered, printed as JSON",
    printed(delimited(38, text("example.com/shapes.Shapes"))),
    "refused",
    "refused",
  ],

  // Invalid input.
  [
    "text that is not UTF-8",
    delimited(1, Uint8Array.of(0xff)),
    "refused",
    ["replaced by U+FFFD", text("\uFFFD")],
    ["replaced by U+FFFD", text("\uFFFD")],
  ],
  [
    "a known field with another wire type",
    concat(tag(1, WireType.Varint), varint(5)),
    "refused",
    "refused",
    "kept",
  ],
  [
    "a known field with another wire type in an entry of a map",
    delimited(10, concat(tag(1, WireType.Varint), varint(5), delimited(2, bytes("x")))),
    "refused",
    "refused",
    ["dropped", delimited(10, delimited(2, bytes("x")))],
  ],
  [
    "a known field with another wire type in a wrapper",
    delimited(13, text("x")),
    "refused",
    "refused",
    ["dropped", delimited(13, nothing)],
  ],
  [
    "a tag of more than 32 bits",
    concat(varint(2 ** 32 + 10), text("x").slice(1)),
    "refused",
    ["truncated", text("x")],
    ["truncated", text("x")],
  ],
  ["field number 0", concat(Uint8Array.of(0), text("x")), "refused", "refused", ["stops reading", nothing]],
  [
    "the end of a group without its start",
    concat(text("x"), tag(1000, WireType.EndGroup), text("y")),
    "refused",
    "refused",
    ["stops reading", text("x")],
  ],
  [
    "the end of a group with another number than its start",
    concat(tag(1000, WireType.StartGroup), tag(1001, WireType.EndGroup)),
    "refused",
    "refused",
    "kept",
  ],
  ["an undefined wire type", Uint8Array.of(0x0e, 0), "refused", "refused", "refused"],
  [
    "a length of 4 GiB without the bytes",
    concat(Uint8Array.of(0x0a), varint(2 ** 32 - 1)),
    "refused",
    "refused",
    "refused",
  ],
  ["100 levels of messages", levels(100), "kept", "kept", "kept"],
  ["101 levels of messages", levels(101), "refused", "kept", "refused"],
  ["100,000 levels of messages", levels(100_000), "refused", "refused", "refused"],
  ["99 levels of groups", group(99), "kept", "kept", "kept"],
  ["101 levels of groups", group(101), "refused", "kept", "refused"],
  ["100,000 levels of groups", group(100_000), "refused", "refused", "refused"],
];

let shapes: Shapes;
beforeAll(async () => {
  shapes = await generateShapes();
});

/** Encoded messages that are not empty. */
const encodedMessages: Record<string, Uint8Array> = {
  "shapes.Shapes": text("x"),
  "google.protobuf.DoubleValue": double(1, 1),
  "google.protobuf.Struct": delimited(1, entry("key", stringValue("x"))),
  "google.protobuf.Value": stringValue("x"),
  "google.protobuf.ListValue": delimited(1, stringValue("x")),
  "google.protobuf.FieldMask": text("x"),
  "google.protobuf.Method": text("x"),
  "google.protobuf.Option": text("x"),
  "google.protobuf.Timestamp": seconds(1),
  "google.protobuf.Duration": seconds(1),
  "google.protobuf.Any": text("x"),
};

/** Returns the edits that a row describes, or without a row those that no row describes. */
function editsOf(row?: Case): WireEdit[] {
  const all = wireEdits(shapes.desc, ({ typeName }) => encodedMessages[typeName] as Uint8Array);
  return all.filter(({ edit, field }) => {
    const rows = cases.flatMap((candidate) => {
      const [, input] = candidate;
      return isEdited(input) && input.edit === edit ? [{ candidate, fields: input.fields }] : [];
    });
    const match =
      rows.find(({ fields }) => fields.includes(field)) ?? rows.find(({ fields }) => !fields.length);
    return match?.candidate === row;
  });
}

/** Decodes and encodes an input with a flavour. */
function outcomeOf(flavour: FlavourName, input: Input): string | Uint8Array {
  const { decode, encode, json } = shapes.codecs[flavour];
  try {
    if (typeof input === "string") {
      const output = `${json?.print(json.parse(input))}`;
      return output === input ? "kept" : output;
    }
    const output =
      input instanceof Uint8Array
        ? encode(decode(input))
        : encode(json?.parse(`${json.print(decode(input.printed))}`));
    return input instanceof Uint8Array && Buffer.compare(output, input) === 0
      ? "kept"
      : Uint8Array.from(output);
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return "refused";
  }
}

test.each(cases.map((row) => [row[0], row] as const))("%s", (_, row) => {
  const [, input, ...outcomes] = row;
  const flavours = flavourNames.slice(0, outcomes.length);
  if (!isEdited(input)) {
    expect(flavours.map((name) => outcomeOf(name, input))).toEqual(
      outcomes.map((outcome) => (Array.isArray(outcome) ? outcome[1] : outcome)),
    );
    return;
  }
  const edits = editsOf(row);
  expect(edits.map(({ field }) => field)).toEqual(
    expect.arrayContaining([expect.anything(), ...input.fields]),
  );
  expect(
    edits.map((edit) => [
      edit.field,
      ...flavours.map((name) => describeOutput(edit, outcomeOf(name, edit.input))),
    ]),
  ).toEqual(edits.map(({ field }) => [field, ...outcomes]));
});

/** Returns the description of the output of an edit, or the output if it has none. */
function describeOutput({ input, outputs }: WireEdit, outcome: string | Uint8Array): unknown {
  const output = outcome === "kept" ? input : outcome;
  const [description] =
    outputs.find(([, bytes]) => output instanceof Uint8Array && Buffer.compare(bytes, output) === 0) ?? [];
  return description ?? output;
}

test("known-losses.ts removes the values that a flavour loses, and nothing that it keeps", () => {
  const losses = knownLosses(shapes.registry);
  const { decode, json } = shapes.codecs.es;
  for (const row of cases) {
    const [what, input, ...outcomes] = row;
    const isJson = typeof input === "string";
    if ((isJson || input instanceof Uint8Array) && outcomes[0] !== "refused") {
      const message = (isJson ? json?.parse(input) : decode(input)) as Message;
      const removed = flavourNames.slice(0, outcomes.length).map((name) => {
        const edited = losses[name][isJson ? "json" : "binary"](message);
        // Both are edited, because that removes prototypes.
        return !isDeepStrictEqual(edit(edited, {}), edit(message, {}));
      });
      const lost = outcomes.map((outcome) => outcome !== "kept");
      const isValue = valueCases.includes(row);
      expect(removed, what).toEqual(isValue ? lost : removed.map((yes, i) => yes && lost[i]));
    }
  }
});

test("every edit of a field has a row", () => {
  expect(editsOf()).toEqual([]);
});

test("the table in docs/flavours.md has the outcomes that are asserted here", () => {
  const describeOutcome = (outcome: Outcome = "no JSON") => (Array.isArray(outcome) ? outcome[0] : outcome);
  const rows = cases.map(
    ([what, , ...outcomes]) =>
      `| ${[what, ...flavourNames.map((_, i) => describeOutcome(outcomes[i]))].join(" | ")} |`,
  );
  const [, table = ""] =
    /^\|[^\n]*`ts-proto`[^\n]*\n\|[ |-]*\n((?:\|.*\n)+)/m.exec(readFileSync("docs/flavours.md", "utf8")) ??
    [];
  expect(table.trimEnd().split("\n")).toEqual(rows);
});
