import type { Message } from "@bufbuild/protobuf";
import fc from "fast-check";

/** How many messages of each type a property is checked with. */
export interface Effort {
  runs: number;
  /** Repeats the messages of another run; without a seed, each run checks different messages. */
  seed?: number;
}

/**
 * Checks a property of any message, and first of given messages.
 *
 * @throws Error with the message that fails, as small as possible, and its seed.
 */
export function forAll(
  any: fc.Arbitrary<Message>,
  { runs, seed }: Effort,
  check: (message: Message) => void,
  given: Message[] = [],
): void {
  fc.assert(fc.property(any, check), {
    numRuns: given.length + runs,
    examples: given.map((message): [Message] => [message]),
    seed,
    includeErrorInReport: true,
  });
}
