import { describe } from "vitest";
import { testDiff, testRandomEdits } from "../support/diff.js";
import { mutations } from "../support/mutations.js";

describe("one change at a time", () => testDiff(mutations));

describe("random edits", () => testRandomEdits(200));
