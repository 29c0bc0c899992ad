import { join } from "node:path";
import { expect, test } from "vitest";
import { diffContracts, type Entry } from "../../scripts/lib/diff/index.ts";
import { here } from "../support/repository.ts";
import { mirrorEntry, printEntry, printStructure } from "./entries.ts";
import { buildSides } from "./sides.ts";

const folder = join(import.meta.dirname, "elements");

/** Returns an entry in one line, with its type, and what else it says of its element. */
function printDetails(entry: Entry): string {
  const { type, oneof, extendee, reusedBy, contents } = entry;
  const { counts, members } = contents ?? {};
  const details = JSON.stringify({ type, oneof, extendee, reusedBy, members, counts });
  return [printEntry(entry), ...(details === "{}" ? [] : [details])].join(" ");
}

// To update the file: npx vitest run test/diff/elements -u
test("renames, moves, numbers, labels and features are each said once, in both directions", async () => {
  const [before, after] = await buildSides(folder);
  const { entries } = await diffContracts(here, before, after);
  const text = entries.map(printDetails).sort().join("\n");
  await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, "elements.txt"));

  const { entries: back } = await diffContracts(here, after, before);
  expect(back.map(printStructure).sort()).toEqual(entries.map(mirrorEntry).sort());
});
