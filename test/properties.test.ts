// The tests of every message are as good as the messages that they try: each loss here, which a flavour may
// have one day, has to be found by them, and reported so that it can be mended.
import { isDeepStrictEqual } from "node:util";
import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arbitraryMessage } from "./support/arbitrary.js";
import { extremeMessages } from "./support/extremes.js";
import { type Edits, edit } from "./support/known-losses.js";
import { contractMessages } from "./support/messages.js";
import { expectSame, forAll, forEach } from "./support/properties.js";

const descs = contractMessages();
const seed = 20_261_123;

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

test.each(Object.entries(losses))("a flavour that lost %s would be found out", (_, edits) => {
  const changed = (desc: DescMessage) =>
    [...extremeMessages(desc)].some(
      // Both edited, as that takes their prototypes.
      (message) => !isDeepStrictEqual(edit(message, edits), edit(message, {})),
    );
  expect(descs.some(changed)).toBe(true);
});

test("messages of every type come with unknown fields", () => {
  for (const desc of descs) {
    const messages = fc.sample(arbitraryMessage(desc, { unknownFields: true }), { numRuns: 20, seed });
    expect(
      messages.filter(({ $unknown }) => $unknown),
      desc.typeName,
    ).not.toEqual([]);
  }
});

describe("a message that does not come back is shown", () => {
  const desc = descs.find(({ typeName }) => typeName.endsWith("runners.v1.Workload")) as DescMessage;
  const lossy = (message: Message) => {
    const copy = fromBinary(desc, toBinary(desc, message)) as Message & { runnerId: string };
    expectSame({ ...copy, runnerId: "" }, { ...message });
  };

  test("the smallest, with its type, its bytes and the seed", async () => {
    const failure = forAll(desc, arbitraryMessage(desc), { runs: 100, seed }, lossy);
    await expect(failure).rejects.toThrow(
      /^agynio\.api\.runners\.v1\.Workload: .*seed: 20261123.*Counterexample: .*"runnerId":".*Its bytes: [0-9a-f]{6,40}$/su,
    );
  });

  test("of those given, the first", async () => {
    await expect(forEach(desc, extremeMessages(desc), lossy)).rejects.toThrow(
      /^agynio\.api\.runners\.v1\.Workload: .*"runnerId".*\nIts bytes: [0-9a-f]+$/u,
    );
  });
});
