// How the runtimes of the flavours treat bytes that protobuf-es 2 does not write, where they differ from each other
// or from the protobuf specification. A test here compares these cases with the rows of the table in docs/flavours.md:
// when a newer runtime fails a test, change both.
import { readFileSync } from "node:fs";
import type { DescMessage } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { contract } from "../support/contract.ts";
import { type FlavourName, type Flavours, loadFlavours } from "../support/flavours.ts";
import { concat, delimited, nested, nothing, repeat, tag, varint } from "./wire.ts";

const message = (typeName: string) => contract.getMessage(typeName) as DescMessage;
const number = (desc: DescMessage, field: string) =>
  desc.fields.find(({ name }) => name === field)?.number as number;

const text = (value: string) => Buffer.from(value);

/** Has text, and a google.protobuf.Struct. */
const publish = message("agynio.api.notifications.v1.PublishRequest");
const event = (content: Uint8Array) => delimited(number(publish, "event"), content);
const payload = (...entries: Uint8Array[]) =>
  delimited(number(publish, "payload"), concat(...entries.map((entry) => delimited(1, entry))));
const entry = (key: string, value: Uint8Array) => concat(delimited(1, text(key)), delimited(2, value));

// Field numbers of google.protobuf.Value.
const nullValue = (value: number) => concat(tag(1, WireType.Varint), varint(value));
const stringValue = (value: string) => delimited(3, text(value));
const listValue = (...values: Uint8Array[]) =>
  delimited(6, concat(...values.map((value) => delimited(1, value))));

const unknown = delimited(1000, text("unknown"));
const group = (levels: number) =>
  concat(repeat(levels, tag(1000, WireType.StartGroup)), repeat(levels, tag(1000, WireType.EndGroup)));

/** Has a map of text. */
const volume = message("agynio.api.runner.v1.VolumeSpec");
const property = (name: string) =>
  delimited(number(volume, "additional_properties"), entry(name, text("value")));

/** Has an enum. */
const workload = message("agynio.api.runners.v1.Workload");

/** Has a message. */
const subscribed = message("agynio.api.notifications.v1.SubscribeResponse");
const envelope = (content: Uint8Array) => delimited(number(subscribed, "envelope"), content);

/** Contains itself: its array_value has values. */
const anyValue = message("opentelemetry.proto.common.v1.AnyValue");
const levels = (depth: number) => nested([number(anyValue, "array_value"), 1], depth - 1);

/** How decoding and encoding changes an input. Other bytes have a description, as in docs/flavours.md. */
type Outcome = "kept" | "refused" | [description: string, bytes: Uint8Array];

/** An input, and its outcome in each flavour. */
type Case = [
  what: string,
  desc: DescMessage,
  input: Uint8Array,
  es: Outcome,
  connectV1: Outcome,
  tsProto: Outcome,
];

const losses: Case[] = [
  ["unknown fields", publish, unknown, "kept", "kept", "kept"],
  ["unknown groups", publish, group(1), "kept", "kept", "kept"],
  [
    "unknown enum values",
    workload,
    concat(tag(number(workload, "status"), WireType.Varint), varint(1000)),
    "kept",
    "kept",
    "kept",
  ],
  [
    "a byte order mark at the start of text",
    publish,
    event(text("\uFEFFx")),
    "kept",
    ["dropped", event(text("x"))],
    "kept",
  ],
  ["the key `__proto__` of a map", volume, property("__proto__"), "kept", ["dropped", nothing], "kept"],
  [
    "the key `__proto__` of a `Struct`",
    publish,
    payload(entry("__proto__", stringValue("x"))),
    "kept",
    ["dropped", payload()],
    ["dropped", payload()],
  ],
  [
    "an empty `Value` in a `Struct`",
    publish,
    payload(entry("key", nothing)),
    ["becomes null", payload(entry("key", nullValue(0)))],
    "kept",
    ["dropped with its key", payload()],
  ],
  [
    "an empty `Value` in a list of a `Struct`",
    publish,
    payload(entry("key", listValue(nothing))),
    ["becomes null", payload(entry("key", listValue(nullValue(0))))],
    "kept",
    "kept",
  ],
  [
    "an unknown value of the enum `NullValue`",
    publish,
    payload(entry("key", nullValue(7))),
    ["becomes 0", payload(entry("key", nullValue(0)))],
    "kept",
    ["becomes 0", payload(entry("key", nullValue(0)))],
  ],
  [
    "unknown fields in a `Struct`",
    publish,
    payload(entry("key", concat(stringValue("x"), unknown))),
    ["dropped", payload(entry("key", stringValue("x")))],
    "kept",
    ["dropped", payload(entry("key", stringValue("x")))],
  ],
  [
    "a single message field that occurs twice",
    subscribed,
    concat(envelope(delimited(1, text("id"))), envelope(delimited(3, text("source")))),
    ["merged", envelope(concat(delimited(1, text("id")), delimited(3, text("source"))))],
    ["merged", envelope(concat(delimited(1, text("id")), delimited(3, text("source"))))],
    ["the last wins", envelope(delimited(3, text("source")))],
  ],
];

