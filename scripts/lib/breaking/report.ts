import type { Annotation } from "../cli/github.ts";
import type { Comparison, LocatedFinding } from "./compare.ts";
import type { Finding } from "./findings.ts";
import type { Severity } from "./severity.ts";
import { isOwnRule, type Violation } from "./violations.ts";

const severities: Record<Severity, string> = {
  wire: "breaks bytes on the wire",
  json: "breaks JSON",
  code: "breaks generated code only",
};

/** A finding; `dependency` is the module that has its file, if that is not the contract's own. */
type ExplainedFinding = Finding & { dependency?: string };

/** Returns a sentence on what a finding breaks. */
export function describeEffect({ severity, endsCalls, dependency }: ExplainedFinding): string {
  const effect =
    severity === "code" && endsCalls
      ? "breaks generated code, and deployed clients that call an RPC of it"
      : severities[severity];
  const where = dependency ? `, in a file of ${dependency}, which is not this contract's own` : "";
  return `It ${effect}${where}.`;
}

/** Returns what a finding breaks, and what to do instead, unless buf.yaml permits it. */
export function explainFinding(finding: ExplainedFinding, isExcepted = false): string {
  const { advice, dependency } = finding;
  const instead = dependency ? `keep the version of ${dependency} that does not have this change` : advice;
  return `${describeEffect(finding)} ${isExcepted ? "It is excepted by buf.yaml" : `Instead: ${instead}`}.`;
}

/** Returns one line that states what was compared, how many of its files are changed, and how many breaks are excepted. */
export function describeComparison({ base, files, changed, excepted }: Comparison): string {
  if (base.kind === "none") {
    return `no earlier contract to compare with: ${base.label}`;
  }
  const breaks = excepted.length === 1 ? "1 break" : `${excepted.length} breaks`;
  return [
    ...(excepted.length > 0 ? [`${breaks}, excepted by buf.yaml`] : []),
    `compared with ${base.label}, ${files} ${files === 1 ? "file" : "files"}, ${changed || "none"} of them changed`,
  ].join("; ");
}

/** Returns the findings for people, each with its place and advice, and what was compared. */
export function formatComparison(comparison: Comparison): string {
  const { findings } = comparison;
  const paragraphs = findings.map((finding) => formatFinding(finding));
  const count = findings.length === 1 ? "1 breaking change" : `${findings.length || "no"} breaking changes`;
  const last = `${count}; ${describeComparison(comparison)}`;
  return `${[...paragraphs, ...formatExceptions(comparison), last].join("\n")}\n`;
}

/** Returns a paragraph for each break that buf.yaml permits, and for each exception that permits none. */
export const formatExceptions = ({ excepted, unused }: Comparison): string[] => [
  ...excepted.map((finding) => formatFinding(finding, true)),
  ...unused.map((exception) => `${describeUnused(exception)}\n`),
];

const describeUnused = (exception: string) =>
  `buf.yaml: the exception "${exception}" in \`breaking\` permits no change. Remove it.`;

function formatFinding(finding: LocatedFinding, isExcepted = false): string {
  const { file, line, column, message } = finding;
  const lines = [...message.split("\n"), explainFinding(finding, isExcepted)].map((text) => `  ${text}\n`);
  return `${file ?? "buf.yaml"}:${line}:${column} ${listRules(finding.violations)}\n${lines.join("")}`;
}

/** Returns the IDs of the rules of violations. */
export const listRules = (violations: Violation[]) =>
  [
    ...new Set(violations.map(({ rule }) => (isOwnRule(rule) ? `${rule} (our own rule, not buf's)` : rule))),
  ].join(", ");

/**
 * Returns the findings for programs:
 *
 *     {
 *       "base": {"kind": "revision" | "published" | "none", "label": string, "commit": string | null},
 *       "files": number of files in the base's contract,
 *       "changed": number of these that are changed or deleted,
 *       "breaking": boolean,
 *       "findings": [{
 *         "element": full name in the earlier contract, "severity": "wire" | "json" | "code",
 *         "file": string | null, "line", "column", "endLine", "endColumn": from 1,
 *         "message": what happened, "advice": what to do instead,
 *         "endsCalls": whether deployed clients call an RPC that is not there any more,
 *         "dependency": name of the module that has the file, or null if it is the contract's own,
 *         "violations": [{"rule": ID, "own": whether it is our own rule instead of buf's, "message"}]
 *       }],
 *       "excepted": findings that buf.yaml permits,
 *       "unusedExceptions": exceptions of buf.yaml that permit nothing
 *     }
 */
export function formatComparisonJson(comparison: Comparison): string {
  const { base, files, changed, findings, excepted, unused } = comparison;
  const { kind, label } = base;
  const commit = base.kind === "revision" ? base.commit : null;
  const report = {
    base: { kind, label, commit },
    ...{ files, changed },
    breaking: findings.length > 0,
    findings: findings.map(toJson),
    excepted: excepted.map(toJson),
    unusedExceptions: unused,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

const toJson = ({ file, dependency, ...finding }: LocatedFinding) => ({
  ...findingToJson(finding),
  file: file ?? null,
  dependency: dependency ?? null,
});

/** Returns a finding for programs. Its `file` is an import path. */
export const findingToJson = ({ path, violations, ...finding }: Finding) => ({
  ...finding,
  file: path ?? null,
  violations: violations.map(({ rule, message }) => ({ rule, own: isOwnRule(rule), message })),
});

/** Returns the findings as annotations of the changed lines, and exceptions as notices. */
export const toAnnotations = (comparison: Comparison): Annotation[] => [
  ...comparison.findings.map((finding) => annotate(finding, false)),
  ...toNotices(comparison),
];

/** Returns the breaks that buf.yaml permits, and the exceptions that permit none, as notices. */
export const toNotices = ({ excepted, unused }: Comparison): Annotation[] =>
  [
    ...excepted.map((finding) => annotate(finding, true)),
    ...unused.map((exception) => ({ file: "buf.yaml", message: describeUnused(exception) })),
  ].map((annotation) => ({ ...annotation, level: "notice" as const }));

function annotate(finding: LocatedFinding, isExcepted: boolean): Annotation {
  const { file, line, endLine, column, endColumn, message } = finding;
  // GitHub accepts columns only for a range within one line.
  const columns = line === endLine ? { col: column, endColumn } : {};
  return {
    ...{ file, line, endLine, ...columns },
    title: listRules(finding.violations),
    message: `${message}\n${explainFinding(finding, isExcepted)}`,
  };
}
