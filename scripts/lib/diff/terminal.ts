import type { Snapshot } from "../contract/snapshot.ts";
import type { Action, ContractDiff } from "./model.ts";
import {
  type ItemGroup,
  outlineDiff,
  type PackageItems,
  type Section,
  type Selection,
  selectsPart,
  takeItems,
} from "./outline.ts";
import { describeNew } from "./packages.ts";
import { countSection, groupChanges, type SectionName, summarizeDiff } from "./summary.ts";
import {
  describeItem,
  type Item,
  listDetails,
  listNames,
  localName,
  noPackage,
  type Style,
  tagPublic,
  toLine,
} from "./words.ts";

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

/** What a report prints of a package. */
interface Limits {
  /** Lines of each text. With one, breaks have only their effects, and nothing else has details; sentences need more than two. */
  rows: number;
  /** Names in a list. */
  names: number;
  /** Items; if there are none, the package is one line. */
  items: number;
}

const infinite = Number.POSITIVE_INFINITY;
const complete: Limits = { rows: infinite, names: infinite, items: infinite };
/** What a short report prints, if it fits. No package has room for more items. */
const whole: Limits = { rows: infinite, names: 100, items: height };
const inTwoRows: Limits = { rows: 2, names: 8, items: height };
const inOneRow: Limits = { rows: 1, names: 8, items: height };
const levels = [whole, inTwoRows, inOneRow];
const asNumber: Limits = { ...inOneRow, items: 0 };

/**
 * Returns the changes for a terminal: the summary, then the changes by section, package, service and resource. Unless a
 * part is selected, it has at most 80 lines, and ends with the command that prints the rest.
 *
 * @throws UserError (exit code 2) if the contracts do not have the selected package.
 */
