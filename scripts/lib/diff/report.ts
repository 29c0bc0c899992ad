import { groupBy } from "../cli/collections.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Action, Contents, ContractDiff, Entry, Rpc, Value } from "./model.ts";
import { formatCount, kindName, summarizeDiff } from "./summary.ts";

/** Returns all changes for a terminal, by package, service and resource. */
export function formatTerminal(diff: ContractDiff): string {
  const packages = [...groupBy(diff.entries, (entry) => entry.package)].map(([name, entries]) => {
    const places = [...groupByPlace(entries)].flatMap(([place, members]) => [
      ...(place === "" ? [] : [`  ${place}`]),
      ...describeEntries(members, plain).flatMap(({ action, text, details }) => [
        ...wrap(`${markOf(action)} ${text}`, "    ", "      "),
        ...details.flatMap((detail) => wrap(detail, "        ")),
      ]),
    ]);
    return [`${name}${describePackage(entries)}`, ...places].join("\n");
  });
  const title = `${describeSnapshot(diff.before)} → ${describeSnapshot(diff.after)}`;
  return `${[`${title}\n${summarizeDiff(diff)}`, ...packages].join("\n\n")}\n`;
}

/** Returns all changes as Markdown, for a pull request or a changelog. The first line is the summary. */
export function formatMarkdown(diff: ContractDiff): string {
  const packages = [...groupBy(diff.entries, (entry) => entry.package)].flatMap(([name, entries]) => [
    `### \`${name}\`${describePackage(entries)}`,
    ...[...groupByPlace(entries)].flatMap(([place, members]) => [
      ...(place === "" ? [] : [`**${place}**`]),
      describeEntries(members, inBackticks)
        .map(({ action, text, details }) =>
          [`- ${action} ${text}`, ...details.map((detail) => `  <br>${escapeTags(detail)}`)].join("\n"),
        )
        .join("\n"),
    ]),
  ]);
  const summary = summarizeDiff(diff);
  const head = diff.bump === undefined ? summary : summary.replace(diff.bump, `**${diff.bump}**`);
  return `${[head, ...packages].join("\n\n")}\n`;
}

