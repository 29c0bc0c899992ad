import { findingToJson } from "../breaking/report.ts";
import type { ContractDiff } from "./model.ts";
import { summarizeDiff } from "./summary.ts";
import { describeSnapshot } from "./words.ts";

/** The version of schema.json, which states when it changes. */
const schemaVersion = 2;

/** Returns all changes for programs, in the format of schema.json. */
export function formatJson(diff: ContractDiff): string {
  const report = {
    schemaVersion,
    before: describeSnapshot(diff.before),
    after: describeSnapshot(diff.after),
    bump: diff.bump ?? null,
    summary: summarizeDiff(diff),
    entries: diff.entries.map((entry) => ({ ...entry, findings: entry.findings?.map(findingToJson) })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
