import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buf } from "../../scripts/lib/buf.js";
import {
  type ContractDiff,
  diffContracts,
  type Entry,
  loadSides,
  summary,
} from "../../scripts/lib/diff/index.js";
import { withoutSourceInfo } from "../../scripts/lib/package.js";
import type { Files } from "./contract-edits.js";
import { diffOfMutations } from "./diff-of-mutations.js";
import type { Mutation } from "./mutations.js";
import { editAtRandom, everyEdit } from "./random-edits.js";
import { readContract, Scratch } from "./scratch.js";

/** A temporary folder that is there until the tests of a file have run. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agynio-api-diff-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Compiles files into an image. */
export async function buildFiles(files: Files, image: string): Promise<string> {
  const scratch = Scratch.empty();
  try {
    scratch.writeAll(files);
    const { code, stderr } = await buf(["build", "-o", image], { cwd: scratch.folder });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return image;
  } finally {
    scratch.remove();
  }
}

/** The difference of two images. */
export const diffImages = (before: string, after: string): Promise<ContractDiff> =>
  diffContracts({ label: "before", image: before }, { label: "after", image: after });

/** An entry in a few words. */
export const words = ({ weight, kind, action, element, property, contents }: Entry) =>
  [
    weight,
    kind,
    action,
    element,
    ...(property ? [property] : []),
    ...(contents?.messages ? [`with ${contents.messages.length} messages`] : []),
  ].join(" ");

/** What an entry is when the two contracts change places, but for its weight. */
export function reversed(
  { kind, action, property, element, from, to }: Entry,
  _index: number,
  all: Entry[],
): string {
  const renamed = all.find((one) => one.action === "renamed" && one.element === element);
  const name = renamed ? `${element.slice(0, element.lastIndexOf(".") + 1)}${renamed.from}` : element;
  const other =
    action === "added"
      ? "removed"
      : action === "removed"
        ? "added"
        : action === "deprecated" || property === "deprecated"
          ? "(un)deprecated"
          : action;
  return `${kind} ${other} ${name} ${action === "deprecated" ? "deprecated: true → false" : `${property}: ${to} → ${from}`}`;
}

/** What an entry is, in the words of `reversed`. */
export function forward({ kind, action, property, element, from, to }: Entry): string {
  const isDeprecation = action === "deprecated" || property === "deprecated";
  return `${kind} ${isDeprecation ? "(un)deprecated" : action} ${element} ${action === "deprecated" ? "deprecated: false → true" : `${property}: ${from} → ${to}`}`;
}

/** The difference of two images of which neither has source info, as `npm run diff` makes it. */
async function diffBareImages(before: string, after: string, folder: string): Promise<ContractDiff> {
  const bare = [before, after].map((path) => {
    writeFileSync(`${path}.bare.binpb`, withoutSourceInfo(readFileSync(path)));
    return `${path}.bare.binpb`;
  });
  const sides = await loadSides(bare, folder);
  return diffContracts(sides.before, sides.after);
}

/**
 * One test for each mutation: the diff has exactly the entries that it should, each with its weight, and the
 * summary; where buf finds breaks, each is in it; the reverse swaps what was added and removed; and of images
 * without source info it is the same but for the comments.
 */
export function testDiff(mutations: Mutation[]): void {
  const folder = temporaryFolder();
  const base = join(folder, "base.binpb");
  beforeAll(() => buildFiles(readContract(), base));

  test.concurrent.each(mutations)("$kind: $name", async (mutation) => {
    const files = readContract();
    mutation.edit(files);
    const image = await buildFiles(files, join(folder, `${mutation.name.replace(/\W/g, "-")}.binpb`));
    const diff = await diffImages(base, image);
    const expected = diffOfMutations[mutation.name] ?? withoutComments(readContract(), files, diff);
    expect(diff.entries.map(words).sort()).toEqual(expected.entries.toSorted());
    expect(summary(diff)).toBe(expected.summary);

    const found = new Map(
      diff.entries.flatMap(({ breaks = [] }) => breaks.map((one) => [one.message, one.rule])),
    );
    const breaks = mutation.kind === "breaking" ? mutation.breaks.map(({ rule }) => rule) : [];
    expect([...found.values()].sort()).toEqual(breaks.toSorted());

    const back = await diffImages(image, base);
    expect(back.entries.map(forward).sort()).toEqual(diff.entries.map(reversed).sort());

    const bare = await diffBareImages(base, image, folder);
    const structural = diff.entries.filter(({ kind }) => kind !== "comment");
    expect(bare.entries.map(words).sort()).toEqual(structural.map(words).sort());
  });
}

/**
 * Edits the contract, with each edit wherever it applies and then at random, and checks that the diff has just these edits, in either direction, and a
 * weight that follows from buf's verdict.
 */
export function testRandomEdits(numRuns: number): void {
  const folder = temporaryFolder();
  const contract = readFileSync("published.binpb");
  let runs = 0;

  test(
    "finds all edits and nothing else",
    async () => {
      const choice = fc.record({ target: fc.nat(), edit: fc.nat() });
      await fc.assert(
        fc.asyncProperty(fc.array(choice, { minLength: 1, maxLength: 30 }), async (choices) => {
          const set = fromBinary(FileDescriptorSetSchema, contract);
          const expected = editAtRandom(set, choices);
          const image = join(folder, `${runs++}.binpb`);
          writeFileSync(image, toBinary(FileDescriptorSetSchema, set));
          const [diff, back] = await Promise.all([
            diffImages("published.binpb", image),
            diffImages(image, "published.binpb"),
          ]);
          const found = diff.entries.map((entry) => words(entry).slice(entry.weight.length + 1));
          expect(found.sort()).toEqual(expected.sort());
          expect(back.entries.map(forward).sort()).toEqual(diff.entries.map(reversed).sort());
        }),
        { numRuns: everyEdit.length + numRuns, examples: everyEdit.map((choices) => [choices]) },
      );
    },
    secondsForEachRun * 1000 * (everyEdit.length + numRuns),
  );
}

/** Far more than a run takes on a slow machine that does other work beside it: only a hang takes as long. */
const secondsForEachRun = 5;

/** For "delete every comment": one entry for each comment that stands right before or behind a declaration. */
function withoutComments(before: Files, after: Files, { entries }: ContractDiff) {
  const [path] = [...before.keys()].filter((name) => before.get(name) !== after.get(name));
  const comments = (before.get(path ?? "") ?? "").match(/(^ *\/\/.*\n)+(?=.*\S)/gm) ?? [];
  expect(comments.length).toBeGreaterThan(10);
  expect(new Set(entries.map(({ element }) => element)).size).toBe(comments.length);
  return {
    summary: `patch: ${comments.length} comments`,
    entries: entries.map(({ element }) => `documentation comment removed ${element}`),
  };
}
