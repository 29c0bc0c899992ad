import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { buf, buildImage } from "../../scripts/lib/contract/buf.ts";
import { diffContracts } from "../../scripts/lib/diff/index.ts";
import { here, Repository } from "../support/repository.ts";
import { imageSnapshot, printEntry } from "./entries.ts";

const folder = join(import.meta.dirname, "every-rule");

/** Builds the contract in a folder of `every-rule`. */
async function build(side: "before" | "after") {
  const repository = Repository.empty();
  const path = join(folder, side);
  const files = listFiles(path).map((name) => [`proto/${name}`, readFileSync(join(path, name), "utf8")]);
  repository.write({ "buf.yaml": "version: v2\nmodules:\n  - path: proto\n", ...Object.fromEntries(files) });
  const image = join(repository.root, "image.binpb");
  await buildImage(repository.checkout(), image);
  return imageSnapshot(image);
}

// Findings are attributed by rule, place and the words of buf's sentences. A new version of buf that has other rules or
// words fails here: update every-rule.txt (`npx vitest run test/diff/every-rule -u`) once each entry is right again.
test("buf has the sentences that the diff understands, and each finding belongs to a change", async () => {
  const { entries } = await diffContracts(here, await build("before"), await build("after"));
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
