import { groupBy } from "../cli/collections.ts";
import { describeForConsumers, type Item, isWhole } from "./breaks.ts";
import type { ContractDiff } from "./model.ts";
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
  importPathOf,
  listDetails,
  listExplained,
  listNames,
  listRpcs,
  localName,
  noPackage,
  quoteSentence,
  type Style,
  shorten,
  tagPublic,
  toLine,
} from "./words.ts";

/** GitHub accepts no comment that is longer: https://docs.github.com/rest/issues/comments */
const greatestLength = 65_536;

/**
 * Returns the changes as Markdown, for a pull request or a job summary. The first line is the summary. Long sections
 * are folded.
 *
 * @throws UserError (exit code 2) if the contracts do not have the selected package.
 */
export function formatMarkdown(diff: ContractDiff, options: ReportOptions = {}): string {
  const { summary, sections } = outlineDiff(diff, options);
  const head = summary.replace(/^\w+(?=:)/, "**$&**");
  const { command = defaultCommand } = options;
  const format = (limit: number) => {
    const blocks = sections.map((section) => formatSection(section, limit, options));
    const isCut = blocks.some((block) => block.includes("\n… "));
    const more = isCut ? [`Everything: ${style.code([...command, "--all"].join(" "))}`] : [];
    return `${[head, ...blocks, ...more].join("\n\n")}\n`;
  };
  // Half as many items each time until the text is short enough. A limit holds for packages, and for the items of each.
  let limit = 256;
  let text = format(diff.entries.length < greatestLength / 32 ? Number.POSITIVE_INFINITY : limit);
  while (text.length > greatestLength && limit > 1) {
    limit /= 2;
    text = format(limit);
  }
  return text;
}

/** The number of items from which the packages of a section are folded. */
const longSection = 30;

/** Returns a line for the rest of a list, if there is a rest. */
const countRest = (count: number, limit: number) => (count > limit ? [`… ${count - limit} more`] : []);

function formatSection({ name, packages }: Section, limit: number, options: ReportOptions): string {
  const shown = packages.slice(0, limit);
  const isLong = packages.reduce((sum, { entries }) => sum + entries.length, 0) > longSection;
  const blocks =
    name === "Comments" && !selectsPart(options)
      ? [shown.map(countComments).join("\n")]
      : shown.map((members) => formatPackage(members, limit, isLong, options));
  return [`### ${name}`, ...blocks, ...countRest(packages.length, limit)].join("\n\n");
}

function formatPackage(
  members: PackageItems,
  limit: number,
  isLong: boolean,
  options: ReportOptions,
): string {
  const { section, groups, count, entries } = members;
  const name = members.name || noPackage;
  const note = describeNew(members, style.code);
  // A report that must be cut has no room for all names.
  const names = selectsPart(options) && limit > entries.length ? Number.POSITIVE_INFINITY : style.names;
  const ofSelection = { ...style, names };
  const blocks = [
    ...takeItems(groups, limit).flatMap((group) => formatGroup(group, ofSelection)),
    ...countRest(count, limit),
  ];
  const title = [style.code(name), ...note.map((text) => `(${text})`)].join(" ");
  const summary = `<code>${escapeHtml(name)}</code>: ${countSection(section, entries)}`;
  const rows = isLong
    ? [`<details><summary>${summary}</summary>`, ...note, ...blocks, "</details>"]
    : [`#### ${title}`, ...blocks];
  return rows.join("\n\n");
}

function formatGroup({ heading, items, reasons }: ItemGroup, ofItems: Style): string[] {
  const ofGroup = reasons.map(style.prose);
  const isShared = items.length > 1 && reasons.length > 0;
  const rows = items.map((item) =>
    [
      `${describeWithMark(item, ofItems)}${tagPublic(item)}`,
      ...listDetails(item, ofItems),
      ...(isShared ? [] : ofGroup),
    ].join("\n  <br>"),
  );
  return [
    ...(heading === "" ? [] : [`**${style.prose(heading)}**`]),
    rows.join("\n"),
    ...(isShared ? [ofGroup.join("\n<br>")] : []),
  ];
}

const describeWithMark = (item: Item, ofItems: Style) =>
  `- ${isRemoval(item) ? "removed " : ""}${describeItem(item, ofItems)}`;

/** Returns whether an item has to say that its element is removed: it has no mark before it. */
const isRemoval = ({ entries: [head] }: Item) =>
  head.action === "removed" && head.kind !== "comment" && isWhole(head);

