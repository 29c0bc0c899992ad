import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { allBreaks } from "../scripts/lib/breaking.js";
import { buildFiles, diffImages, temporaryFolder, testDiff, testRandomEdits } from "./support/diff.js";
import { diffOfMutations } from "./support/diff-of-mutations.js";
import { mutations } from "./support/mutations.js";
import { readContract } from "./support/scratch.js";

// Every seventh, so that each kind of element is among them: test/full has all.
describe("one change at a time", () => testDiff(mutations.filter((_, index) => index % 7 === 0)));

test("there is an expectation for each mutation but one, whose is derived, and for nothing else", () => {
  const names = mutations.map(({ name }) => name).filter((name) => name !== "delete every comment");
  expect(Object.keys(diffOfMutations).sort()).toEqual(names.sort());
});

const folder = temporaryFolder();

// What has been published holds for ever, whatever published.binpb and buf.yaml say.
test.each(["1.0.0", "1.1.0"])("the contract breaks nothing of %s", async (version) => {
  const image = await buildFiles(readContract(), join(folder, `${version}.binpb`));
  expect(await allBreaks(image, `test/fixtures/contract-${version}.binpb`)).toEqual([]);
});

test("a contract does not differ from itself", async () => {
  expect((await diffImages("published.binpb", "published.binpb")).entries).toEqual([]);
});

describe("random edits", () => testRandomEdits(5));
