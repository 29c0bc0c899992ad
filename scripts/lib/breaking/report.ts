import type { Annotation } from "../cli/github.ts";
import type { Comparison, Finding, Severity } from "./compare.ts";

const severities: Record<Severity, string> = {
  wire: "breaks bytes on the wire",
  json: "breaks JSON",
  code: "breaks generated code only",
};

/** Rules about a removed service or RPC: no message changes, but deployed clients that call it get UNIMPLEMENTED. */
const endsCalls = /^(FILE|PACKAGE|RPC|(PACKAGE_)?SERVICE)_NO_DELETE$|^FILE_SAME_PACKAGE$/;

function explain({ severity, rule, advice }: Finding): string {
  const effect =
    severity === "code" && endsCalls.test(rule)
      ? "breaks generated code, and deployed clients that call an RPC of it"
      : severities[severity];
  return `It ${effect}. Instead: ${advice}.`;
}

/** Returns one line that states what was compared, and how many of its files are changed. */
export function describeComparison({ base, files, changed }: Comparison): string {
  return base.kind === "none"
    ? `no earlier contract to compare with: ${base.label}`
    : `compared with ${base.label}, ${files} files, ${changed || "none"} of them changed`;
}

/** Returns the findings for people, each with its place and advice, and what was compared. */
export function formatComparison(comparison: Comparison): string {
  const { findings } = comparison;
  const paragraphs = findings.map(
    (finding) => `${finding.file ?? "buf.yaml"}:${finding.line}:${finding.column} ${finding.rule}
  ${finding.message}
  ${explain(finding)}
`,
  );
  const count = findings.length === 1 ? "1 breaking change" : `${findings.length || "no"} breaking changes`;
  return `${[...paragraphs, `${count}; ${describeComparison(comparison)}`].join("\n")}\n`;
}

/**
 * Returns the findings for programs:
 *
 *     {
 *       "base": {"kind": "revision" | "published" | "none", "label": string, "commit": string | null},
 *       "files": number of files in the base's contract,
 *       "changed": number of these that are changed or deleted,
 *       "breaking": boolean,
 *       "findings": [{
 *         "rule": ID of buf's rule, "severity": "wire" | "json" | "code",
 *         "file": string | null, "line", "column", "endLine", "endColumn": from 1,
 *         "message": what happened, "advice": what to do instead
 *       }]
 *     }
 */
export function formatComparisonJson({ base, files, changed, findings }: Comparison): string {
  const { kind, label } = base;
  const commit = base.kind === "revision" ? base.commit : null;
  const report = {
    base: { kind, label, commit },
    files,
    changed,
    breaking: findings.length > 0,
    findings: findings.map(
      ({ rule, severity, file = null, line, column, endLine, endColumn, message, advice }) => ({
        ...{ rule, severity, file, line, column, endLine, endColumn, message, advice },
      }),
    ),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Returns the findings as annotations of the changed lines. */
export function toAnnotations({ findings }: Comparison): Annotation[] {
  return findings.map((finding) => {
    const { file, line, endLine, column, endColumn, rule, message } = finding;
    // GitHub accepts columns only for a range within one line.
    const columns = line === endLine ? { col: column, endColumn } : {};
    return { file, line, endLine, ...columns, title: rule, message: `${message}\n${explain(finding)}` };
  });
}
