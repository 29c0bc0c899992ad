import type { Action, Contents, ContractDiff, Entry, Rpc, Value } from "./model.ts";
import { count, kindName, summary, weight } from "./summary.ts";

/** Entries that have something in common. */
interface Group {
  /** "" for those that have none. */
  name: string;
  entries: Entry[];
}

function groupBy(entries: Entry[], key: (entry: Entry) => string): Group[] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    groups.set(key(entry), [...(groups.get(key(entry)) ?? []), entry]);
  }
  return [...groups].map(([name, members]) => ({ name, entries: members }));
}

const packagesOf = ({ entries }: ContractDiff) => groupBy(entries, (entry) => entry.package);

/** What a package's heading says of it beside its name. */
function fate(entries: Entry[]): string {
  const own = entries.find(({ kind }) => kind === "package");
  const words = own ? [own.action === "added" ? "new package" : "package removed", ...tags(own)] : [];
  return words.length > 0 ? ` (${words.join(", ")})` : "";
}

/** The entries of a package that are not about it as a whole, by service and resource. */
const placesOf = (entries: Entry[]) =>
  groupBy(
    entries.filter(({ kind }) => kind !== "package"),
    ({ service, resource }) => [service, resource].filter((name) => name !== undefined).join(" · "),
  );

function tags({ weight, public: isPublic }: Entry): string[] {
  return [...(weight === "breaking" ? ["breaking"] : []), ...(isPublic ? ["public surface"] : [])];
}

/** All changes for a terminal, by package, service and resource. */
export function toTerminal(diff: ContractDiff): string {
  const packages = packagesOf(diff).map(({ name, entries }) => {
    const places = placesOf(entries).flatMap(({ name: place, entries: members }) => [
      ...(place === "" ? [] : [`  ${place}`]),
      ...items(members, plain).flatMap(({ action, text, details }) => [
        ...wrapped(`${marks[action]} ${text}`, "    ", "      "),
        ...details.flatMap((detail) => wrapped(detail, "        ")),
      ]),
    ]);
    return [`${name}${fate(entries)}`, ...places].join("\n");
  });
  return `${[`${diff.before.label} → ${diff.after.label}\n${summary(diff)}`, ...packages].join("\n\n")}\n`;
}

/** All changes as Markdown, for a pull request or a changelog; the summary is its first line. */
export function toMarkdown(diff: ContractDiff): string {
  const packages = packagesOf(diff).flatMap(({ name, entries }) => [
    `### \`${name}\`${fate(entries)}`,
    ...placesOf(entries).flatMap(({ name: place, entries: members }) => [
      ...(place === "" ? [] : [`**${place}**`]),
      items(members, inBackticks)
        .map(({ action, text, details }) =>
          [`- ${action} ${text}`, ...details.map((detail) => `  <br>${escaped(detail)}`)].join("\n"),
        )
        .join("\n"),
    ]),
  ]);
  const bump = weight(diff);
  const head = bump === undefined ? summary(diff) : summary(diff).replace(bump, `**${bump}**`);
  return `${[head, ...packages].join("\n\n")}\n`;
}

/** Text in which no word is a tag; what is in backticks is safe as it is. */
const escaped = (text: string) =>
  text.replace(/(`[^`]*`)|</g, (_, literal: string | undefined) => literal ?? "&lt;");

/** All changes for programs, as schema.json says. */
export function toJson(diff: ContractDiff): string {
  const { before, after, entries } = diff;
  const report = {
    before: before.label,
    after: after.label,
    weight: weight(diff) ?? null,
    summary: summary(diff),
    entries,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

const marks: Record<Action, string> = {
  added: "+",
  removed: "-",
  changed: "~",
  moved: "~",
  renamed: "~",
  deprecated: "~",
};

/** How names from the contract are set off. */
type Code = (name: string) => string;
const plain: Code = (name) => name;
/** https://spec.commonmark.org/0.31.2/#code-spans: by more backticks than the text has in a row. */
const inBackticks: Code = (name) => {
  const text = name.replace(/\s+/g, " ");
  const inside = text.match(/`+/g) ?? [];
  const fence = "`".repeat(1 + Math.max(0, ...inside.map((run) => run.length)));
  return inside.length > 0 ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
};

/** What is said of one entry, or of all comments of a group. */
interface Item {
  action: Action;
  text: string;
  details: string[];
}