export function formatTerminal(diff: ContractDiff, options: ReportOptions = {}): string {
  const changes = groupChanges(diff.entries);
  const sections = outlineDiff(diff, options, changes);
  const title = `${describeSnapshot(diff.before)} → ${describeSnapshot(diff.after)}`;
  const head = [...wrap(summarizeDiff(diff, changes), "", "  "), ...wrap(title, "", "  ")];
  const more = offerRest("Everything", options, "--all");
  more.push("In place of --all: --package <name>, --breaking or --comments");
  // An empty line precedes each section and the command.
  const limits = selectsPart(options)
    ? sections.map(({ packages }) => packages.map(() => complete))
    : fitSections(sections, height - head.length - sections.length - more.length - 1);
  const isCut = sections.some(
    ({ name, packages }, index) =>
      name !== "Comments" && packages.some((_, member) => (limits[index]?.[member]?.rows ?? 0) < infinite),
  );
  const hasComments = !selectsPart(options) && sections.at(-1)?.name === "Comments";
  const footer = isCut ? more : hasComments ? offerRest("Comments in full", options, "--comments") : [];
  const nothing =
    sections.length === 0 && diff.entries.length > 0 ? [["The selected part has no changes."]] : [];
  const blocks = sections.map((section, index) =>
    formatSection(section, limits[index] ?? [], options.npmName),
  );
  return `${[head, ...blocks, ...nothing, footer]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

export const describeSnapshot = ({ kind, label }: Snapshot) =>
  kind === "none" ? `nothing: ${label}` : label;

/** Returns the limits of each package. Breaks get what they need of a half of the lines, and what others leave. */
function fitSections(sections: Section[], lines: number): Limits[][] {
  // Breaks are the first section.
  const breaks = sections.filter(({ name }) => name === "Breaking");
  const others = sections.slice(breaks.length);
  const countLines = (part: Section[], limits: Limits[][]) =>
    part.reduce((sum, section, index) => sum + formatSection(section, limits[index] ?? []).length, 0);
  const kept = countLines(breaks, fitPackages(breaks, Math.floor(lines / 2)));
  const ofOthers = fitPackages(others, lines - kept);
  return [...fitPackages(breaks, lines - countLines(others, ofOthers)), ...ofOthers];
}

/** Returns limits of packages that have the same number of lines, unless they need less. */
function fitPackages(sections: Section[], lines: number): Limits[][] {
  const needs = sections.flatMap(({ name, packages }) =>
    packages.map((members) => levels.map((level) => formatPackage(name, members, level).length)),
  );
  // Each section has a title.
  const available = lines - sections.length;
  const share = findGreatest(
    (most) =>
      needs.reduce((sum, need) => sum + (need.find((count) => count <= most) ?? most), 0) <= available,
    available,
  );
  // If there are too many packages, each section has a line for those that are not shown.
  const shown = findGreatest(
    (most) =>
      sections.reduce((sum, { packages }) => sum + Math.min(packages.length, most + 1), 0) <= available,
    available,
  );
  return sections.map(({ name, packages }) =>
    share > 0
      ? packages.map((members) => fitPackage(name, members, share))
      : Array(Math.min(packages.length, shown)).fill(asNumber),
  );
}

/** Returns what to print of a package: all items if they fit, else as many as possible. */
function fitPackage(name: SectionName, members: PackageItems, lines: number): Limits {
  const fits = (limits: Limits) => formatPackage(name, members, limits).length <= lines;
  const fitting = levels.find(fits);
  const items = fitting ? 0 : findGreatest((count) => fits({ ...inOneRow, items: count }), lines);
  return fitting ?? (items > 0 ? { ...inOneRow, items } : asNumber);
}

/** Returns the greatest number up to another one that fits; 0 if there is none. */
function findGreatest(fits: (count: number) => boolean, greatest: number): number {
  let [low, high] = [0, greatest];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    [low, high] = fits(middle) ? [middle, high] : [low, middle - 1];
  }
  return low;
}

function formatSection({ name, packages }: Section, limits: Limits[], npmName?: string): string[] {
  const rows = limits.flatMap((limit, index) =>
    formatPackage(name, packages[index] as PackageItems, limit, npmName),
  );
  const rest = packages.length - limits.length;
  return [name, ...rows, ...(rest > 0 ? [`  … ${rest} more ${rest === 1 ? "package" : "packages"}`] : [])];
}

/** Returns the lines of a package. */
function formatPackage(
  section: SectionName,
  members: PackageItems,
  limits: Limits,
  npmName?: string,
): string[] {
  if (limits.items === 0 || (section === "Comments" && limits !== complete)) {
    return [summarizePackage(section, members)];
  }
  const { name, isNew, groups, count } = members;
  const note = isNew ? ` (${describeNew(name, npmName, (path) => `"${path}"`)})` : "";
  const shown = takeItems(groups, limits.items);
  return [
    ...wrap((name || noPackage) + note, "  ", "    "),
    ...shown.flatMap((group, index) => formatGroup(group, limits, shown[index + 1])),
    ...(count > limits.items ? [`    … ${count - limits.items} more`] : []),
  ];
}

/** Returns a package in one line: its only item, or the number of changes. */
function summarizePackage(section: SectionName, { name, entries, count, groups }: PackageItems): string {
  // Packages with long names differ in their ends.
  const subject = name.length > width / 2 ? `…${name.slice(-width / 2)}` : name;
  const only = count === 1 && section !== "Comments" ? groups[0]?.items[0] : undefined;
  const changes = only ? formatText(only, asNumber.names) : countSection(section, entries);
  const text = `  ${subject || noPackage}: ${changes}`;
  // As many names as the line has room for.
  const names = section === "Comments" ? entries.map(localName) : [];
  const list = (number: number) => `${text} (${listNames(names, { ...plain, names: number })})`;
  const shown = findGreatest((number) => list(number).length <= width, Math.min(names.length, width));
  return cutLine(shown > 0 ? list(shown) : text);
}

/** @param next Group that follows; breaks with the same effects have them once if there are no details. */
function formatGroup(
  { heading, items, effects, explanation, rules }: ItemGroup,
  { names, rows }: Limits,
  next?: ItemGroup,
): string[] {
  const indentation = heading === "" ? "    " : "      ";
  const formatDetails = (texts: string[]) =>
    texts.flatMap((text) => cutRows(wrap(text, `${indentation}    `), rows));
  const formatItem = (item: Item) => [
    ...cutRows(wrap(formatText(item, names), indentation, `${indentation}  `), rows),
    ...formatDetails(rows > 1 ? listDetails(item, { ...plain, names }, rows > 2) : []),
  ];
  return [
    ...(heading === "" ? [] : wrap(heading, "    ")),
    ...items.flatMap(formatItem),
    ...formatDetails(
      effects === "" ? [] : rows > 1 ? [explanation, rules] : effects === next?.effects ? [] : [effects],
    ),
  ];
}

const formatText = (item: Item, names: number) =>
  `${markOf(item.entries[0].action)} ${describeItem(item, { ...plain, names })}${tagPublic(item)}`;

const plain: Omit<Style, "names"> = { code: toLine, prose: toLine };

const markOf = (action: Action) => (action === "added" ? "+" : action === "removed" ? "-" : "~");

/** Returns a line that offers a command; a long one follows in lines that a shell continues. */
function offerRest(text: string, { command = defaultCommand }: ReportOptions, selection: string): string[] {
  const line = `${text}: ${[...command, selection].join(" ")}`;
  if (line.length <= width) {
    return [line];
  }
  const rows = wrapWords([...command, selection], "  ", "    ", width - 2);
  return [`${text}:`, ...rows.map((row, index) => (index < rows.length - 1 ? `${row} \\` : row))];
}

const cutLine = (line: string) => (line.length <= width ? line : `${line.slice(0, width - 2).trimEnd()} …`);

/** Returns the first rows, the last of which shows that there are more. */
const cutRows = (rows: string[], count: number) =>
  rows.length <= count
    ? rows
    : [...rows.slice(0, count - 1), cutLine(`${rows[count - 1]} ${rows[count]?.trim()} …`)];

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
