import { type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";

/** How many messages of each type a property is checked with. */
export interface Effort {
  runs: number;
  /** Repeats the messages of another run; without a seed, each run checks different messages. */
  seed?: number;
}

/**
 * Checks a property of any message of one type.
 *
 * @throws Error with the type's name, the seed, and the smallest message that fails.
 */
export function forAll(
  desc: DescMessage,
  messages: fc.Arbitrary<Message>,
  { runs, seed }: Effort,
  check: (message: Message) => void,
): void {
  const result = fc.check(fc.property(messages, check), { numRuns: runs, seed });
  if (result.failed) {
    const smallest = result.counterexample?.[0];
    throw new Error(
      `${desc.typeName}: ${fc.defaultReportMessage(result)}${smallest && bytesOf(desc, smallest)}`,
      { cause: result.errorInstance },
    );
  }
}

/**
 * Checks a property of given messages of one type.
 *
 * @throws Error with the type's name and the first message that fails.
 */
export function forEach(
  desc: DescMessage,
  messages: Iterable<Message>,
  check: (message: Message) => void,
): void {
  for (const message of messages) {
    try {
      check(message);
    } catch (cause) {
      throw new Error(`${desc.typeName}: ${fc.stringify(message)}${bytesOf(desc, message)}`, { cause });
    }
  }
}

const bytesOf = (desc: DescMessage, message: Message) =>
  `\nIts bytes: ${Buffer.from(toBinary(desc, message)).toString("hex")}`;