function items(entries: Entry[], code: Code): Item[] {
  const comments = groupBy(
    entries.filter(({ kind }) => kind === "comment"),
    ({ action }) => action,
  );
  return [
    ...entries
      .filter(({ kind }) => kind !== "comment")
      .map((entry) => ({
        action: entry.action,
        text: [headline(entry, code), ...tags(entry)].join(" · "),
        details: details(entry, code),
      })),
    ...comments.map(({ name, entries: members }) => ({
      action: name as Action,
      text: `${members.length === 1 ? "comment" : "comments"} of ${members.map((entry) => code(localName(entry))).join(", ")}`,
      details: [],
    })),
  ];
}

/** An element's name within its package. */
const localName = (entry: Entry) => local(entry.element, entry);

/** A text without the names of the entry's package. */
const local = (text: string, { package: name }: Entry) =>
  name === "" ? text : text.replaceAll(`${name}.`, "");

function headline(entry: Entry, code: Code): string {
  const { kind, action, property, from, to } = entry;
  const [was, is] = [from, to].map((text) => (text ? code(local(text, entry)) : "none"));
  const name = code(localName(entry));
  if (kind === "option") {
    return `option ${code(`${property}`)} of ${name}: ${action === "changed" ? `${was} → ${is}` : code(to ?? from ?? "")}`;
  }
  if (kind === "reserved") {
    return `${kindName(kind)} of ${code(to ?? from ?? "")} in ${name}`;
  }
  switch (action) {
    case "added":
    case "removed":
      return `${kindName(kind)} ${name}${signature(entry, code)}`;
    case "deprecated":
      return `${kindName(kind)} ${name}: deprecated`;
    case "renamed":
      return `${kindName(kind)} ${name}: renamed from ${was}`;
    case "moved":
      return `${kindName(kind)} ${name}: moved from ${property} ${was} to ${is}`;
    case "changed":
      return `${kindName(kind)} ${name}: ${property} ${was} → ${is}`;
  }
}

/** What an element is, after its name. */
function signature(entry: Entry, code: Code): string {
  const { kind, number, type, contents } = entry;
  switch (kind) {
    case "field":
    case "extension":
      return `, number ${number}, ${code(local(type ?? "", entry))}`;
    case "value":
      return `, number ${number}`;
    case "service":
      return `: ${count(contents?.rpcs?.length ?? 0, "rpc")}${ownMessages(contents)}`;
    case "rpc":
      return ownMessages(contents);
    case "message":
      return listed(
        (contents?.fields ?? []).map(({ name }) => name),
        code,
      );
    case "enum":
      return listed(valueNames(contents?.values ?? []), code);
    default:
      return "";
  }
}

const listed = (names: string[], code: Code) =>
  names.length > 0 ? `: ${names.map((name) => code(name)).join(", ")}` : "";

const ownMessages = (contents?: Contents) =>
  contents?.messages ? `, ${count(contents.messages.length, "message")} of its own` : "";

function details(entry: Entry, code: Code): string[] {
  const { action, kind, comment, contents, breaks = [] } = entry;
  const isWhole = action === "added" || action === "removed";
  return [
    ...(comment && kind !== "option" && kind !== "reserved" && (isWhole || action === "deprecated")
      ? [comment]
      : []),
    ...(kind === "service" ? rpcLines(contents?.rpcs ?? [], code) : []),
    ...(kind === "rpc" ? (contents?.rpcs ?? []).map((rpc) => local(rpcTypes(rpc, code), entry)) : []),
    ...breaks.map(({ rule, message }) => `${rule}: ${message}`),
  ];
}

const rpcTypes = ({ request, response }: Rpc, code: Code) => `${code(request)} → ${code(response)}`;

function rpcLines(rpcs: Rpc[], code: Code): string[] {
  const names = (all: Rpc[]) => all.map(({ name }) => code(name)).join(", ");
  const resources = [...new Set(rpcs.map(({ resource }) => resource))];
  return resources.map((resource) => {
    const own = rpcs.filter((rpc) => rpc.resource === resource);
    return `${resource ?? "Other"}: ${names(own)}`;
  });
}

/** Names of an enum's values without what all of them begin with. */
function valueNames(values: Value[]): string[] {
  const names = values.map(({ name }) => name);
  const parts = (names[0] ?? "").split("_").map((_, index, all) => `${all.slice(0, index + 1).join("_")}_`);
  const prefix = parts.findLast((one) => names.every((name) => name.startsWith(one) && name !== one)) ?? "";
  return names.map((name) => name.slice(prefix.length));
}

/** Columns that fit most terminals, and this repository's README. */
const width = 110;

function wrapped(text: string, indent: string, further = indent): string[] {
  const rows: string[] = [];
  for (const word of text.split(" ")) {
    const last = rows.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      rows[rows.length - 1] = `${last} ${word}`;
    } else {
      rows.push(`${last === undefined ? indent : further}${word}`);
    }
  }
  return rows;
}
