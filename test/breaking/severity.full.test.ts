import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { clone, createFileRegistry, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { addLocations, readDescriptorSet } from "../../scripts/lib/contract/image.ts";
import { createLab, expectTrueSeverities } from "./compare-severities.ts";
import { type Choice, editContract, edits, isValid } from "./contract-edits.ts";
import { findHarm } from "./severity-oracle.ts";

test("the gate has the violations of buf and the severities of real bytes and JSON, for any edit", async () => {
  const repository = createLab();
  const [base, image] = ["base.binpb", "edited.binpb"].map((name) => join(repository.root, name)) as [
    string,
    string,
  ];
  await buildImage(repository.checkout(), base);
  const set = readDescriptorSet(base);
  const before = createFileRegistry(set);
  expect(isValid(set)).toBe(true);
  expect(findHarm(before, before)).toEqual([]);

  const editSet = (choices: Choice[]) => {
    const edited = clone(FileDescriptorSetSchema, set);
    return { edited, names: editContract(edited, choices) };
  };
  const anyEdit = (edit: fc.Arbitrary<number>) =>
    fc.record({ edit, target: fc.nat(), picks: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }) });
  // Each edit alone, and then several of one declaration, most often.
  const each = edits.map((_, index) => fc.array(anyEdit(fc.constant(index)), { minLength: 1, maxLength: 1 }));
  const several = fc
    .tuple(
      fc.nat(),
      fc.array(fc.tuple(anyEdit(fc.nat()), fc.nat({ max: 3 })), { minLength: 1, maxLength: 4 }),
    )
    .map(([target, list]) => list.map(([edit, n]) => (n > 0 ? { ...edit, target } : edit)));
  const arbitrary = fc
    .oneof(...each.map((edit) => ({ arbitrary: edit, weight: 1 })), {
      arbitrary: several,
      weight: each.length,
    })
    .filter((choices) => {
      const { edited } = editSet(choices);
      return isValid(edited) && !isSame(edited);
    });
  const original = Buffer.from(toBinary(FileDescriptorSetSchema, set));
  const isSame = (edited: typeof set) =>
    Buffer.compare(original, toBinary(FileDescriptorSetSchema, edited)) === 0;

  const made = new Set<string>();
  const severities = new Set<string>();
  await fc.assert(
    fc.asyncProperty(arbitrary, async (choices) => {
      const { edited, names } = editSet(choices);
      addLocations(edited);
      writeFileSync(image, toBinary(FileDescriptorSetSchema, edited));
      const after = createFileRegistry(edited);
      try {
        const { harms } = await expectTrueSeverities(repository, [base, image], [before, after]);
        for (const { severity } of harms) {
          severities.add(severity);
        }
      } catch (cause) {
        throw new Error(`${names.join("; ")}: ${(cause as Error).message}`, { cause });
      }
      for (const name of names) {
        made.add(name);
      }
    }),
    { numRuns: 300, includeErrorInReport: true },
  );
  // Otherwise edits that apply nowhere would not be noticed.
  expect(made.size).toBeGreaterThan(edits.length * 0.8);
  expect(severities).toEqual(new Set(["wire", "json"]));
});
