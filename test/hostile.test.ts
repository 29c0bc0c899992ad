import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeHostile } from "./support/hostile.js";
import { testHostileBytes } from "./support/hostile-tests.js";

testHostileBytes(2, 20_261_123, 20_000);

describe("a decoder that misbehaves is found out", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "agynio-api-decoder-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Lets a decoder loose that does one thing, when it is given the first input that claims to be long. */
  function decodeWith(misdeed: string) {
    const module = join(folder, "decoder.mjs");
    writeFileSync(
      module,
      `let left = 4;
       const kept = [];
       export default (typeName, bytes) => {
         if (--left === 0) { ${misdeed} }
       };`,
    );
    return decodeHostile({ decoder: { module }, perFamily: 1, seed: 1 }, 3_000);
  }

  test("when it hangs", async () => {
    await expect(decodeWith("for (;;);")).rejects.toThrow(/hangs on agynio\.api\..*, .*: [0-9a-f]*$/);
  });

  test("when it kills its process", async () => {
    const misdeed = `process.kill(process.pid, "SIGKILL"); for (;;);`;
    await expect(decodeWith(misdeed)).rejects.toThrow(/ended its process \(SIGKILL\) on agynio\.api\./);
  });

  test("when it ends its process as if all were well", async () => {
    await expect(decodeWith("process.exit(0);")).rejects.toThrow(/ended its process \(0\) on agynio\.api\./);
  });

  test("when it throws what is no Error", async () => {
    const { wrong } = await decodeWith(`throw "a string";`);
    expect(wrong).toEqual([expect.stringMatching(/^threw a string, which is no Error: agynio\.api\./)]);
  });

  test.each(["new Uint8Array(2 ** 28)", "new Array(2 ** 22).fill(0.5)"])(
    "when it allocates %s",
    async (memory) => {
      const { wrong } = await decodeWith(`kept.push(${memory});`);
      expect(wrong).toEqual([
        expect.stringMatching(/^took \d+ bytes of memory: .*, claimed length: [0-9a-f]+$/),
      ]);
    },
  );
});
