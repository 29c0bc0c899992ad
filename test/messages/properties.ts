import type { Message } from "@bufbuild/protobuf";
import fc from "../support/fast-check.ts";

/**
 * Checks a property of any message, and first of given messages.
 *
 * @param runs How many messages to check, in addition to the given ones.
 * @throws Error with the message that fails, as small as possible, and its seed.
 */
export function forAll(
  any: fc.Arbitrary<Message>,
  runs: number,
  check: (message: Message) => void,
  given: Message[] = [],
): void {
  fc.assert(fc.property(any, check), {
    numRuns: given.length + runs,
    examples: given.map((message): [Message] => [message]),
  });
}
