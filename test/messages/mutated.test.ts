import { expect, test } from "vitest";
import { checkDecoder } from "./mutated.ts";
import { testMutatedMessages } from "./mutated-tests.ts";

const effort = { runs: 8, seed: 20_261_123 };

testMutatedMessages(effort);

test("a decoder that throws something else than an Error is reported", () => {
  const decode = () => {
    throw "text";
  };
  expect(() => checkDecoder(decode, effort)).toThrow(/Counterexample: .*threw text, which is not an Error/s);
});

test.each([
  ["array buffers", () => new Uint8Array(2 ** 26)],
  ["objects", () => new Array(2 ** 22).fill(0.5)],
])("a decoder that allocates %s is reported", (_, decode) => {
  expect(() => checkDecoder(decode, effort)).toThrow(/Counterexample: .*allocated \d+ bytes/s);
});
