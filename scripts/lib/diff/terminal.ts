import { quote } from "../cli/errors.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Action, ContractDiff, Entry } from "./model.ts";
import { type Item, outlineDiff, type PackageItems, type Section, type Selection } from "./outline.ts";
import { importPathOf } from "./packages.ts";
import { countSection, summarizeDiff } from "./summary.ts";
import { describeItem, explainBreak, listRpcs, localName, type Style, sentenceOf } from "./words.ts";

export interface ReportOptions extends Selection {
  /** The words of the command that prints the report, quoted for a shell, without options that select a part. */
  command?: string[];
  /** Name of the npm package that is generated from the contract. */
  npmName?: string;
}

export const defaultCommand = ["npm", "run", "diff", "--"];

/** Lines that a person reads without scrolling far. */
const height = 80;
/** Columns that fit most terminals and README.md. */
const width = 110;

/** What a section leaves out to be short. */
interface Limits {
  sentences: boolean;
  /** Items of a package. */
  items: number;
  /** Lines of an item's text, and of its details. */
  rows: number;
  /** Packages, each in one line; undefined if their items are listed. */
  packages?: number;
}

const unlimited: Limits = {
  sentences: true,
  items: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
};

/**
 * Returns the changes for a terminal: by section, package, service and resource. Unless a part is selected, it has at
 * most 80 lines, and names the commands that print the rest.
 *
 * @throws UserError (exit code 2) if nothing changed in the selected package.
 */
