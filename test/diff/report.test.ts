import { expect, test } from "vitest";
import type { Finding } from "../../scripts/lib/breaking/findings.ts";
import {
  type ContractDiff,
  type Entry,
  formatChangelog,
  formatMarkdown,
  formatTerminal,
  type ReportOptions,
} from "../../scripts/lib/diff/index.ts";
import { bumpOf } from "../../scripts/lib/diff/summary.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

const image = (label: string) => ({ kind: "image" as const, label, image: label });

const diffOf = (entries: Entry[]): ContractDiff => ({
  ...{ before: image("a.binpb"), after: image("b c.binpb") },
  bump: bumpOf(entries),
  entries,
});

const findingOf = (element: string): Finding => ({
  ...{ element, severity: "wire", endsCalls: false, path: "a.proto" },
  ...{ line: 1, column: 1, endLine: 1, endColumn: 1 },
  message: `Previously present field "1" with name "id" on message "${element}" was deleted.`,
  advice: `keep ${element} with [deprecated = true]; only a new version package may leave it out`,
  violations: [
    {
      rule: "FIELD_NO_DELETE",
      message: "Deleted.",
      path: "a.proto",
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 1,
    },
  ],
});

/** Returns an added field of a message of its own. */
function fieldOf(id: number, packageName: string, changes: Partial<Entry> = {}): Entry {
  const element = `${packageName}.Message${id}.some_field_${id}`;
  return {
    ...{ kind: "field", action: "added", impact: "addition", element, package: packageName, public: false },
    ...{
      service: `Service${id % 7}`,
      resource: `Message${id}`,
      file: "a.proto",
      number: id + 1,
      type: "string",
    },
    comment: `${"A long sentence about the field ".repeat(10)}${id}.`,
    ...changes,
  };
}

const breakOf = (id: number, packageName: string) => {
  const field = fieldOf(id, packageName, { action: "removed", impact: "breaking" });
  return { ...field, findings: [findingOf(field.element)] };
};
const commentOf = (id: number, packageName: string) =>
  fieldOf(id, packageName, {
    kind: "comment",
    action: "changed",
    impact: "documentation",
    from: "a",
    to: "b",
  });
const deprecationOf = (id: number, packageName: string) => fieldOf(id, packageName, { action: "deprecated" });
const optionOf = (id: number, packageName: string) =>
  fieldOf(id, packageName, { kind: "option", property: "jstype", to: `JS_${id}` });

const one = () => "acme.orders.v1";
const four = (id: number) => `acme.p${id % 4}.v1`;
const hundred = (id: number) => `acme.package${id % 100}.v1`;
const deep = (id: number) => `${"acme_with_a_very_long_name_of_a_package.".repeat(4)}p${id % 90}.v1`;

const long: [name: string, entries: Entry[]][] = [
  ["additions in one package", numbers(400).map((id) => fieldOf(id, one()))],
  ["additions in four packages", numbers(400).map((id) => fieldOf(id, four(id)))],
  ["additions in a hundred packages", numbers(400).map((id) => fieldOf(id, hundred(id)))],
  ["additions in packages with long names", numbers(400).map((id) => fieldOf(id, deep(id)))],
  ["breaks in one package", numbers(400).map((id) => breakOf(id, one()))],
  ["breaks in a hundred packages", numbers(400).map((id) => breakOf(id, hundred(id)))],
  ["comments in one package", numbers(400).map((id) => commentOf(id, one()))],
  ["comments in a hundred packages", numbers(400).map((id) => commentOf(id, hundred(id)))],
  ["deprecations in one package", numbers(400).map((id) => deprecationOf(id, one()))],
  ["deprecations in a hundred packages", numbers(400).map((id) => deprecationOf(id, hundred(id)))],
  ["options in four packages", numbers(400).map((id) => optionOf(id, four(id)))],
  [
    "everything",
    [breakOf, fieldOf, optionOf, deprecationOf, commentOf].flatMap((make) =>
      numbers(400).map((id) => make(id, hundred(id))),
    ),
  ],
];

const command = ["npm", "run", "diff", "--", "a.binpb", "'b c.binpb'"];

test.each(long)(
  "a report of 400 %s takes at most 80 lines of 110 columns, and offers the rest",
  (_, entries) => {
    const report = formatTerminal(diffOf(entries), { command });
    if (process.env.SHOW) console.log(report);
    const lines = report.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  },
);
