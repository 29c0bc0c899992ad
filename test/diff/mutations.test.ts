import { expect, test } from "vitest";
import { expectedReport, testMutations } from "./check-mutations.ts";
import { mutations } from "./mutations.ts";

// Every fifteenth, so that each kind of element is among them; mutations.full.test.ts has all.
testMutations(
  mutations.filter((_, index) => index % 15 === 0),
  (mutation, report) => expect(report).toBe(expectedReport(mutation)),
);

test("mutations have unique names, and there are enough of them", () => {
  const harmless = mutations.filter(({ breaks }) => breaks === "nothing").length;
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  expect(harmless).toBeGreaterThanOrEqual(20);
  expect(mutations.length - harmless).toBeGreaterThanOrEqual(40);
});
