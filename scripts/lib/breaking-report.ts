import { annotation } from "./annotations.ts";
import type { Comparison, Finding, Severity } from "./breaking.ts";

const severities: Record<Severity, string> = {
  wire: "breaks bytes on the wire",
  json: "breaks JSON",
  code: "breaks generated code only",
};

/** A service or RPC that is gone takes no message with it, but nobody answers those who call it. */
const endsCalls = /^(FILE|PACKAGE|RPC|(PACKAGE_)?SERVICE)_NO_DELETE$|^FILE_SAME_PACKAGE$/;

/** What a break does, after "It". */
const harm = ({ severity, rule }: Finding) =>
  severity === "code" && endsCalls.test(rule)
    ? "breaks generated code, and deployed clients that call an RPC of it"
    : severities[severity];

/** One line that says what was compared with what, and how many files of it are not as they were. */
export function describe({ base, files, changed }: Comparison): string {
  return base.kind === "nothing"
    ? `no earlier contract to compare with: ${base.label}`
    : `compared with ${base.label}, ${files} files, ${changed || "none"} of them changed`;
}

/** Everything a person needs to know: each break with its place, what to do instead, and what was compared. */
export function toText(comparison: Comparison): string {
  const { findings } = comparison;
  const breaks = findings.map(
    (finding) => `${place(finding)} ${finding.rule}
  ${finding.message}
  It ${harm(finding)}. Instead: ${finding.advice}.
`,
  );
  const count = findings.length === 1 ? "1 breaking change" : `${findings.length || "no"} breaking changes`;
  return `${[...breaks, `${count}; ${describe(comparison)}`].join("\n")}\n`;
}

const place = ({ file, line, column }: Finding) => `${file ?? "buf.yaml"}:${line}:${column}`;

/**
 * The same for programs:
 *
 *     {
 *       "base": {"kind": "revision" | "published" | "nothing", "label": string, "commit": string | null},
 *       "files": number of files in the base's contract,
 *       "changed": number of them that are not the same any more, or gone,
 *       "breaking": boolean,
 *       "findings": [{
 *         "rule": ID of buf's rule, "severity": "wire" | "json" | "code",
 *         "file": string | null, "line", "column", "endLine", "endColumn": from 1,
 *         "message": what happened, "advice": what to do instead
 *       }]
 *     }
 */
export function toJson({ base, files, changed, findings }: Comparison): string {
  const { kind, label } = base;
  const commit = base.kind === "revision" ? base.commit : null;
  const report = {
    base: { kind, label, commit },
    files,
    changed,
    breaking: findings.length > 0,
    findings: findings.map((finding) => ({ ...finding, file: finding.file ?? null })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Findings as annotations of GitHub Actions: none outside of it. */
export function toAnnotations({ findings }: Comparison): string {
  return findings
    .map((finding) => {
      const { file, line, endLine, column, endColumn, rule, message, advice } = finding;
      // GitHub takes columns only for a range within one line.
      const columns = line === endLine ? { col: column, endColumn } : {};
      const text = `${message}\nIt ${harm(finding)}. Instead: ${advice}.`;
      return annotation({ file, line, endLine, ...columns, title: rule }, text);
    })
    .join("");
}
