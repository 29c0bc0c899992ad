import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";

/** Fails unless two decoded messages are the same: -0 is not 0, NaN is NaN, the order of a map is ignored. */
export function expectSame(actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    // Slower than the comparison above, and prints the difference.
    expect(actual).toStrictEqual(expected);
    expect.fail("The messages differ.");
  }
}
