import { expect, test } from "vitest";
import { mutations, reportsFile, testMutations } from "./check-mutations.ts";

const reports = new Map<string, string>();
testMutations(mutations, (mutation, report) => reports.set(mutation, report));

// To update the file: npx vitest run --project full test/diff/mutations -u
test("the reports on all mutations are as expected", async () => {
  const all = mutations.map((mutation) => reports.get(mutation)).join("");
  await expect(all).toMatchFileSnapshot(reportsFile);
});
