import { isDeepStrictEqual } from "node:util";
import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect } from "vitest";

/** How hard a property is tried. */
export interface Effort {
  /** Messages of each type. */
  runs: number;
  /** Makes a run repeat another; without it, each run tries other messages. */
  seed?: number;
}

/**
 * Checks a property of messages of one type, and throws when it does not hold: with the type's name, the
 * seed, and the smallest message found.
 */
export async function forAll(
  desc: DescMessage,
  messages: fc.Arbitrary<Message>,
  { runs, seed }: Effort,
  check: (message: Message) => Promise<void> | void,
): Promise<void> {
  const result = await fc.check(
    fc.asyncProperty(messages, async (message) => check(message)),
    { numRuns: runs, seed },
  );
  if (result.failed) {
    const smallest = result.counterexample?.[0];
    throw new Error(
      `${desc.typeName}: ${fc.defaultReportMessage(result)}${smallest && bytesOf(desc, smallest)}`,
      { cause: result.errorInstance },
    );
  }
}

/** The same for given messages, of which the first that fails is shown. */
export async function forEach(
  desc: DescMessage,
  messages: Iterable<Message>,
  check: (message: Message) => Promise<void> | void,
): Promise<void> {
  for (const message of messages) {
    try {
      await check(message);
    } catch (cause) {
      throw new Error(`${desc.typeName}: ${fc.stringify(message)}${bytesOf(desc, message)}`, { cause });
    }
  }
}

const bytesOf = (desc: DescMessage, message: Message) =>
  `\nIts bytes: ${Buffer.from(toBinary(desc, message)).toString("hex")}`;

/** Fails unless two decoded messages are the same: -0 is not 0, NaN is NaN, a map has no order. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    // Slower than the comparison above, and prints what differs.
    expect(actual).toStrictEqual(expected);
    expect.fail("The messages differ.");
  }
}
