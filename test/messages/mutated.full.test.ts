import { expect, test } from "vitest";
import { decodeMutated, testMutatedMessages } from "./mutated-tests.ts";

testMutatedMessages({ runs: 100 });

test("a decoder that hangs is killed and reported", async () => {
  // Sleeps forever, which takes no processor time from other tests.
  const module =
    "data:text/javascript,export default () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";
  await expect(decodeMutated({ module }, { runs: 1 }, 15_000)).rejects.toThrow(
    /^The decoder of module, [a-z].*: [0-9a-f]* hung$/,
  );
});

test("a decoder that exits is reported", async () => {
  const module = "data:text/javascript,export default () => process.exit(0)";
  await expect(decodeMutated({ module }, { runs: 1 }, 240_000)).rejects.toThrow(/: [0-9a-f]* exited$/);
});
