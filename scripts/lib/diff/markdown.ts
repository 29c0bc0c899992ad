import { groupBy } from "../cli/collections.ts";
import { isPart } from "./breaks.ts";
import type { ContractDiff } from "./model.ts";
import {
  type ItemGroup,
  outlineDiff,
  type PackageItems,
  type Section,
  selectMembers,
  selectSection,
  takeItems,
} from "./outline.ts";
import { describeNew, importPathOf } from "./packages.ts";
import { countSection, groupChanges, summarizeDiff } from "./summary.ts";
import { defaultCommand, type ReportOptions } from "./terminal.ts";
import {
  adviseConsumers,
  describeEffects,
  describeItem,
  describeRemoval,
  type Item,
  listDetails,
  listNames,
  listRpcs,
  localName,
  quoteSentence,
  type Style,
  shorten,
  tagPublic,
} from "./words.ts";

/** GitHub accepts no comment that is longer: https://docs.github.com/rest/issues/comments */
const greatestLength = 65_536;

/**
 * Returns the changes as Markdown, for a pull request or a job summary. The first line is the summary. Long sections
 * are folded.
 *
 * @throws UserError (exit code 2) if nothing changed in the selected package.
 */
export function formatMarkdown(diff: ContractDiff, options: ReportOptions = {}): string {
  const changes = groupChanges(diff.entries);
  const summary = summarizeDiff(diff, changes);
  const head = diff.bump === undefined ? summary : summary.replace(diff.bump, `**${diff.bump}**`);
  const sections = outlineDiff(diff, options, changes);
  const format = (items: number) =>
    `${[head, ...sections.map((section) => formatSection(section, items, options))].join("\n\n")}\n`;
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

function formatSection(section: Section, limit: number, options: ReportOptions): string {
  const { name, packages } = section;
  const title = `### ${name}`;
  const shown = packages.slice(0, limit);
  const more = offerMore(packages.length - limit, options, [selectSection(section)]);
  if (name === "Comments" && !options.comments) {
    return [title, "", ...[...shown.map(countComments), ...more].map((row) => `- ${row}`)].join("\n");
  }
  const isLong = packages.reduce((sum, { entries }) => sum + entries.length, 0) > longSection;
  const blocks = shown.map((members) => formatPackage(section, members, { limit, isLong }, options));
  return [title, ...blocks, ...more].join("\n\n");
}

/** Returns a line that offers a command for the rest of a list, if there is a rest. */
function offerMore(rest: number, { command = defaultCommand }: ReportOptions, selection: string[]): string[] {
  return rest > 0 ? [`… ${rest} more: ${style.code([...command, ...selection].join(" "))}`] : [];
}

function formatPackage(
  section: Section,
  members: PackageItems,
  { limit, isLong }: { limit: number; isLong: boolean },
  options: ReportOptions,
): string {
  const { name, groups, count, entries, isNew } = members;
  const note = isNew ? [describeNew(name, options.npmName, style.code)] : [];
  const blocks = [
    ...takeItems(groups, limit).flatMap(formatGroup),
    ...offerMore(count - limit, options, selectMembers(section, members)),
  ];
  if (isLong) {
    const title = `${name === "" ? "" : `<code>${escapeHtml(name)}</code>: `}${countSection(section.name, entries)}`;
    return [`<details><summary>${title}</summary>`, ...note, ...blocks, "</details>"].join("\n\n");
  }
  const title = [style.code(name), ...note.map((text) => `(${text})`)].join(" ");
  return [...(name === "" ? [] : [`#### ${title}`]), ...blocks].join("\n\n");
}

function formatGroup({ heading, items, explanation, rules }: ItemGroup): string[] {
  const reasons = explanation === "" ? [] : [explanation, rules].map(style.prose);
  const isShared = items.length > 1 && reasons.length > 0;
  return [
    ...(heading === "" ? [] : [`**${style.prose(heading)}**`]),
    items.map((item) => formatItem(item, isShared ? [] : reasons)).join("\n"),
    ...(isShared ? [reasons.join("\n<br>")] : []),
  ];
}

function formatItem(item: Item, reasons: string[]): string {
  const text = `- ${isRemoval(item) ? "removed " : ""}${describeItem(item, style)}${tagPublic(item)}`;
  return [text, ...listDetails(item, style), ...reasons].join("\n  <br>");
}

/** Returns whether an item has to say that its element is removed: it has no mark before it. */
const isRemoval = ({ entries: [head] }: Item) =>
  head.action === "removed" && head.kind !== "comment" && !isPart(head);

const countComments = ({ name, entries }: PackageItems) =>
  `${name === "" ? "" : `${style.code(name)}: `}${countSection("Comments", entries)} (${listNames(entries.map(localName), style)})`;

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
    const rows = packages.flatMap((members) =>
      name === "Comments" ? [`- ${countComments(members)}`] : describePackage(members, npmName),
    );
    return [...(relevant.length > 1 ? [`**${name}**`] : []), rows.join("\n")];
  });
  const summary = summarizeDiff(diff, changes)
    // The bump is a heading in CHANGELOG.md.
    .replace(/^\w+: /, "")
    .replace(/^\d+ breaking/, (count) => `${count} ${count.startsWith("1 ") ? "change" : "changes"}`);
  return [summary, ...blocks].join("\n\n");
}

/** Returns the changes of a package, with one heading for the breaks that have the same effects. */
function describePackage({ name, groups, isNew }: PackageItems, npmName: string | undefined): string[] {
  const path = importPathOf(name, npmName) ?? name;
  const items = groups.flatMap((group) => group.items);
  return [...groupBy(items, describeEffects)].flatMap(([effects, members]) => {
    const rows = members.map(describeForConsumers);
    const title = [
      ...(path === "" ? [] : [style.code(path)]),
      ...(isNew ? ["is new"] : []),
      ...(effects === "" ? [] : [path === "" ? effects : `(${effects})`]),
    ];
    return title.length > 0
      ? [`- ${title.join(" ")}:`, ...rows.map((row) => `  ${row.replaceAll("\n", "\n  ")}`)]
      : rows;
  });
}

function describeForConsumers(item: Item): string {
  const isRemoved = isRemoval(item);
  const text = isRemoved ? describeRemoval(item, style) : describeItem(item, style);
  const sentences = [...(isRemoved ? [] : quoteSentence(item, style)), ...adviseConsumers(item, style)];
  const rpcs = isRemoved ? [] : listRpcs(item, style).map((row) => `\n  - ${row}`);
  return `- ${text}. ${sentences.join(" ")}`.trimEnd() + rpcs.join("");
}

/** Writes names in backticks. The fence has more of them than any run in the text: https://spec.commonmark.org/0.31.2/#code-spans */
const style: Style = {
  code(name) {
    const text = name.replace(/[\s\p{Cc}]+/gu, " ");
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

/** Code, which stays; what GitHub links to a person, an issue or a commit; constants; and characters that are markup. */
const markup =
  /(`[^`]+`)|((?<![\w`])(?:[\w/.-]*[@#]\w[\w-]*(?:\/[\w-]+)?|GH-\d+|(?=[a-f]*\d)[0-9a-f]{7,40}\b|[A-Z]+(?:_[A-Z0-9]+)+\b))|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|[\\`*[\]<|~]/g;

const escapeHtml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
