// What the runtimes of the flavours do with bytes that gen/es does not write, where they differ from each
// other or from the protobuf specification. README's table of flavours says the same: when a newer runtime
// turns a line here red, change both.
import type { DescMessage } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Flavour, type FlavourName, json } from "./support/flavours.js";
import { InstalledFlavours } from "./support/installed-flavours.js";
import { contractMessages } from "./support/messages.js";
import { endlessPath } from "./support/recursion.js";
import { concat, delimited, nested, nothing, repeat, tag, varint } from "./support/wire.js";

const descs = contractMessages();
const message = (typeName: string) => descs.find((desc) => desc.typeName === typeName) as DescMessage;
const number = (desc: DescMessage, field: string) =>
  desc.fields.find(({ name }) => name === field)?.number as number;

const text = (value: string) => Buffer.from(value);

/** A message with text, and google.protobuf.Struct. */
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

/** Holds a message. */
const subscribed = message("agynio.api.notifications.v1.SubscribeResponse");
const envelope = (content: Uint8Array) => delimited(number(subscribed, "envelope"), content);

/** Holds itself. */
const anyValue = message("opentelemetry.proto.common.v1.AnyValue");
const levels = (depth: number) => nested(endlessPath(anyValue), depth - 1);

/** What decoding and encoding again makes of an input. */
type Outcome = Uint8Array | "same" | "refused";

/** One input, and what becomes of it: in gen/es, gen/connect-v1 and gen/ts-proto. */
type Case = [
  what: string,
  desc: DescMessage,
  input: Uint8Array,
  es: Outcome,
  connectV1: Outcome,
  tsProto: Outcome,
];

const losses: Case[] = [
  [
    "a byte order mark at the start of text",
    publish,
    event(text("\uFEFFx")),
    "same",
    event(text("x")),
    "same",
  ],
  ["the key __proto__ of a map", volume, property("__proto__"), "same", nothing, "same"],
  [
    "the key __proto__ of a Struct",
    publish,
    payload(entry("__proto__", stringValue("x"))),
    "same",
    payload(),
    payload(),
  ],
  [
    "a Value of a Struct that holds nothing",
    publish,
    payload(entry("key", nothing)),
    payload(entry("key", nullValue(0))),
    "same",
    payload(),
  ],
  [
    "a Value of a list that holds nothing",
    publish,
    payload(entry("key", listValue(nothing))),
    payload(entry("key", listValue(nullValue(0)))),
    "same",
    "same",
  ],
  [
    "an unknown NullValue",
    publish,
    payload(entry("key", nullValue(7))),
    payload(entry("key", nullValue(0))),
    "same",
    payload(entry("key", nullValue(0))),
  ],
  [
    "an unknown field in a Value",
    publish,
    payload(entry("key", concat(stringValue("x"), unknown))),
    payload(entry("key", stringValue("x"))),
    "same",
    payload(entry("key", stringValue("x"))),
  ],
  ["an unknown group", publish, group(1), "same", "same", "same"],
  [
    "a message field that occurs twice, and is to be merged",
    subscribed,
    concat(envelope(delimited(1, text("id"))), envelope(delimited(3, text("source")))),
    envelope(concat(delimited(1, text("id")), delimited(3, text("source")))),
    envelope(concat(delimited(1, text("id")), delimited(3, text("source")))),
    envelope(delimited(3, text("source"))),
  ],
];

const invalid: Case[] = [
  [
    "text that is not UTF-8",
    publish,
    event(Uint8Array.of(0xff)),
    "refused",
    event(text("\uFFFD")),
    event(text("\uFFFD")),
  ],
  [
    "a known field of another wire type",
    publish,
    concat(tag(number(publish, "event"), WireType.Varint), varint(5)),
    "refused",
    "refused",
    "same",
  ],
  ["field number 0", publish, concat(Uint8Array.of(0), event(text("x"))), "refused", "refused", nothing],
  [
    "the end of a group that has not begun",
    publish,
    concat(event(text("x")), tag(1000, WireType.EndGroup), event(text("y"))),
    "refused",
    "refused",
    event(text("x")),
  ],
  [
    "the end of another group",
    publish,
    concat(tag(1000, WireType.StartGroup), tag(1001, WireType.EndGroup)),
    "refused",
    "refused",
    "same",
  ],
  ["wire type 6", publish, Uint8Array.of(0x0e, 0), "refused", "refused", "refused"],
  [
    "a length of 4 GiB",
    publish,
    concat(Uint8Array.of(0x0a), varint(2 ** 32 - 1)),
    "refused",
    "refused",
    "refused",
  ],
  ["100 levels of messages", anyValue, levels(100), "same", "same", "same"],
  ["101 levels of messages", anyValue, levels(101), "refused", "same", "refused"],
  ["100,000 levels of messages", anyValue, levels(100_000), "refused", "refused", "refused"],
  ["99 levels of groups", publish, group(99), "same", "same", "same"],
  ["101 levels of groups", publish, group(101), "refused", "same", "refused"],
  ["100,000 levels of groups", publish, group(100_000), "refused", "refused", "refused"],
];

let installed: InstalledFlavours;
let flavours: Record<FlavourName, Flavour>;
beforeAll(async () => {
  installed = await InstalledFlavours.install();
  flavours = await installed.load(descs);
});
afterAll(() => installed?.remove());

describe.each([
  ["valid", losses],
  ["invalid", invalid],
])("bytes that are %s", (_, cases) => {
  test.each(cases)("%s", (_, desc, input, es, connectV1, tsProto) => {
    const outcome = (name: FlavourName): Outcome => {
      const { decode, encode } = flavours[name].codec(desc);
      let decoded: unknown;
      try {
        decoded = decode(input);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        return "refused";
      }
      const bytes = Uint8Array.from(encode(decoded));
      return Buffer.compare(bytes, input) === 0 ? "same" : bytes;
    };
    expect({ es: outcome("es"), connectV1: outcome("connect-v1"), tsProto: outcome("ts-proto") }).toEqual({
      es,
      connectV1,
      tsProto,
    });
  });
});

test.each(["es", "connect-v1"] as const)("JSON of %s has no -0, as JSON.stringify() prints 0", (name) => {
  const codec = flavours[name].codec(anyValue);
  const minusZero = concat(
    tag(number(anyValue, "double_value"), WireType.Bit64),
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x80),
  );
  expect(json(codec).print(codec.decode(minusZero))).toBe('{"doubleValue":0}');
});
