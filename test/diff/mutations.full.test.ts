import { expect, test } from "vitest";
import { reportsFile, testMutations } from "./check-mutations.ts";
import { mutations } from "./mutations.ts";

const reports = new Map<string, string>();
testMutations(mutations, ({ name }, report) => reports.set(name, report));

// To update the file: npx vitest run --project full test/diff/mutations -u
test("the reports on all mutations are as expected", async () => {
  const all = mutations.map(({ name }) => reports.get(name)).join("");
  await expect(all).toMatchFileSnapshot(reportsFile);
});