const invalid: Case[] = [
  [
    "text that is not UTF-8",
    publish,
    event(Uint8Array.of(0xff)),
    "refused",
    ["replaced by U+FFFD", event(text("\uFFFD"))],
    ["replaced by U+FFFD", event(text("\uFFFD"))],
  ],
  [
    "a known field with another wire type",
    publish,
    concat(tag(number(publish, "event"), WireType.Varint), varint(5)),
    "refused",
    "refused",
    "kept",
  ],
  [
    "field number 0",
    publish,
    concat(Uint8Array.of(0), event(text("x"))),
    "refused",
    "refused",
    ["stops reading", nothing],
  ],
  [
    "the end of a group without its start",
    publish,
    concat(event(text("x")), tag(1000, WireType.EndGroup), event(text("y"))),
    "refused",
    "refused",
    ["stops reading", event(text("x"))],
  ],
  [
    "the end of a group with another number than its start",
    publish,
    concat(tag(1000, WireType.StartGroup), tag(1001, WireType.EndGroup)),
    "refused",
    "refused",
    "kept",
  ],
  ["an undefined wire type", publish, Uint8Array.of(0x0e, 0), "refused", "refused", "refused"],
  [
    "a length of 4 GiB without the bytes",
    publish,
    concat(Uint8Array.of(0x0a), varint(2 ** 32 - 1)),
    "refused",
    "refused",
    "refused",
  ],
  ["100 levels of messages", anyValue, levels(100), "kept", "kept", "kept"],
  ["101 levels of messages", anyValue, levels(101), "refused", "kept", "refused"],
  ["100,000 levels of messages", anyValue, levels(100_000), "refused", "refused", "refused"],
  ["99 levels of groups", publish, group(99), "kept", "kept", "kept"],
  ["101 levels of groups", publish, group(101), "refused", "kept", "refused"],
  ["100,000 levels of groups", publish, group(100_000), "refused", "refused", "refused"],
];

let flavours: Flavours;
beforeAll(async () => {
  flavours = await loadFlavours(inject("flavours"));
});

describe.each([
  ["valid", losses],
  ["invalid", invalid],
])("bytes that are %s", (_, cases) => {
  test.each(cases)("%s", (_, desc, input, es, connectV1, tsProto) => {
    const outcome = (name: FlavourName): Uint8Array | "kept" | "refused" => {
      const { decode, encode } = flavours[name].codec(desc);
      let decoded: unknown;
      try {
        decoded = decode(input);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return "refused";
      }
      const bytes = Uint8Array.from(encode(decoded));
      return Buffer.compare(bytes, input) === 0 ? "kept" : bytes;
    };
    const expected = (outcome: Outcome) => (Array.isArray(outcome) ? outcome[1] : outcome);
    expect({ es: outcome("es"), connectV1: outcome("connect-v1"), tsProto: outcome("ts-proto") }).toEqual({
      es: expected(es),
      connectV1: expected(connectV1),
      tsProto: expected(tsProto),
    });
  });
});

test("the table in docs/flavours.md has the outcomes that are asserted here", () => {
  const describeOutcome = (outcome: Outcome) => (Array.isArray(outcome) ? outcome[0] : outcome);
  const rows = [...losses, ...invalid].map(
    ([what, , , ...outcomes]) => `| ${what} | ${outcomes.map(describeOutcome).join(" | ")} |`,
  );
  const [, table = ""] =
    /^\|[^\n]*`ts-proto`[^\n]*\n\|[ |-]*\n((?:\|.*\n)+)/m.exec(readFileSync("docs/flavours.md", "utf8")) ??
    [];
  expect(table.trimEnd().split("\n")).toEqual([...rows, "| -0 in JSON | becomes 0 | becomes 0 | no JSON |"]);
});

test.each(["es", "connect-v1"] as const)(
  "-0 becomes 0 in JSON of %s, as JSON.stringify() prints it",
  (name) => {
    const codec = flavours[name].codec(anyValue);
    const minusZero = concat(
      tag(number(anyValue, "double_value"), WireType.Bit64),
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80),
    );
    expect(codec.json?.print(codec.decode(minusZero))).toBe('{"doubleValue":0}');
  },
);
