import { join } from "node:path";
import { expect, test } from "vitest";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { diffContracts } from "../../scripts/lib/diff/index.ts";
import { here } from "../support/repository.ts";
import { printEntry } from "./entries.ts";
import { buildSides } from "./sides.ts";

const folder = join(import.meta.dirname, "every-rule");

// Findings are attributed by rule, place and the words of buf's sentences. A new version of buf that has other rules or
// words fails here: update every-rule.txt (`npx vitest run test/diff/every-rule -u`) once each entry is right again.
test("buf has the sentences that the diff understands, and each finding belongs to a change", async () => {
  const { entries } = await diffContracts(here, ...(await buildSides(folder)));
  const broken = entries.filter(({ findings }) => findings);
  const violations = broken.flatMap(({ findings = [] }) => findings.flatMap((finding) => finding.violations));

  const { stdout } = await buf(here, ["config", "ls-breaking-rules", "--version", "v2", "--format", "json"]);
  const rules = stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const expected = rules.filter(({ categories }) => categories.includes("FILE")).map(({ id }) => id);
  const found = [...new Set(violations.map(({ rule }) => rule))];
  expect(found.filter((rule) => !rule.startsWith("AGYN_")).sort()).toEqual(expected.sort());

  const sentences = violations.map(({ rule, message }) => `${rule} ${message}`);
  const lines = broken.map((entry) => {
    const rulesOf = (entry.findings ?? []).flatMap((finding) => finding.violations.map(({ rule }) => rule));
    return `${printEntry(entry)}: ${[...new Set(rulesOf)].join(", ")}`;
  });
  const text = [...new Set(sentences)].sort().concat("", lines.sort()).join("\n");
  await expect(`${text}\n`).toMatchFileSnapshot(join(import.meta.dirname, "every-rule.txt"));
});