const countComments = ({ name, entries }: PackageItems) =>
  `- ${style.code(name || noPackage)}: ${countSection("Comments", entries)} (${listNames(entries.map(localName), style)})`;

/**
 * Returns the changes for CHANGELOG.md, for an engineer who updates the npm package: without advice to contributors.
 * The first line is a summary.
 */
export function formatChangelog(diff: ContractDiff, { npmName }: ReportOptions = {}): string {
  const { summary, sections } = outlineDiff(diff, { npmName });
  // Comments matter only if nothing else changed.
  const relevant = sections.length === 1 ? sections : sections.filter(({ name }) => name !== "Comments");
  const blocks = relevant.flatMap(({ name, packages }) => {
    const rows = packages.flatMap((members) => describePackage(members, npmName));
    return [...(relevant.length > 1 ? [`**${name}**`] : []), rows.join("\n")];
  });
  // The bump is a heading in CHANGELOG.md.
  const head = summary
    .replace(/^\w+: /, "")
    .replace(/^\d+ breaking/, (count) => `${count} ${count.startsWith("1 ") ? "change" : "changes"}`);
  return [head, ...blocks].join("\n\n");
}

/** Returns the changes of a package, with one heading for the breaks that have the same effects. */
function describePackage(
  { section, name, importPath, groups, entries, isNew }: PackageItems,
  npmName: string | undefined,
): string[] {
  const path = style.code(importPath ?? (name || noPackage));
  if (section === "Comments") {
    return [`- ${path}: ${countSection(section, entries)}`];
  }
  const items = groups.flatMap((group) => group.items);
  return [...groupBy(items, describeForConsumers)].flatMap(([effects, members]) => {
    const title = [path, ...(isNew ? ["is new"] : []), ...(effects === "" ? [] : [`(${effects})`])].join(" ");
    // The values of options say little to consumers.
    const byKind = groupBy(members, ({ entries: [head] }) => head.kind === "option");
    const options = (byKind.get(true) ?? []).flatMap((item) => [...item.elements, ...item.explained.flat()]);
    const names = listNames([...new Set(options.map(({ property = "" }) => property))], style);
    const rows = [
      ...(byKind.get(false) ?? []).map((item) => formatRow(item, npmName)),
      ...(options.length > 0 ? [`- ${countSection("Changed", options)}: ${names}.`] : []),
    ];
    return [`- ${title}:`, ...rows.map((row) => `  ${row.replaceAll("\n", "\n  ")}`)];
  });
}

function formatRow(item: Item, npmName: string | undefined): string {
  const imports = item.entries.flatMap(({ kind, action, property, from, package: name }) => {
    const isNewPath = property === "package" || (kind === "package" && action === "renamed");
    const [later, earlier] = [name, from ?? ""].map((packageName) => importPathOf(packageName, npmName));
    return isNewPath && later && earlier
      ? [`Import from ${style.code(later)} in place of ${style.code(earlier)}.`]
      : [];
  });
  const sentences = [...(isRemoval(item) ? [] : quoteSentence(item, style)), ...imports];
  const rows = [...(isRemoval(item) ? [] : listRpcs(item, style)), ...listExplained(item, style)];
  return [`${describeWithMark(item, style)}. ${sentences.join(" ")}`.trimEnd(), ...rows].join("\n  - ");
}

/** Writes names in backticks. The fence has more of them than any run in the text: https://spec.commonmark.org/0.31.2/#code-spans */
const style: Style = {
  code(name) {
    const text = toLine(name);
    const runs = text.match(/`+/g) ?? [];
    const fence = "`".repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
    return runs.length > 0 || text.trim() === "" ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
  },
  prose: (text) =>
    shorten(text, Number.POSITIVE_INFINITY).replace(
      markup,
      (match, code: string | undefined, reference: string | undefined) =>
        code ?? (reference ? style.code(reference) : `\\${match}`),
    ),
  names: 20,
};

/** Code and links, which stay; what GitHub links to a person, an issue or a commit; constants; and characters that are markup. */
const markup =
  /(`[^`]+`|\bhttps?:\/\/[^\s<>"`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|((?<![\w`])(?:[\w/.-]*[@#]\w[\w-]*(?:\/[\w-]+)?|GH-\d+|(?=[a-f]*\d)[0-9a-f]{7,40}\b|[A-Z]+(?:_[A-Z0-9]+)+\b))|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)|[\\`*[\]<|~]/g;

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