/** Returns all changes for programs, in the format of schema.json. */
export function formatJson(diff: ContractDiff): string {
  const report = {
    before: describeSnapshot(diff.before),
    after: describeSnapshot(diff.after),
    bump: diff.bump ?? null,
    summary: summarizeDiff(diff),
    entries: diff.entries,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

const describeSnapshot = ({ kind, label }: Snapshot) => (kind === "none" ? `nothing: ${label}` : label);

/** Returns what a heading adds to the name of a package that is added or removed. */
function describePackage(entries: Entry[]): string {
  const entry = entries.find(({ kind }) => kind === "package");
  if (entry === undefined) {
    return "";
  }
  const change = entry.action === "added" ? "new package" : "package removed";
  return ` (${[change, ...tagsOf(entry)].join(", ")})`;
}

/** Groups the entries of a package, except that of the package itself, by service and resource. */
const groupByPlace = (entries: Entry[]) =>
  groupBy(
    entries.filter(({ kind }) => kind !== "package"),
    ({ service, resource }) => [service, resource].filter((name) => name !== undefined).join(" · "),
  );

const tagsOf = ({ impact, public: isPublic }: Entry) => [
  ...(impact === "breaking" ? ["breaking"] : []),
  ...(isPublic ? ["public surface"] : []),
];

const markOf = (action: Action) => (action === "added" ? "+" : action === "removed" ? "-" : "~");

/** Formats a name of the contract. */
type Code = (name: string) => string;
const plain: Code = (name) => name;
/** The fence has more backticks than any run in the text: https://spec.commonmark.org/0.31.2/#code-spans */
const inBackticks: Code = (name) => {
  const text = name.replace(/\s+/g, " ");
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  return runs.length > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
};

/** Returns Markdown in which no text is an HTML tag. Code in backticks needs no change. */
const escapeTags = (text: string) =>
  text.replace(/(`[^`]*`)|</g, (_, code: string | undefined) => code ?? "&lt;");

/** The description of an entry, or of all comments of a group with the same action. */
interface Item {
  action: Action;
  text: string;
  details: string[];
}

function describeEntries(entries: Entry[], code: Code): Item[] {
  const comments = groupBy(
    entries.filter(({ kind }) => kind === "comment"),
    ({ action }) => action,
  );
  return [
    ...entries
      .filter(({ kind }) => kind !== "comment")
      .map((entry) => ({
        action: entry.action,
        text: [describeChange(entry, code), ...tagsOf(entry)].join(" · "),
        details: detailsOf(entry, code),
      })),
    ...[...comments].map(([action, members]) => ({
      action,
      text: `${members.length === 1 ? "comment" : "comments"} of ${members.map((entry) => code(localName(entry))).join(", ")}`,
      details: [],
    })),
  ];
}

/** Returns the name of an entry's element within its package. */
const localName = (entry: Entry) => removePackage(entry.element, entry);

const removePackage = (text: string, { package: name }: Entry) =>
  name === "" ? text : text.replaceAll(`${name}.`, "");

function describeChange(entry: Entry, code: Code): string {
  const { kind, action, property, from, to } = entry;
  const [earlier, later] = [from, to].map((text) => (text ? code(removePackage(text, entry)) : "none"));
  const name = code(localName(entry));
  if (kind === "option") {
    const value = action === "changed" ? `${earlier} → ${later}` : code(to ?? from ?? "");
    return `option ${code(`${property}`)} of ${name}: ${value}`;
  }
  if (kind === "reserved") {
    return `${kindName(kind)} of ${code(to ?? from ?? "")} in ${name}`;
  }
  const subject = `${kindName(kind)} ${name}`;
  switch (action) {
    case "added":
    case "removed":
      return `${subject}${describeParts(entry, code)}`;
    case "deprecated":
      return `${subject}: deprecated`;
    case "renumbered":
      return `${subject}: number ${earlier} → ${later}`;
    case "renamed":
      return `${subject}: renamed from ${earlier}`;
    case "moved":
      return `${subject}: moved from ${property} ${earlier} to ${later}`;
    case "changed":
      return `${subject}: ${property} ${earlier} → ${later}`;
  }
}

/** Returns the number, type or parts of an added or removed element, to follow its name. */
function describeParts(entry: Entry, code: Code): string {
  const { kind, number, type, contents } = entry;
  const list = (names: string[]) => (names.length > 0 ? `: ${names.map(code).join(", ")}` : "");
  switch (kind) {
    case "field":
    case "extension":
      return `, number ${number}, ${code(removePackage(type ?? "", entry))}`;
    case "value":
      return `, number ${number}`;
    case "service":
      return `: ${formatCount(contents?.rpcs?.length ?? 0, "rpc")}${countMessages(contents)}`;
    case "rpc":
      return countMessages(contents);
    case "message":
      return list((contents?.fields ?? []).map(({ name }) => name));
    case "enum":
      return list(valueNames(contents?.values ?? []));
    default:
      return "";
  }
}

const countMessages = (contents?: Contents) =>
  contents?.messages ? `, ${formatCount(contents.messages.length, "message")} of its own` : "";

/** Returns the names of an enum's values without their common prefix. */
function valueNames(values: Value[]): string[] {
  const names = values.map(({ name }) => name);
  const parts = (names[0] ?? "").split("_").map((_, index, all) => `${all.slice(0, index + 1).join("_")}_`);
  const prefix =
    parts.findLast((part) => names.every((name) => name.startsWith(part) && name !== part)) ?? "";
  return names.map((name) => name.slice(prefix.length));
}

function detailsOf(entry: Entry, code: Code): string[] {
  const { action, kind, comment, contents, findings = [] } = entry;
  const isPart = kind === "option" || kind === "reserved";
  const hasComment = !isPart && ["added", "removed", "deprecated"].includes(action);
  const rpcs = contents?.rpcs ?? [];
  return [
    ...(comment && hasComment ? [comment] : []),
    ...(kind === "service" ? listByResource(rpcs, code) : []),
    ...(kind === "rpc"
      ? rpcs.map((rpc) => removePackage(`${code(rpc.request)} → ${code(rpc.response)}`, entry))
      : []),
    ...findings.flatMap(({ violations }) => violations.map(({ rule, message }) => `${rule}: ${message}`)),
  ];
}

const listByResource = (rpcs: Rpc[], code: Code) =>
  [...groupBy(rpcs, ({ resource }) => resource)].map(
    ([resource = "Other", members]) => `${resource}: ${members.map(({ name }) => code(name)).join(", ")}`,
  );

/** Columns that fit most terminals and README.md. */
const width = 110;

/** Wraps a text into lines, of which the first and all further ones have their own indentation. */
function wrap(text: string, first: string, further = first): string[] {
  const rows: string[] = [];
  for (const word of text.split(" ")) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      rows[rows.length - 1] = `${last} ${word}`;
    } else {
      rows.push(`${last === undefined ? first : further}${word}`);
    }
  }
  return rows;
}
