// How the runtimes of the flavours treat input that protobuf-es 2 does not write, or that a runtime loses. A test here
// compares these cases with the rows of the table in docs/flavours.md: when a newer runtime fails a test, change both.
import { readFileSync } from "node:fs";
import { WireType } from "@bufbuild/protobuf/wire";
import { beforeAll, expect, test } from "vitest";
import { type FlavourName, flavourNames } from "../support/flavours.ts";
import { type Codecs, generateShapes } from "./generated.ts";
import { concat, delimited, nested, nothing, repeat, tag, varint } from "./wire.ts";

const bytes = (value: string) => new Uint8Array(Buffer.from(value));
const text = (value: string) => delimited(1, bytes(value));
const entry = (key: string, value: Uint8Array) => concat(text(key), delimited(2, value));
const minusZero = (number: number) =>
  concat(tag(number, WireType.Bit64), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80));

// Fields of shapes.proto.
const color = (value: number) => concat(tag(2, WireType.Varint), varint(value));
const self = (content: Uint8Array) => delimited(9, content);
const textNamed = (key: string) => delimited(10, entry(key, bytes("x")));
const struct = (key: string, value: Uint8Array) => delimited(15, delimited(1, entry(key, value)));

// Fields of google.protobuf.Value.
const nullValue = (value: number) => concat(tag(1, WireType.Varint), varint(value));
const stringValue = (value: string) => delimited(3, bytes(value));
const listValue = (...values: Uint8Array[]) =>
  delimited(6, concat(...values.map((value) => delimited(1, value))));

const unknown = delimited(1000, bytes("unknown"));
const group = (levels: number) =>
  concat(repeat(levels, tag(1000, WireType.StartGroup)), repeat(levels, tag(1000, WireType.EndGroup)));
const levels = (depth: number) => nested([9], depth - 1);

/** Bytes, or JSON. */
type Input = Uint8Array | string;

/** How decoding and encoding changes an input. Another output has a description, as in docs/flavours.md. */
type Outcome = "kept" | "refused" | [description: string, output: Input];

/** An input, and its outcome in each flavour; ts-proto has no JSON. */
type Case = [what: string, input: Input, es: Outcome, connectV1: Outcome, tsProto?: Outcome];

