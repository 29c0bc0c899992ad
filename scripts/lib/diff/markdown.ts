import { groupBy } from "../cli/collections.ts";
import { isPart } from "./breaks.ts";
import type { ContractDiff } from "./model.ts";
import {
  type ItemGroup,
  outlineDiff,
  type PackageItems,
  type Section,
  selectsPart,
  takeItems,
} from "./outline.ts";
import { describeNew, importPathOf } from "./packages.ts";
import { countSection, groupChanges, type SectionName, summarizeDiff } from "./summary.ts";
import { defaultCommand, type ReportOptions } from "./terminal.ts";
import {
  describeForConsumers,
  describeItem,
  type Item,
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
  const changes = groupChanges(diff.entries);
  const summary = summarizeDiff(diff, changes);
  const head = diff.bump === undefined ? summary : summary.replace(diff.bump, `**${diff.bump}**`);
  const sections = outlineDiff(diff, options, changes);
  const { command = defaultCommand } = options;
  const format = (limit: number) => {
    const blocks = sections.map((section) => formatSection(section, limit, options));
    const isCut = blocks.some((block) => block.includes("\n… "));
    const more = isCut ? [`Everything: ${style.code([...command, "--all"].join(" "))}`] : [];
    return `${[head, ...blocks, ...more].join("\n\n")}\n`;
  };
  // Half as many items each time until the text is short enough. A limit holds for packages, and for the items of each.
  let items = 256;
  let text = diff.entries.length < greatestLength / 32 ? format(Number.POSITIVE_INFINITY) : format(items);
  while (text.length > greatestLength && items > 1) {
    items /= 2;
    text = format(items);
  }
  return text;
}

/** The number of items from which the packages of a section are folded. */
const longSection = 30;

/** Returns a line for the rest of a list, if there is a rest. */
const countRest = (count: number, limit: number) => (count > limit ? [`… ${count - limit} more`] : []);

function formatSection({ name, packages }: Section, limit: number, options: ReportOptions): string {
  const title = `### ${name}`;
  const shown = packages.slice(0, limit);
  const more = countRest(packages.length, limit);
  if (name === "Comments" && !selectsPart(options)) {
    return [[title, "", ...shown.map((members) => `- ${countComments(members)}`)].join("\n"), ...more].join(
      "\n\n",
    );
  }
  const isLong = packages.reduce((sum, { entries }) => sum + entries.length, 0) > longSection;
  const blocks = shown.map((members) => formatPackage(name, members, { limit, isLong }, options));
  return [title, ...blocks, ...more].join("\n\n");
}

function formatPackage(
  section: SectionName,
  { name, groups, count, entries, isNew }: PackageItems,
  { limit, isLong }: { limit: number; isLong: boolean },
  options: ReportOptions,
): string {
  const note = isNew ? [describeNew(name, options.npmName, style.code)] : [];
  // A report that must be cut has no room for all names.
  const names = selectsPart(options) && limit > entries.length ? Number.POSITIVE_INFINITY : style.names;
  const ofSelection = { ...style, names };
  const blocks = [
    ...takeItems(groups, limit).flatMap((group) => formatGroup(group, ofSelection)),
    ...countRest(count, limit),
  ];
  if (isLong) {
    const title = `<code>${escapeHtml(name || noPackage)}</code>: ${countSection(section, entries)}`;
    return [`<details><summary>${title}</summary>`, ...note, ...blocks, "</details>"].join("\n\n");
  }
  const title = [style.code(name || noPackage), ...note.map((text) => `(${text})`)].join(" ");
  return [`#### ${title}`, ...blocks].join("\n\n");
}

function formatGroup({ heading, items, explanation, rules }: ItemGroup, ofItems: Style): string[] {
  const reasons = explanation === "" ? [] : [explanation, rules].map(style.prose);
  const isShared = items.length > 1 && reasons.length > 0;
  return [
    ...(heading === "" ? [] : [`**${style.prose(heading)}**`]),
    items.map((item) => formatItem(item, isShared ? [] : reasons, ofItems)).join("\n"),
    ...(isShared ? [reasons.join("\n<br>")] : []),
  ];
}

function formatItem(item: Item, reasons: string[], ofItems: Style): string {
  return [
    `${describeWithMark(item, ofItems)}${tagPublic(item)}`,
    ...listDetails(item, ofItems),
    ...reasons,
  ].join("\n  <br>");
}

const describeWithMark = (item: Item, ofItems: Style) =>
  `- ${isRemoval(item) ? "removed " : ""}${describeItem(item, ofItems)}`;

/** Returns whether an item has to say that its element is removed: it has no mark before it. */
const isRemoval = ({ entries: [head] }: Item) =>
  head.action === "removed" && head.kind !== "comment" && !isPart(head);

const countComments = ({ name, entries }: PackageItems) =>
  `${style.code(name || noPackage)}: ${countSection("Comments", entries)} (${listNames(entries.map(localName), style)})`;

/**
 * Returns the changes for CHANGELOG.md, for an engineer who updates the npm package: without advice to contributors.
 * The first line is a summary.
 */
export function formatChangelog(diff: ContractDiff, { npmName }: ReportOptions = {}): string {
  const changes = groupChanges(diff.entries);
  const sections = outlineDiff(diff, {}, changes);
  // Comments matter only if nothing else changed.
  const relevant = sections.length === 1 ? sections : sections.filter(({ name }) => name !== "Comments");
  const blocks = relevant.flatMap(({ name, packages }) => {
    const rows = packages.flatMap((members) => describePackage(name, members, npmName));
    return [...(relevant.length > 1 ? [`**${name}**`] : []), rows.join("\n")];
  });
  const summary = summarizeDiff(diff, changes)
    // The bump is a heading in CHANGELOG.md.
    .replace(/^\w+: /, "")
    .replace(/^\d+ breaking/, (count) => `${count} ${count.startsWith("1 ") ? "change" : "changes"}`);
  return [summary, ...blocks].join("\n\n");
}

/** Returns the changes of a package, with one heading for the breaks that have the same effects. */
function describePackage(
  section: SectionName,
  { name, groups, entries, isNew }: PackageItems,
  npmName: string | undefined,
): string[] {
  const path = style.code((importPathOf(name, npmName) ?? name) || noPackage);
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
