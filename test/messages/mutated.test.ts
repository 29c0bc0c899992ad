import { expect, test } from "vitest";
import { checkDecoder, type Decode, testMutatedMessages } from "./mutated.ts";

testMutatedMessages(8);

const harmful: Record<string, [Decode, RegExp, timeout?: number]> = {
  "does not end": [
    () => {
      for (;;) {}
    },
    /Last input: [a-z].*: [0-9a-f]*\n.*timed out after 500ms/,
    500,
  ],
  "throws something else than an Error": [
    () => {
      throw "text";
    },
    /Counterexample: .*expected 'text' to be an instance of Error/s,
  ],
  "allocates array buffers": [() => new Uint8Array(2 ** 26), /Counterexample: .*allocated bytes/s],
  "allocates objects": [() => new Array(2 ** 22).fill(0.5), /Counterexample: .*allocated bytes/s],
};

test.each(Object.entries(harmful))("a decoder that %s is reported", (_, [decode, message, timeout]) => {
  expect(() => checkDecoder(decode, 1, timeout)).toThrow(message);
});
