import { describe, expect, test } from "vitest";
import { diffImages, testDiff, testRandomEdits } from "./support/diff.js";
import { diffOfMutations } from "./support/diff-of-mutations.js";
import { mutations } from "./support/mutations.js";

// Every seventh, so that each kind of element is among them: test/full has all.
describe("one change at a time", () => testDiff(mutations.filter((_, index) => index % 7 === 0)));

test("there is an expectation for each mutation but one, whose is derived, and for nothing else", () => {
  const names = mutations.map(({ name }) => name).filter((name) => name !== "delete every comment");
  expect(Object.keys(diffOfMutations).sort()).toEqual(names.sort());
});

test("a contract does not differ from itself", async () => {
  expect((await diffImages("published.binpb", "published.binpb")).entries).toEqual([]);
});

describe("random edits", () => testRandomEdits(5));
