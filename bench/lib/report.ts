import type { Growth, Measurement, Section } from "./result.js";

/** What was measured with: "Node.js" and its version, and so on. */
export type Environment = [what: string, value: string][];

/** Everything that one run of the bench found. */
export interface Results {
  environment: Environment;
  sections: Section[];
  growth: Growth;
}

const scales = {
  ns: [
    [1e9, "s"],
    [1e6, "ms"],
    [1e3, "µs"],
    [1, "ns"],
  ],
  bytes: [
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
    [1, "bytes"],
  ],
} as const;

/** A value with three digits and its unit: 1234567 ns is "1.23 ms". */
export function formatValue(value: number, unit: Measurement["unit"]): string {
  const scale = scales[unit].find(([factor]) => value >= factor) ?? scales[unit].at(-1);
  const [factor, name] = scale as readonly [number, string];
  return `${threeDigits(value / factor)} ${name}`;
}

/** How often a value contains the least one: "1.0×", "12×". */
export function formatRatio(value: number, least: number): string {
  const ratio = value / least;
  return `${ratio < 9.95 ? ratio.toFixed(1) : ratio.toFixed(0)}×`;
}

const threeDigits = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** The least value of a measurement. */
export const leastOf = ({ values }: Measurement) => Math.min(...Object.values(values));

/** The cell of a table: the ratio to the least value, and the value. */
function cell(measurement: Measurement, implementation: string): string {
  const value = measurement.values[implementation];
  return value === undefined
    ? "–"
    : `${formatRatio(value, leastOf(measurement))} ${formatValue(value, measurement.unit)}`;
}

/** A section's table: a row for each measurement, and the implementations beside each other. */
function table({ implementations, measurements }: Section): string[][] {
  return [
    ["", ...implementations],
    ...measurements.map((measurement) => [
      measurement.name,
      ...implementations.map((name) => cell(measurement, name)),
    ]),
  ];
}

/** A section for the terminal. */
export function toTerminal(section: Section): string {
  const rows = table(section);
  const widths = (rows[0] as string[]).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] as string).length)),
  );
  const lines = rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 ? text.padEnd(widths[column] as number) : text.padStart(widths[column] as number),
      )
      .join("  ")
      .trimEnd(),
  );
  return `\n${section.title}\n${lines.join("\n")}\n`;
}

/**
 * bench/RESULTS.md.
 *
 * @param notes What each section measured and why it came out so: Markdown by the section's title.
 * @throws Error when a section has no note, or a note no section.
 */
export function toMarkdown({ environment, sections }: Results, notes: Record<string, string>): string {
  const titles = sections.map(({ title }) => title);
  const odd =
    titles.find((title) => notes[title] === undefined) ??
    Object.keys(notes).find((key) => !titles.includes(key));
  if (odd !== undefined) {
    throw new Error(`"${odd}" has either a note or a section, and needs both`);
  }
  return `# What @agynio/api costs

<!-- Written by \`npm run bench\`: edit bench/lib/notes.ts, and run that. -->

Each cell has the ratio to the least value of its row, and the value: 1.0× is best. Times depend on the
machine; ratios much less.

![The same as bars: for each measurement, every implementation](results.svg)

${markdownTable([["measured with", ""], ...environment])}
${sections.map((section) => `\n## ${section.title}\n\n${notes[section.title]}\n\n${markdownTable(bold(section))}`).join("\n")}`;
}

/** A section's table with the best value of each row in bold. */
function bold(section: Section): string[][] {
  return table(section).map((row) => row.map((text) => (text.startsWith("1.0× ") ? `**${text}**` : text)));
}

function markdownTable([head, ...rows]: string[][]): string {
  const line = (row: string[]) => `| ${row.join(" | ")} |\n`;
  const rule = (head as string[]).map((_, column) => (column === 0 ? "---" : "---:"));
  return line(head as string[]) + line(rule) + rows.map(line).join("");
}
