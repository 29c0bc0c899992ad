import { expect, test } from "vitest";
import { markPure } from "../../scripts/lib/package/pure.ts";

test("a marked enum has the same values, and bundlers may drop it", async () => {
  const compiled = `/** Has an é. */
export var Status;
(function (Status_1) {
    Status_1[Status_1["OFF"] = 0] = "OFF";
    Status_1[Status_1["Status"] = 1] = "Status";
})(Status || (Status = {}));
export const after = () => Status.Status;
`;
  const load = async (code: string) => import(`data:text/javascript,${encodeURIComponent(code)}`);
  const { Status, after } = await load(markPure(compiled));
  expect(Status).toEqual((await load(compiled)).Status);
  expect([Status.Status, Status[1], after()]).toEqual([1, "Status", 1]);
  expect(markPure(compiled)).toContain(
    "/** Has an é. */\nexport const Status = /* @__PURE__ */ ((Status_1) => {",
  );
});

test.each([
  ["export const a = f(1);", "export const a = /* @__PURE__ */ f(1);"],
  ["export const a = { b: { c: d.e } };", "export const a = /* @__PURE__ */ (() => ({ b: { c: d.e } }))();"],
  ["export const a = { b: c, d() { return e.f(); } };", "export const a = { b: c, d() { return e.f(); } };"],
  ['"use strict";', '"use strict";'],
])("marks %s as %s", (compiled, marked) => {
  expect(markPure(compiled)).toBe(marked);
});

test("rejects a statement that is not part of an export", () => {
  expect(() => markPure("export const a = 1;\na.b = 2;\n")).toThrow("a.b = 2;");
});
