import { beforeAll, expect, test } from "vitest";
import { cases, loadKinds } from "./kinds.ts";
import { subjects } from "./subjects.ts";
import { verdicts } from "./verdicts.ts";

let kinds: Awaited<ReturnType<typeof loadKinds>>;
beforeAll(async () => {
  kinds = await loadKinds();
});

test("every kind of field has JSON that is valid, and JSON that is refused", () => {
  const names = kinds.desc.fields.filter(({ oneof }) => !oneof).map(({ jsonName }) => jsonName);
  expect(Object.keys(verdicts)).toEqual([...names, ""]);
  expect(names.filter((name) => !verdicts[name]?.valid.length)).toEqual([]);
  const refused = names.filter((name) => verdicts[name]?.refused?.length);
  expect(names.filter((name) => !refused.includes(name))).toEqual(["twin", "value", "nothings"]);
});

test("only JSON in the canonical form is valid", () => {
  const valid = cases.filter(({ expected }) => expected === "valid" || expected === "unexpressed");
  expect(cases.filter(({ json }) => kinds.isValid(json))).toEqual(valid);
});

test("validators that ignore formats take only days that a month lacks in addition", () => {
  const more = cases.filter(({ json }) => kinds.isValidWithoutFormats(json) && !kinds.isValid(json));
  const days = ["02-29", "02-30", "04-31"];
  expect(more.map(({ json }) => json)).toEqual(days.map((day) => `{"timestamp": "2026-${day}T00:00:00Z"}`));
});

test("protobuf-es takes JSON that is valid, and more", () => {
  const read = cases.filter(({ expected }) => ["valid", "both", "es"].includes(expected));
  const certain = cases.filter(({ expected }) => expected !== "unexpressed");
  expect(certain.filter(({ json }) => kinds.isReadByEs(json))).toEqual(read);
});

test("the document states the rules that JSON Schema cannot express", async () => {
  const { document } = await subjects["the contract"]();
  const words = new Set(
    Object.values(verdicts).flatMap(({ unexpressed = {} }) => Object.values(unexpressed)),
  );
  expect(words.size).toBeGreaterThan(5);
  for (const text of words) {
    expect(document.info.description.replace(/\s+/g, " ")).toContain(text);
  }
});
