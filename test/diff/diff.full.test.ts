import { join } from "node:path";
import { expect, test } from "vitest";
import { generateContract } from "../../bench/lib/large-contract.ts";
import type { Checkout } from "../../scripts/lib/cli/process.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { diffContracts } from "../../scripts/lib/diff/index.ts";
import { Repository } from "../support/repository.ts";
import { testRandomEdits } from "./check-random-edits.ts";
import { imageSnapshot } from "./entries.ts";

testRandomEdits(200);

test("two contracts of 8,000 lines with every field renamed are compared in less than four times the time to build both", async () => {
  const [before, after] = Object.values(generateContract(8_000, "many")).map((files) => {
    const repository = Repository.empty();
    repository.write(files);
    return { checkout: repository.checkout(), image: join(repository.root, "image.binpb") };
  }) as [Built, Built];
  const times = { build: Number.POSITIVE_INFINITY, diff: Number.POSITIVE_INFINITY };
  // The best of a few, as other work on the machine only adds to it.
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    await buildImage(before.checkout, before.image);
    await buildImage(after.checkout, after.image);
    const built = performance.now();
    const { entries } = await diffContracts(
      before.checkout,
      imageSnapshot(before.image),
      imageSnapshot(after.image),
    );
    times.build = Math.min(times.build, built - start);
    times.diff = Math.min(times.diff, performance.now() - built);
    expect(entries.length).toBe(40 * 9 * 7);
  }
  console.log(`diff ${times.diff.toFixed(0)} ms, build of both ${times.build.toFixed(0)} ms`);
  expect(times.diff / times.build).toBeLessThan(4);
});

interface Built {
  checkout: Checkout;
  image: string;
}
