import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { readDescriptorSet } from "../../scripts/lib/contract/image.ts";
import { diffContracts } from "../../scripts/lib/diff/index.ts";
import fc from "../support/fast-check.ts";
import { Repository } from "../support/repository.ts";
import { smallContract } from "../support/small-contract.ts";
import { imageSnapshot, mirrorEntry, printEntry, printStructure } from "./entries.ts";
import { editAtRandom, everyEdit } from "./random-edits.ts";

/** What only proto2 has. */
const extensions = `syntax = "proto2";
package acme.legacy.v1;
message Box {
  required string id = 1;
  extensions 100 to 999;
}
extend Box {
  optional string color = 100;
  optional int32 weight = 101;
}
`;

/** Adds a test that makes every edit, and then random ones. */
export const testRandomEdits = (numRuns: number) =>
  test("the diff has all random edits and nothing else, in both directions", async () => {
    const repository = Repository.empty();
    repository.write({
      ...Object.fromEntries(smallContract),
      "proto/acme/legacy/v1/legacy.proto": extensions,
    });
    const checkout = repository.checkout();
    const base = join(repository.root, "base.binpb");
    await buildImage(checkout, base);
    const image = join(repository.root, "edited.binpb");
    const [before, after] = [imageSnapshot(base), imageSnapshot(image)];

    // Otherwise an edit that applies nowhere would not be noticed.
    const edited = everyEdit.flatMap((choices) => editAtRandom(readDescriptorSet(base), choices));
    expect(new Set(edited.map((entry) => entry.replace(/ \S+\.\S+/, ""))).size).toBe(33);

    const choice = fc.record({ target: fc.nat(), edit: fc.nat() });
    await fc.assert(
      fc.asyncProperty(fc.array(choice, { minLength: 1, maxLength: 15 }), async (choices) => {
        const set = readDescriptorSet(base);
        const expected = editAtRandom(set, choices);
        writeFileSync(image, toBinary(FileDescriptorSetSchema, set));
        const { entries } = await diffContracts(checkout, before, after);
        const { entries: back } = await diffContracts(checkout, after, before);
        expect(
          entries.map(({ from, to, ...entry }) => printEntry(entry).replace(/^\S+ /, "")).sort(),
        ).toEqual(expected.sort());
        expect(back.map(printStructure).sort()).toEqual(entries.map(mirrorEntry).sort());
      }),
      { numRuns: everyEdit.length + numRuns, examples: everyEdit.map((choices) => [choices]) },
    );
  });
