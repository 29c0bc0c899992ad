import { expect, test } from "vitest";
import { expectedReport, mutations, testMutations } from "./check-mutations.ts";

// Each severity, and each kind of element; mutations.full.test.ts has all.
testMutations(
  [
    "code/delete-a-file",
    "code/make-a-field-optional",
    "json/change-a-fields-json_name",
    "json/rename-an-enum-value",
    "nothing/add-an-alias-of-an-enum-value",
    "nothing/add-an-rpc",
    "nothing/reorder-fields",
    "wire/let-an-rpcs-server-no-longer-stream",
  ],
  (mutation, report) => expect(report).toBe(expectedReport(mutation)),
);

test("there are enough mutations", () => {
  const harmless = mutations.filter((mutation) => mutation.startsWith("nothing/")).length;
  expect(harmless).toBeGreaterThanOrEqual(20);
  expect(mutations.length - harmless).toBeGreaterThanOrEqual(40);
});
