import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { compareWithBase, type LocatedFinding } from "../../scripts/lib/breaking/compare.ts";
import type { Violation } from "../../scripts/lib/breaking/violations.ts";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { withoutSourceInfo } from "../../scripts/lib/contract/image.ts";
import { loadPair } from "../../scripts/lib/contract/snapshot.ts";
import { diffContracts, type Entry, summarizeDiff } from "../../scripts/lib/diff/index.ts";
import { Repository } from "../support/repository.ts";
import { smallContract } from "../support/small-contract.ts";
import { imageSnapshot, mirrorEntry, printEntry, printStructure } from "./entries.ts";

const folder = join(import.meta.dirname, "mutations");

/**
 * The names of all mutations: patches of the small contract, in a folder named after what they break at most. To add
 * one, write the files of small-contract.txtar to a git repository, edit them, and save the output of `git diff`.
 */
export const mutations = listFiles(folder).map((path) => path.replace(/\.patch$/, ""));

/** What the gate and the diff report on all mutations; the full tests update it. */
export const reportsFile = join(import.meta.dirname, "mutations.txt");

/** Returns the report on a mutation, or undefined if mutations.txt has none. */
export const expectedReport = (mutation: string) =>
  readFileSync(reportsFile, "utf8")
    .split(/^(?=## )/m)
    .find((report) => report.startsWith(`## ${mutation}\n`));

/**
 * Adds a test for each mutation, which checks all that does not depend on the mutation: the severity, that the diff has
 * the gate's findings, its mirror, and that it needs source info only for comments.
 *
 * @param check Checks the report on the gate's findings and the diff's entries.
 */
export function testMutations(names: string[], check: (mutation: string, report: string) => void): void {
  const original = Repository.empty();
  const base = join(original.root, "image.binpb");
  beforeAll(async () => {
    original.write(Object.fromEntries(smallContract));
    await buildImage(original.checkout(), base);
    removeSourceInfo(base);
  });

  test.concurrent.each(names)("%s", async (mutation) => {
    const repository = Repository.empty();
    repository.write(Object.fromEntries(smallContract));
    await repository.git("apply", join(folder, `${mutation}.patch`));
    const checkout = repository.checkout();
    const image = join(repository.root, "image.binpb");
    await buildImage(checkout, image);
    const [before, after] = [imageSnapshot(base), imageSnapshot(image)];

    const { findings } = await compareWithBase(checkout, image, before);
    const severities = ["wire", "json", "code"].filter((name) =>
      findings.some(({ severity }) => severity === name),
    );
    expect(severities[0] ?? "nothing").toBe(dirname(mutation));

    const diff = await diffContracts(checkout, before, after);
    const lines = [
      ...findings.map((finding) => printFinding(finding, repository)),
      ...diff.entries.map(printEntry),
    ];
    check(mutation, `## ${mutation}\n${[summarizeDiff(diff), ...lines.sort()].join("\n")}\n\n`);

    // One change can have several findings, and one finding can be about several changes.
    expect(findingsOf(diff.entries)).toEqual(
      unique(findings.flatMap(({ violations }) => violations.map(printViolation))),
    );
    const { entries: back } = await diffContracts(checkout, after, before);
    expect(back.map(printStructure).sort()).toEqual(diff.entries.map(mirrorEntry).sort());

    removeSourceInfo(image);
    const bareImages = [base, image].map(bareImageOf);
    const pair = await loadPair(checkout, repository.root, bareImages);
    const { entries: bare } = await diffContracts(checkout, ...pair);
    const structure = diff.entries.filter(({ kind }) => kind !== "comment");
    expect(bare.map(printEntry).sort()).toEqual(structure.map(printEntry).sort());
  });
}

const bareImageOf = (image: string) => image.replace("image", "bare");
const removeSourceInfo = (image: string) =>
  writeFileSync(bareImageOf(image), withoutSourceInfo(readFileSync(image)));

/** Returns a finding with the text of the line that it points at. */
function printFinding(
  { severity, violations, file = "", line }: LocatedFinding,
  { root }: Repository,
): string {
  const path = join(root, file);
  const text = existsSync(path) ? readFileSync(path, "utf8").split("\n")[line - 1]?.trim() : "(no such file)";
  const rules = [...new Set(violations.map(({ rule }) => rule))].join(", ");
  return `${severity} ${rules} ${file}: ${text}`;
}

const findingsOf = (entries: Entry[]) =>
  unique(
    entries.flatMap(({ findings = [] }) =>
      findings.flatMap(({ violations }) => violations.map(printViolation)),
    ),
  );

const printViolation = ({ rule, message }: Pick<Violation, "rule" | "message">) => `${rule} ${message}`;

const unique = (texts: string[]) => [...new Set(texts)].sort();
