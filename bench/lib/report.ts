import type { Measurement, Section } from "./measure.ts";

/** Units of the values, the largest first, and their factors. */
const scales: Record<Measurement["unit"], Record<string, number>> = {
  ns: { s: 1e9, ms: 1e6, µs: 1e3, ns: 1 },
  bytes: { MiB: 2 ** 20, KiB: 2 ** 10, bytes: 1 },
};

/** Formats a value with three digits and its unit: 1234567 ns is "1.23 ms". */
export function formatValue(value: number, unit: Measurement["unit"]): string {
  const [name, factor] = Object.entries(scales[unit]).find(([, factor]) => value >= factor) ?? [unit, 1];
  const scaled = value / factor;
  return `${scaled.toFixed(scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)} ${name}`;
}

/** Formats the ratio of a value to the least value of its measurement: "1.0×", "12×". */
export function formatRatio(value: number, { values }: Measurement): string {
  const ratio = value / Math.min(...Object.values(values));
  return `${ratio.toFixed(ratio < 9.95 ? 1 : 0)}×`;
}

/** Returns whether an implementation is this package or one of this repository's commands. */
export const isOurs = (implementation: string) => /^(@agynio\/api|npm run)/.test(implementation);

/** Formats a section as a Markdown table: a row for each measurement, with its best value in bold. */
export function toTable({ implementations, measurements }: Section): string {
  const rows = measurements.map((measurement) => [
    measurement.name,
    ...implementations.map((name) => formatCell(measurement, name)),
  ]);
  return formatTable(["", ...implementations], rows);
}

function formatCell(measurement: Measurement, implementation: string): string {
  const value = measurement.values[implementation];
  if (value === undefined) {
    return "–";
  }
  const ratio = formatRatio(value, measurement);
  const text = `${ratio} ${formatValue(value, measurement.unit)}`;
  return ratio === "1.0×" ? `**${text}**` : text;
}

/** Formats a Markdown table whose columns line up; all but the first are aligned to the right. */
export function formatTable(head: string[], rows: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(4, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  const pad = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return [head, rule, ...rows].map((row) => `| ${row.map(pad).join(" | ")} |\n`).join("");
}

/**
 * Replaces the table below each heading of a Markdown document.
 *
 * @param tables Tables by heading.
 * @throws Error when the document lacks a heading with a table.
 */
export function replaceTables(markdown: string, tables: Record<string, string>): string {
  return Object.entries(tables).reduce((text, [heading, table]) => {
    const place = new RegExp(`^(## ${heading}\n(?:(?![#|]).*\n)*)(?:\\|.*\n)+`, "m");
    if (!place.test(text)) {
      throw new Error(`bench/RESULTS.md has no table below "## ${heading}"`);
    }
    return text.replace(place, (_, before: string) => before + table);
  }, markdown);
}
