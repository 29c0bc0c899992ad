import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { DescMessage, Message } from "@bufbuild/protobuf";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { arbitraryMessage } from "./arbitrary.js";
import { extremeMessages } from "./extremes.js";
import { type Codec, json } from "./flavours.js";
import { type Encoded, GoImplementation } from "./go-implementation.js";
import { withoutMinusZero } from "./known-losses.js";
import { type Effort, expectSame, forAll, forEach } from "./properties.js";

/** A way of messages through Go, at whose end they are what they were. */
interface Way {
  name: string;
  /** The messages of a type that can go this way. */
  messages(desc: DescMessage): fc.Arbitrary<Message>;
  extremes(desc: DescMessage): Message[];
  send(messages: Encoded<Message>[]): Promise<unknown[]>;
}

/**
 * Declares the tests of the Go implementation inside buf against gen/es.
 *
 * @param descs Every message of the contract.
 * @param es The codec of gen/es for a message; not called before the tests run.
 */
export function testGoImplementation(
  descs: DescMessage[],
  es: (desc: DescMessage) => Codec,
  effort: Effort,
): void {
  const folder = mkdtempSync(join(tmpdir(), "agynio-api-go-"));
  const go = new GoImplementation(folder, descs);
  afterAll(() => rmSync(folder, { recursive: true }));

  const map = <T, U>(messages: Encoded<T>[], convert: (codec: Codec, content: T) => U): Encoded<U>[] =>
    messages.map(({ desc, content }) => ({ desc, content: convert(es(desc), content) }));
  const toBytes = (messages: Encoded<Message>[]) => map(messages, ({ encode }, message) => encode(message));
  const toJson = (messages: Encoded<Message>[]) =>
    map(messages, (codec, message) => json(codec).print(message));
  const fromBytes = (messages: Encoded<Message>[], bytes: Uint8Array[]) =>
    messages.map(({ desc }, i) => es(desc).decode(bytes[i] as Uint8Array));
  const fromJson = (messages: Encoded<Message>[], texts: string[]) =>
    messages.map(({ desc }, i) => json(es(desc)).parse(texts[i] as string));

  const ways: Way[] = [
    {
      name: "reads our bytes and writes them again",
      messages: (desc) => arbitraryMessage(desc, { unknownFields: true }),
      extremes: (desc) => [...extremeMessages(desc)],
      send: async (messages) => fromBytes(messages, await go.passThrough(toBytes(messages))),
    },
    {
      name: "reads our bytes and prints JSON that we read",
      messages: (desc) => arbitraryMessage(desc).map(withoutMinusZero),
      extremes: (desc) => [...extremeMessages(desc)].map(withoutMinusZero),
      send: async (messages) => fromJson(messages, await go.print(toBytes(messages))),
    },
    {
      name: "reads our JSON and writes bytes that we read",
      messages: (desc) => arbitraryMessage(desc).map(withoutMinusZero),
      extremes: (desc) => [...extremeMessages(desc)].map(withoutMinusZero),
      send: async (messages) => fromBytes(messages, await go.parse(toJson(messages))),
    },
  ];

  describe("the Go implementation in buf", () => {
    test.each(ways)("$name, for every message", async ({ messages, extremes, send }) => {
      const { runs, seed = Math.floor(Math.random() * 2 ** 31) } = effort;
      const sent = descs.flatMap((desc) =>
        [...extremes(desc), ...fc.sample(messages(desc), { numRuns: runs, seed })].map((content) => ({
          desc,
          content,
        })),
      );
      const culprit = await firstNotReturned(send, sent);
      if (culprit) {
        const { desc, content } = culprit;
        const check = async (message: Message) =>
          expectSame((await send([{ desc, content: message }]))[0], message);
        await forEach(desc, extremes(desc), check);
        // The same messages once more, so that the smallest like the culprit is found.
        await forAll(desc, messages(desc), { runs, seed }, check);
        await forEach(desc, [content], check);
        expect.fail(`${desc.typeName} fails only among others.`);
      }
    });
  });
}

/** The first message that does not come back as it was; when all are refused together, the first to blame. */
async function firstNotReturned(
  send: Way["send"],
  sent: Encoded<Message>[],
): Promise<Encoded<Message> | undefined> {
  const returned = async (messages: Encoded<Message>[]) => {
    const received = await send(messages).catch(() => undefined);
    return received && messages.findIndex(({ content }, i) => !isDeepStrictEqual(received[i], content));
  };
  const first = await returned(sent);
  if (first !== undefined) {
    return sent[first];
  }
  // All messages before `low` are taken together; those before `high` are not.
  let [low, high] = [0, sent.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((await returned(sent.slice(0, middle))) === undefined) {
      high = middle;
    } else {
      low = middle;
    }
  }
  return sent[low];
}
