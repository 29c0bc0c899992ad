import type { Item } from "./breaks.ts";
import type { Action, ContractDiff } from "./model.ts";
import {
  defaultCommand,
  describeNew,
  type ItemGroup,
  outlineDiff,
  type PackageItems,
  type ReportOptions,
  type Section,
  selectsPart,
  takeItems,
} from "./outline.ts";
import { countSection } from "./summary.ts";
import {
  describeItem,
  describeSnapshot,
  listDetails,
  listNames,
  localName,
  noPackage,
  type Style,
  tagPublic,
  toLine,
} from "./words.ts";

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

/** What a report prints of each package; others are only counted. */
type Fit = Map<PackageItems, Limits>;

const infinite = Number.POSITIVE_INFINITY;
const complete: Limits = { rows: infinite, names: infinite, items: infinite };
const inOneRow: Limits = { rows: 1, names: 8, items: height };
/** What a short report prints, if it fits. No package has room for more items. */
const levels: Limits[] = [{ ...inOneRow, rows: infinite, names: 100 }, { ...inOneRow, rows: 2 }, inOneRow];

/**
 * Returns the changes for a terminal: the summary, then the changes by section, package, service and resource. Unless a
 * part is selected, it has at most 80 lines, and ends with the command that prints the rest.
 *
 * @throws UserError (exit code 2) if the contracts do not have the selected package.
 */
export function formatTerminal(diff: ContractDiff, options: ReportOptions = {}): string {
  const { summary, sections } = outlineDiff(diff, options);
  const title = `${describeSnapshot(diff.before)} → ${describeSnapshot(diff.after)}`;
  const head = [summary, title].flatMap((text) => wrap(text, "", "  "));
  const more = [
    ...offerRest("Everything", options, "--all"),
    "In place of --all: --package <name>, --breaking or --comments",
  ];
  const isComplete = selectsPart(options);
  const fit: Fit = isComplete
    ? new Map(sections.flatMap(({ packages }) => packages.map((members) => [members, complete])))
    : // An empty line precedes each section and the command.
      fitSections(sections, height - head.length - sections.length - more.length - 1);
  const isCut = sections.some(
    ({ name, packages }) =>
      name !== "Comments" && packages.some((members) => (fit.get(members)?.rows ?? 0) < infinite),
  );
  const hasComments = !isComplete && sections.at(-1)?.name === "Comments";
  const blocks = [
    head,
    ...sections.map((section) => formatSection(section, fit)),
    sections.length === 0 && diff.entries.length > 0 ? ["The selected part has no changes."] : [],
    isCut ? more : hasComments ? offerRest("Comments in full", options, "--comments") : [],
  ];
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${texts.join("\n\n")}\n`;
}

/** Breaks get what they need of a half of the lines, and what others leave. */
function fitSections(sections: Section[], lines: number): Fit {
  const breaks = sections.filter(({ name }) => name === "Breaking");
  const others = sections.filter(({ name }) => name !== "Breaking");
  const countLines = (part: Section[], fit: Fit) =>
    part.reduce((sum, section) => sum + formatSection(section, fit).length, 0);
  const kept = countLines(breaks, fitPackages(breaks, Math.floor(lines / 2)));
  const ofOthers = fitPackages(others, lines - kept);
  return new Map([...fitPackages(breaks, lines - countLines(others, ofOthers)), ...ofOthers]);
}

/** Packages get the same number of lines, unless they need less. */
function fitPackages(sections: Section[], lines: number): Fit {
  const packages = sections.flatMap((section) => section.packages);
  // More items than lines never fit.
  const needs = packages.map((members) =>
    levels.map((level) => formatPackage(members, { ...level, items: Math.min(level.items, lines) }).length),
  );
  // Each section has a title.
  const available = lines - sections.length;
  const share = findGreatest(
    (most) =>
      needs.reduce((sum, need) => sum + (need.find((count) => count <= most) ?? most), 0) <= available,
    available,
  );
  if (share > 0) {
    return new Map(packages.map((members) => [members, fitPackage(members, share)]));
  }
  // There are too many packages: each section has a line for those that are not shown.
  const shown = findGreatest(
    (most) =>
      sections.reduce((sum, section) => sum + Math.min(section.packages.length, most + 1), 0) <= available,
    available,
  );
  const first = sections.flatMap((section) => section.packages.slice(0, shown));
  return new Map(first.map((members) => [members, { ...inOneRow, items: 0 }]));
}

/** Returns what to print of a package: all items if they fit, else as many as possible. */
function fitPackage(members: PackageItems, lines: number): Limits {
  const fits = (limits: Limits) => formatPackage(members, limits).length <= lines;
  const limit = (items: number) => ({ ...inOneRow, items });
  return levels.find(fits) ?? limit(findGreatest((items) => fits(limit(items)), lines));
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

function formatSection({ name, packages }: Section, fit: Fit): string[] {
  const rows = packages.map((members) => {
    const limits = fit.get(members);
    return limits ? formatPackage(members, limits) : [];
  });
  const rest = rows.filter((lines) => lines.length === 0).length;
  return [
    ...[name, ...rows.flat()],
    ...(rest > 0 ? [`  … ${rest} more ${rest === 1 ? "package" : "packages"}`] : []),
  ];
}

/** Returns the lines of a package. */
function formatPackage(members: PackageItems, limits: Limits): string[] {
  const { section, name, groups, count } = members;
  if (limits.items === 0 || (section === "Comments" && limits !== complete)) {
    return [summarizePackage(members)];
  }
  const note = describeNew(members, (path) => `"${path}"`).map((text) => ` (${text})`);
  const shown = takeItems(groups, limits.items);
  return [
    ...wrap(`${name || noPackage}${note}`, "  ", "    "),
    ...shown.flatMap((group, index) => formatGroup(group, limits, shown[index + 1])),
    ...(count > limits.items ? [`    … ${count - limits.items} more`] : []),
  ];
}

/** Returns a package in one line: its only item, or the number of changes. */
function summarizePackage({ section, name, entries, count, groups }: PackageItems): string {
  // Packages with long names differ in their ends.
  const subject = name.length > width / 2 ? `…${name.slice(-width / 2)}` : name;
  const only = count === 1 && section !== "Comments" ? groups[0]?.items[0] : undefined;
  const changes = only ? formatText(only, inOneRow.names) : countSection(section, entries);
  const text = `  ${subject || noPackage}: ${changes}`;
  // As many names as the line has room for.
  const names = section === "Comments" ? entries.map(localName) : [];
  const list = (number: number) => `${text} (${listNames(names, { ...plain, names: number })})`;
  const shown = findGreatest((number) => list(number).length <= width, Math.min(names.length, width));
  return cutLine(shown > 0 ? list(shown) : text);
}

/** @param next Group that follows; breaks with the same effects have them once if there are no details. */
function formatGroup(
  { heading, items, effects, reasons }: ItemGroup,
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
  const hasEffects = effects !== "" && effects !== next?.effects;
  return [
    ...(heading === "" ? [] : wrap(heading, "    ")),
    ...items.flatMap(formatItem),
    ...formatDetails(rows > 1 ? reasons : hasEffects ? [effects] : []),
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