const cases: Case[] = [
  ["unknown fields", unknown, "kept", "kept", "kept"],
  ["unknown groups", group(1), "kept", "kept", "kept"],
  ["unknown enum values", color(1000), "kept", "kept", "kept"],
  ["a byte order mark at the start of text", text("\uFEFFx"), "kept", ["dropped", text("x")], "kept"],
  ["the key `__proto__` of a map", textNamed("__proto__"), "kept", ["dropped", nothing], "kept"],
  [
    "the key `__proto__` of a `Struct`",
    struct("__proto__", stringValue("x")),
    "kept",
    ["dropped", delimited(15, nothing)],
    ["dropped", delimited(15, nothing)],
  ],
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
    "an unknown value of the enum `NullValue` in a `Struct`",
    struct("key", nullValue(7)),
    ["becomes 0", struct("key", nullValue(0))],
    "kept",
    ["becomes 0", struct("key", nullValue(0))],
  ],
  [
    "unknown fields in a `Struct`",
    struct("key", concat(stringValue("x"), unknown)),
    ["dropped", struct("key", stringValue("x"))],
    "kept",
    ["dropped", struct("key", stringValue("x"))],
  ],
  [
    "unknown fields in a `Value`",
    delimited(16, concat(stringValue("x"), unknown)),
    "kept",
    "kept",
    ["dropped", delimited(16, stringValue("x"))],
  ],
  [
    "unknown fields in a `ListValue`",
    delimited(21, unknown),
    "kept",
    "kept",
    ["dropped", delimited(21, nothing)],
  ],
  [
    "unknown fields in a `FieldMask`",
    delimited(22, unknown),
    "kept",
    "kept",
    ["dropped", delimited(22, nothing)],
  ],
  [
    "unknown fields in a wrapper such as `DoubleValue`",
    delimited(13, unknown),
    ["dropped", delimited(13, nothing)],
    ["dropped", delimited(13, nothing)],
    ["dropped", delimited(13, nothing)],
  ],
  [
    "unknown fields in a wrapper in a list",
    delimited(14, unknown),
    "kept",
    "kept",
    ["dropped", delimited(14, nothing)],
  ],
  [
    "unknown fields in an entry of a map",
    delimited(10, concat(entry("key", bytes("x")), unknown)),
    ["dropped", textNamed("key")],
    "refused",
    ["dropped", textNamed("key")],
  ],
  [
    "an entry without its value in a map of messages",
    delimited(12, text("key")),
    ["gets an empty message", delimited(12, entry("key", nothing))],
    ["gets an empty message", delimited(12, entry("key", nothing))],
    ["dropped", nothing],
  ],
  [
    "a single message field that occurs twice",
    concat(self(text("x")), self(color(1))),
    ["merged", self(concat(text("x"), color(1)))],
    ["merged", self(concat(text("x"), color(1)))],
    ["the last wins", self(color(1))],
  ],
  [
    "a message of a oneof that occurs twice",
    concat(delimited(8, text("x")), delimited(8, color(1))),
    ["merged", delimited(8, concat(text("x"), color(1)))],
    ["merged", delimited(8, concat(text("x"), color(1)))],
    ["the last wins", delimited(8, color(1))],
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
  [
    "-0 in JSON",
    '{"optionalReal":-0}',
    ["becomes 0", '{"optionalReal":0}'],
    ["becomes 0", '{"optionalReal":0}'],
  ],
  ["null in a list of `Value` in JSON", '{"values":[null]}', "kept", "refused"],
  ["null in a map of `Value` in JSON", '{"valuesByName":{"key":null}}', "kept", "refused"],
  ["null in a list of `NullValue` in JSON", '{"nulls":[null]}', "kept", "refused"],
  ["null in a map of `NullValue` in JSON", '{"nullsByName":{"key":null}}', "kept", "refused"],
  ["`edition` of an `Api` or a `Method` in JSON", '{"method":{"edition":"2023"}}', "kept", "refused"],

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

let codecs: Codecs;
beforeAll(async () => {
  codecs = await generateShapes();
});

/** Decodes and encodes an input with a flavour. */
function outcomeOf(flavour: FlavourName, input: Input): Outcome | Input {
  const { decode, encode, json } = codecs[flavour];
  try {
    if (typeof input === "string") {
      const output = `${json?.print(json.parse(input))}`;
      return output === input ? "kept" : output;
    }
    const output = Uint8Array.from(encode(decode(input)));
    return Buffer.compare(output, input) === 0 ? "kept" : output;
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return "refused";
  }
}

test.each(cases)("%s", (_, input, ...outcomes) => {
  const flavours = flavourNames.slice(0, outcomes.length);
  expect(flavours.map((name) => outcomeOf(name, input))).toEqual(
    outcomes.map((outcome) => (Array.isArray(outcome) ? outcome[1] : outcome)),
  );
});

test("the table in docs/flavours.md has the outcomes that are asserted here", () => {
  const describeOutcome = (outcome: Outcome | "no JSON" = "no JSON") =>
    Array.isArray(outcome) ? outcome[0] : outcome;
  const rows = cases.map(
    ([what, , ...outcomes]) =>
      `| ${[what, ...flavourNames.map((_, i) => describeOutcome(outcomes[i]))].join(" | ")} |`,
  );
  const [, table = ""] =
    /^\|[^\n]*`ts-proto`[^\n]*\n\|[ |-]*\n((?:\|.*\n)+)/m.exec(readFileSync("docs/flavours.md", "utf8")) ??
    [];
  expect(table.trimEnd().split("\n")).toEqual(rows);
});
