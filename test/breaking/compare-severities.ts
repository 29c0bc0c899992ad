import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import type { FileRegistry } from "@bufbuild/protobuf";
import { expect } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { type BufFinding, buf, parseFindings } from "../../scripts/lib/contract/buf.ts";
import { imageSnapshot } from "../diff/entries.ts";
import { Repository } from "../support/repository.ts";
import { smallContract } from "../support/small-contract.ts";
import { findHarm, type Harm } from "./severity-oracle.ts";

/** Makes a repository with the small contract, and with files that have what it lacks. */
export function createLab(): Repository {
  const repository = Repository.empty();
  const folder = join(import.meta.dirname, "severity-contract");
  const files = listFiles(folder).map((path) => [
    `proto/acme/lab/${path}`,
    readFileSync(join(folder, path), "utf8"),
  ]);
  repository.write({ ...Object.fromEntries(smallContract), ...Object.fromEntries(files) });
  return repository;
}

type Severity = "wire" | "json" | "code";
const worstOf = (severities: Severity[]) =>
  (["wire", "json", "code"] as const).find((severity) => severities.includes(severity)) ?? "none";

/** Returns the worst harm of bytes or JSON of each message, enum or other element that holds elements. */
function worstByHolder(found: { element: string; severity: Severity }[], before: FileRegistry) {
  const holderOf = (element: string) => {
    const kind = before.get(element)?.kind;
    return kind === "message" || kind === "enum" ? element : element.replace(/\.[^.]*$/, "");
  };
  const holders = found
    .filter(({ severity }) => severity !== "code")
    .map(({ element, severity }) => ({ holder: holderOf(element), severity }));
  const worst = (name: string) =>
    worstOf(holders.filter(({ holder }) => holder === name).map(({ severity }) => severity));
  return Object.fromEntries(holders.map(({ holder }) => [holder, worst(holder)]));
}

/**
 * Checks that the gate has the violations that buf has, and the severities that the oracle has: the worst of all, and
 * the worst of each message and enum.
 *
 * @returns what the oracle finds, and the files in which buf finds something.
 */
export async function expectTrueSeverities(
  repository: Repository,
  [base, image]: [base: string, image: string],
  [before, after]: [FileRegistry, FileRegistry],
): Promise<{ harms: Harm[]; files: Set<string | undefined> }> {
  const checkout = repository.checkout();
  const options = ["--exclude-imports", "--error-format", "json"];
  const config = ["--config", "version: v2\nbreaking: { use: [FILE] }"];
  const [result, { findings }] = await Promise.all([
    buf(checkout, ["breaking", image, "--against", base, ...options, ...config]),
    compareWithBase(checkout, image, imageSnapshot(base)),
  ]);
  expect([0, 100], result.stderr).toContain(result.code);
  const bufFindings = parseFindings(result.stdout);
  const print = ({ rule, path, line, message }: BufFinding) => `${rule} ${path}:${line} ${message}`;
  const violations = findings
    .flatMap((finding) => finding.violations)
    .filter(({ rule }) => !rule.startsWith("AGYN_"));
  expect(violations.map(print).sort()).toEqual(bufFindings.map(print).sort());

  const harms = findHarm(before, after);
  const broken = bufFindings.map((): Severity => "code");
  expect(
    { all: worstOf(findings.map(({ severity }) => severity)), ...worstByHolder(findings, before) },
    inspect(harms.map(({ witness, ...harm }) => harm)),
  ).toEqual({
    all: worstOf([...harms.map(({ severity }) => severity), ...broken]),
    ...worstByHolder(harms, before),
  });
  return { harms, files: new Set(bufFindings.map(({ path }) => path)) };
}