export function formatTerminal(diff: ContractDiff, options: ReportOptions = {}): string {
  const sections = outlineDiff(diff, options);
  const title = `${describeSnapshot(diff.before)} → ${describeSnapshot(diff.after)}`;
  const head = [...wrap(title, "", "  "), ...wrap(summarizeDiff(diff), "", "  ")];
  const isComplete = options.package !== undefined || options.breaking || options.comments || options.all;
  const budgets = isComplete ? [] : divideLines(sections, height - head.length, options);
  const blocks = sections.map((section, index) =>
    fitSection(section, budgets[index] ?? Number.POSITIVE_INFINITY, options),
  );
  return `${[head, ...blocks].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

export const describeSnapshot = ({ kind, label }: Snapshot) =>
  kind === "none" ? `nothing: ${label}` : label;

/** Divides lines among sections: each gets what it needs, and those that need more than their share get equal shares. */
function divideLines(sections: Section[], lines: number, options: ReportOptions): number[] {
  const needs = sections.map((section) => Math.min(height, countLines(section, options)));
  const budgets: number[] = [];
  // An empty line precedes each section.
  let left = lines - sections.length;
  const bySize = [...needs.keys()].sort((a, b) => (needs[a] ?? 0) - (needs[b] ?? 0));
  for (const [rank, index] of bySize.entries()) {
    const share = Math.floor(left / (sections.length - rank));
    budgets[index] = Math.min(needs[index] ?? 0, share);
    left -= budgets[index];
  }
  return budgets;
}

/** Returns the number of lines of a whole section; of a very long one, a smaller number that is too many. */
const countLines = ({ name, packages }: Section, options: ReportOptions) =>
  formatSection({ name, packages: packages.slice(0, height) }, { ...unlimited, items: height }, options)
    .length;

/** Returns the lines of a section: sentences are left out first, then items, then packages. */
function fitSection(section: Section, budget: number, options: ReportOptions): string[] {
  const format = (limits: Limits) => formatSection(section, limits, options);
  if (budget === Number.POSITIVE_INFINITY) {
    return format(unlimited);
  }
  const fits = (lines: string[]) => lines.length <= budget;
  const counts = section.packages.map(({ places }) => countItems(places));
  const isShort = counts.reduce((sum, count) => sum + count, 0) <= budget;
  const complete = isShort
    ? [unlimited, { ...unlimited, sentences: false }].map(format).find(fits)
    : undefined;
  // A package has a heading.
  const withItems =
    counts.length * 2 <= budget ? (items: number) => format({ sentences: false, items, rows: 2 }) : undefined;
  const inBrief = (packages: number) => format({ ...unlimited, packages });
  return (
    complete ??
    (withItems && findGreatest(withItems, fits, budget)) ??
    findGreatest(inBrief, fits, budget) ??
    inBrief(1)
  );
}

/** Returns the lines for the greatest limit with which they fit; undefined if there is none. */
function findGreatest(
  format: (limit: number) => string[],
  fits: (lines: string[]) => boolean,
  greatest: number,
): string[] | undefined {
  let fitting: string[] | undefined;
  let [low, high] = [1, greatest];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const lines = format(middle);
    if (fits(lines)) {
      fitting = lines;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return fitting;
}

const countItems = (places: Map<string, Item[]>) =>
  [...places.values()].reduce((sum, items) => sum + items.length, 0);

function formatSection(section: Section, limits: Limits, options: ReportOptions): string[] {
  const { name, packages } = section;
  const isBrief = limits.packages !== undefined || (name === "Comments" && !options.comments);
  const shown = limits.packages === undefined ? packages : packages.slice(0, limits.packages);
  const rest = packages.length - shown.length;
  const more =
    rest > 0
      ? offerMore(`  … ${rest} more packages:`, options, ["--all"])
      : limits.packages === undefined
        ? []
        : offerMore("  Everything:", options, ["--all"]);
  return [
    name,
    ...shown.flatMap((members) =>
      isBrief ? [summarizePackage(section, members)] : formatPackage(section, members, limits, options),
    ),
    ...more,
  ];
}

/** Returns a package in one line. */
function summarizePackage({ name }: Section, { name: packageName, entries }: PackageItems): string {
  // A line has room for a few names.
  const names = name === "Comments" ? ` (${entries.slice(0, width).map(localName).join(", ")})` : "";
  // Packages with long names differ in their ends.
  const isLong = packageName.length > width / 2;
  const subject = packageName === "" ? "" : `${isLong ? `…${packageName.slice(-width / 2)}` : packageName}: `;
  return cutLine(`  ${subject}${countSection(name, entries)}${names}`);
}

function formatPackage(
  section: Section,
  members: PackageItems,
  limits: Limits,
  options: ReportOptions,
): string[] {
  const { name, places } = members;
  let left = limits.items;
  const lines = [...places].flatMap(([place, items]) => {
    const shown = items.slice(0, left);
    left -= shown.length;
    const heading = place === "" || shown.length === 0 ? [] : wrap(place, "    ");
    const indentation = place === "" ? "    " : "      ";
    return [...heading, ...shown.flatMap((item) => formatItem(section, item, limits, indentation))];
  });
  const rest = countItems(places) - (limits.items - left);
  const selection = ["--package", quote(name), ...(section.name === "Breaking" ? ["--breaking"] : [])];
  return [
    ...(name === "" ? [] : wrap(`${name}${describePackage(members, options)}`, "  ", "    ")),
    ...lines,
    ...(rest > 0 ? offerMore(`    … ${rest} more:`, options, selection) : []),
  ];
}

/** Returns what a heading adds to the name of a new package. */
function describePackage({ name, isNew }: PackageItems, { npmName }: ReportOptions): string {
  const path = importPathOf(name, npmName);
  return isNew ? ` (new package${path ? `, import from "${path}"` : ""})` : "";
}

function formatItem(section: Section, item: Item, limits: Limits, indentation: string): string[] {
  const [head] = item.entries;
  const isWhole = limits.rows === Number.POSITIVE_INFINITY;
  const style: Style = { ...plain, names: isWhole ? Number.POSITIVE_INFINITY : 8 };
  if (head.kind === "comment") {
    return formatComment(head, indentation);
  }
  const tag = item.elements.some((entry) => entry.public) ? " · public" : "";
  const sentence = limits.sentences ? sentenceOf(item, style) : undefined;
  const details = [
    ...(sentence === undefined ? [] : [sentence]),
    ...listRpcs(item, style),
    ...(section.name === "Breaking" ? explainBreak(item, style) : []),
  ];
  return [
    ...cutRows(
      wrap(`${markOf(head.action)} ${describeItem(item, style)}${tag}`, indentation, `${indentation}  `),
      limits.rows,
    ),
    ...cutRows(
      details.flatMap((detail) => wrap(detail, `${indentation}    `)),
      limits.rows,
    ),
  ];
}

const plain = { code: (text: string) => text.replace(/[\s\p{Cc}]+/gu, " "), prose: (text: string) => text };

const markOf = (action: Action) => (action === "added" ? "+" : action === "removed" ? "-" : "~");

/** Returns a comment in full, before and after. */
function formatComment(entry: Entry, indentation: string): string[] {
  const text = (label: string, comment: string | undefined) =>
    comment ? wrap(`${label}: ${plain.code(comment)}`, `${indentation}    `, `${indentation}      `) : [];
  return [
    ...wrap(`${markOf(entry.action)} ${localName(entry)}`, indentation),
    ...text("was", entry.from),
    ...text("is", entry.to),
  ];
}

/** Returns a line that offers a command; a long command follows in lines that a shell continues. */
function offerMore(text: string, options: ReportOptions, selection: string[]): string[] {
  const { command = defaultCommand, package: selected } = options;
  const words = [...command, ...(selected === undefined ? selection : ["--all"])];
  const line = `${text} ${words.join(" ")}`;
  if (line.length <= width) {
    return [line];
  }
  const indentation = `${/^ */.exec(text)?.[0]}  `;
  const rows = wrapWords(words, indentation, `${indentation}  `, width - 2);
  return [text, ...rows.map((row, index) => (index < rows.length - 1 ? `${row} \\` : row))];
}

const cutLine = (line: string) => (line.length <= width ? line : `${line.slice(0, width - 2).trimEnd()} …`);

/** Returns the first rows, the last of which shows that there are more. */
const cutRows = (rows: string[], count: number) =>
  rows.length <= count
    ? rows
    : rows.slice(0, count).map((row, index) => (index === count - 1 ? `${row.slice(0, width - 2)} …` : row));

/** Wraps a text into lines, of which the first and all further ones have their own indentation. */
const wrap = (text: string, first: string, further = first): string[] =>
  wrapWords(
    // A word that fits no line continues in the next one.
    text.split(" ").flatMap((word) => word.match(wholeLines) ?? [word]),
    first,
    further,
    width,
  );

/** Parts of a word that fit a line with the deepest indentation. */
const wholeLines = new RegExp(`.{1,${width - 12}}`, "gsu");

function wrapWords(words: string[], first: string, further: string, columns: number): string[] {
  const rows: string[] = [];
  for (const word of words) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      rows[rows.length - 1] = `${last} ${word}`;
    } else {
      rows.push(`${last === undefined ? first : further}${word}`);
    }
  }
  return rows;
}
