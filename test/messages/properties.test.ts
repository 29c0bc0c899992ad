// The tests of all messages find a loss only if one of the messages shows it. These tests check that the messages show
// every kind of loss, and that a failure is reported.
import { isDeepStrictEqual } from "node:util";
import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { messages } from "../support/contract.ts";
import { expectSame } from "../support/expect-same.ts";
import { extremeMessages } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { type Edits, edit } from "../support/known-losses.ts";
import { unusedNumbers } from "../support/unused.ts";
import { arbitraryMessage } from "./arbitrary.ts";
import { forAll } from "./properties.ts";

const losses: Record<string, Edits> = {
  "a byte order mark": { text: (text) => text.replace("\uFEFF", "") },
  "the key __proto__": { key: (key) => (key === "__proto__" ? "proto" : key) },
  "an empty key": { key: (key) => key || "empty" },
  "the sign of 0": { number: (value) => value + 0 },
  NaN: { number: (value) => (Number.isNaN(value) ? 0 : value) },
  infinity: { number: (value) => (Math.abs(value) === Number.POSITIVE_INFINITY ? 0 : value) },
  "the low bits of 64": { bigint: (value) => BigInt(Number(value)) },
  "the highest bit of 64": { bigint: (value) => BigInt.asIntN(64, value) },
  "text beyond U+FFFF": { text: (text) => text.replace(/[\u{10000}-\u{10FFFF}]/gu, "?") },
  "NUL in text": { text: (text) => text.replaceAll("\0", "") },
  "the end of large bytes": { bytes: (bytes) => bytes.slice(0, 16_384) },
};

test.each(Object.entries(losses))("the extremes show the loss of %s", (_, edits) => {
  const loses = (message: Message) =>
    // Both are edited, because that removes prototypes.
    !isDeepStrictEqual(edit(message, edits), edit(message, {}));
  expect(messages.some((desc) => [...extremeMessages(desc)].some(loses))).toBe(true);
});

test("messages of every type have unknown fields, if a number is free", () => {
  for (const desc of messages.filter((message) => unusedNumbers(message, 1).length > 0)) {
    const any = fc.sample(arbitraryMessage(desc, { unknownFields: true }), 20);
    expect(
      any.some(({ $unknown }) => $unknown),
      desc.typeName,
    ).toBe(true);
  }
});

test("a failure shows the smallest message, with its type and the seed", () => {
  const desc = messages.find(({ typeName }) => typeName.endsWith("runners.v1.Workload")) as DescMessage;
  const expectNoRunnerId = (message: Message) => {
    const copy = fromBinary(desc, toBinary(desc, message));
    expectSame({ ...copy, runnerId: "" }, { ...message });
  };
  const report =
    /seed: -?\d+,.*Counterexample: \[\{"\$typeName":"agynio.api.runners.v1.Workload".*"runnerId":"[^"]+"/s;
  expect(() => forAll(arbitraryMessage(desc), 100, expectNoRunnerId)).toThrow(report);
  expect(() => forAll(arbitraryMessage(desc), 0, expectNoRunnerId, [...extremeMessages(desc)])).toThrow(
    report,
  );
});
