// Describes the items of a report in words.

import { groupBy } from "../cli/collections.ts";
import { shortName } from "../contract/descriptors.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import { type Item, isPart, isVague, isWhole, selectMain, toItem } from "./breaks.ts";
import type { Contents, Entry, Kind, Rpc } from "./model.ts";
import { formatCount, kindName } from "./summary.ts";

/** How a report writes the text of a contract. */
export interface Style {
  /** Formats a name or a value. */
  code(text: string): string;
  /** Formats a sentence. */
  prose(text: string): string;
  /** The greatest number of names in a list; of deprecated elements, only a few are named unless it is infinite. */
  names: number;
}

/** Returns a text in one line. Characters that reorder or hide text are shown as in \\u202e. */
export const toLine = (text: string) =>
  text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** https://trojansource.codes */
const hidden = /[\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Returns a text in one line, of at most 200 characters. */
export function shorten(text: string, length = 200): string {
  const line = toLine(text).trim();
  if (line.length <= length) {
    return line;
  }
  const cut = line.slice(0, length - 1);
  const atWord = cut.replace(/\s+\S*$/, "");
  // A text without spaces is cut anywhere, but not within a surrogate pair.
  return `${(atWord.length > length / 2 ? atWord : cut).replace(/[\uD800-\uDBFF]$/, "").trimEnd()}…`;
}

/** What stands for the name of a package if files have none. */
export const noPackage = "(no package)";

/** Returns the name of an element within a package. */
export const nameIn = (name: string, packageName: string) =>
  packageName !== "" && name.startsWith(`${packageName}.`) ? name.slice(packageName.length + 1) : name;

/** Returns a type, such as `map<string, acme.v1.Order>`, without the package's name. */
const typeIn = (type: string, packageName: string) =>
  // A name that another name ends with, as in my_acme.v1.Order, is another package's.
  type.replace(/[\w.]+/g, (name) => nameIn(name, packageName));

/** Returns a list of names, of which a style can leave out some. */
export const listNames = (names: string[], style: Style) =>
  listTexts(names.slice(0, style.names + 1).map(style.code), style, names.length);

/** Returns a list of texts, of which a style can leave out some. */
const listTexts = (texts: string[], { names: limit }: Style, count = texts.length) =>
  [...texts.slice(0, limit), ...(count > limit ? [`${count - limit} more`] : [])].join(", ");

/** Properties whose values are names of types. */
const typeProperties = new Set(["type", "request", "response", "extends", "name"]);

/** Returns the name of what is compared. */
export const describeSnapshot = ({ kind, label }: Snapshot) =>
  kind === "none" ? `nothing: ${label}` : label;

/**
 * Returns the path from which consumers import a proto package: `@agynio/api/metering/v1` for agynio.api.metering.v1;
 * undefined if the package's name does not begin with the npm package's name.
 */
export function importPathOf(packageName: string, npmName = ""): string | undefined {
  const prefix = `${npmName.replace(/^@/, "").replaceAll("/", ".")}.`;
  return npmName && packageName.startsWith(prefix)
    ? `${npmName}/${packageName.slice(prefix.length).replaceAll(".", "/")}`
    : undefined;
}

/** Returns the text of an item: what happened to which elements. */
export function describeItem(item: Item, style: Style): string {
  const [head, ...more] = item.entries;
  if (head.kind === "comment") {
    return style.code(localName(head));
  }
  if (isPart(head)) {
    return describePart(head, item.elements, style);
  }
  if (head.action === "deprecated" && more.length > 0) {
    return describeDeprecated(item, style);
  }
  const number = head.action === "renumbered" ? head.from : head.number;
  const reuse = head.reusedBy ? `; number ${number} reused by ${style.code(head.reusedBy)}` : "";
  return `${describeDeclared(item, style)}${reuse}`;
}

/** Returns a mark for an item of a public API. */
export const tagPublic = ({ elements }: Item) => (elements.some((entry) => entry.public) ? " · public" : "");

/** The number of names of deprecated elements in one line. */
const few = 3;

/** Returns the names of the elements of a resource that are deprecated, by kind; of many, their number and the first. */
function describeDeprecated({ entries }: Item, style: Style): string {
  const [{ service, resource = service }] = entries;
  const kinds = [...groupBy(entries, ({ kind }) => kind)].map(([kind, members]) => {
    const names = members.map(kind === "rpc" ? ({ element }) => shortName(element) : localName);
    return members.length > few && Number.isFinite(style.names)
      ? `${formatCount(members.length, kind)} (${listNames(names, { ...style, names: few })})`
      : `${kindName(kind, members.length)} ${listNames(names, style)}`;
  });
  return `${resource ? `${style.code(resource)}: ` : ""}${kinds.join(", ")} deprecated`;
}

/** Describes the changes of an element that is not an option or a reservation, or the same ones of several elements. */
function describeDeclared(item: Item, style: Style): string {
  const { entries, elements } = item;
  const [head] = entries;
  const [first, second] = elements;
  if (second && isMember(first) && parentName(first) === parentName(second)) {
    const names = elements.map(({ element }) => shortName(element));
    const members = `${formatCount(elements.length, head.kind)} in ${style.code(parentName(head))}`;
    return `${members}: ${listNames(names, style)}`;
  }
  const count = countParts(head, item);
  if (isWhole(head)) {
    return `${describeSubject(head, elements, style)}${describeParts(head, elements, style)}${count}`;
  }
  const changes = entries.map((entry) => describeChange(entry, style)).join(", ");
  if (head.property === "path") {
    return `file ${style.code(head.from ?? "")} ${changes}${count}`;
  }
  const parents = second && isMember(head) ? ` in ${listNames(elements.map(parentName), style)}` : "";
  return `${describeSubject(head, elements, style)}${parents}: ${changes}${count}`;
}

/** Returns whether an entry is about a field or value: several have their short name, and the names of their parents. */
export const isMember = ({ kind }: Entry) => kind === "field" || kind === "value";

/** Returns the name of what declares a field or value, within its package. */
export const parentName = ({ element, package: name }: Entry) =>
  nameIn(element.slice(0, element.lastIndexOf(".")), name);

/** Returns the kind and the name of one element, or of several. */
function describeSubject(head: Entry, elements: Entry[], style: Style): string {
  const { kind, action, element, service } = head;
  const subject = kindName(kind, isMember(head) ? 1 : elements.length);
  if (elements.length > 1 && !isMember(head)) {
    return `${subject} ${listNames(elements.map(localName), style)}`;
  }
  if (kind === "package" && element === "") {
    return action === "renamed" ? `package ${style.code(noPackage)}` : "files without a package";
  }
  // The heading above has the service.
  const hasHeading = action !== "deprecated" && head.impact !== "breaking";
  const isShort = elements.length > 1 || (kind === "rpc" && hasHeading && parentName(head) === service);
  return `${subject} ${style.code(isShort ? shortName(element) : localName(head))}`;
}

/** Returns the name of an entry's element within its package. */
export const localName = ({ element, package: name, file }: Entry) =>
  // A file's path can begin like its package's name.
  element === file ? element : nameIn(element, name);

/** Returns an option or a reservation that changed. */
function describePart(entry: Entry, elements: Entry[], style: Style): string {
  const { kind, action, property = "", from, to } = entry;
  const names = listNames(elements.map(localName), style);
  if (kind === "option") {
    const [option, values] = [`option ${style.code(property)}`, describeValues(entry, style)];
    // Values come before many names, as a line can be cut.
    return elements.length > 1 ? `${option}: ${values}, of ${names}` : `${option} of ${names}: ${values}`;
  }
  return `${style.code(shorten(to ?? from ?? ""))} ${action === "added" ? "" : "no longer "}reserved in ${names}`;
}

function describeValues({ property = "", from, to, package: name }: Entry, { code }: Style): string {
  const describe = (text: string) =>
    text === "" ? '""' : code(shorten(typeProperties.has(property) ? typeIn(text, name) : text));
  return [from, to].map((text) => (text === undefined ? "none" : describe(text))).join(" → ");
}

function describeChange(entry: Entry, style: Style): string {
  const { action, property = "", from, to, package: name } = entry;
  const { code } = style;
  switch (action) {
    case "deprecated":
      return "deprecated";
    case "renamed":
      return `renamed from ${code(nameIn(from ?? "", name) || noPackage)}`;
    case "moved":
      return property === "oneof"
        ? `moved ${[from && `out of ${code(from)}`, to && `into oneof ${code(to)}`].filter(Boolean).join(" and ")}`
        : `moved ${property === "path" ? "" : `from ${code(from ?? "none")} `}to ${code(to ?? "none")}`;
  }
  if (property === "deprecated") {
    return "no longer deprecated";
  }
  if (property === "presence" && from && to) {
    // Implicit presence has no word in a .proto file.
    return to === "implicit" ? `no longer ${from}` : `now ${to}${from === "implicit" ? "" : `, was ${from}`}`;
  }
  return `${property} ${describeValues(entry, style)}`;
}

/** Returns the number of things that a change also adds, moves or removes: ` (12 messages, 1 service)`. */
function countParts({ kind, contents }: Entry, { explained, implied }: Item): string {
  // What moves is listed in the details.
  const listed = groupBy(contents?.counts ? explained.filter(isTopLevelMove) : [], ([first]) => first.kind);
  const parts = (Object.entries(contents?.counts ?? implied) as [Kind, number][])
    .map(([name, count]) => [name, count - (listed.get(name)?.length ?? 0)] as const)
    // A service is counted without its RPCs.
    .filter(([name, count]) => count > 0 && name !== kind && name !== "rpc")
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => formatCount(count, name));
  return parts.length > 0 ? ` (${parts.join(", ")})` : "";
}

const isMove = ({ action, property }: Entry) =>
  action === "renamed" || (action === "moved" && property === "file");

const isTopLevelMove = (entries: Item["entries"]) =>
  entries.some(isMove) && !localName(entries[0]).includes(".");

/** Returns what happened to the other elements of a break, one text for each change of several. */
export function listExplained({ entries: [head], explained }: Item, style: Style): string[] {
  const describeMove = ({ action, to, from = "", package: name, element }: Entry) => {
    const hasSameName = action === "renamed" && nameIn(from, head.package) === nameIn(element, name);
    const target = hasSameName ? name : action === "moved" ? to : undefined;
    return target === undefined ? action : `moved to ${style.code(target || noPackage)}`;
  };
  const keyOf = (entries: Item["entries"]) => {
    const [first, ...more] = entries;
    if (entries.every((entry) => isMove(entry) || (entry.action === "removed" && !isPart(entry)))) {
      return entries.map(describeMove).join(", ");
    }
    const isSimple = more.length === 0 && first.action === "changed" && first.kind !== "option";
    return isSimple ? `${first.kind} ${describeChange(first, style)}` : entries;
  };
  const groups = [...groupBy(explained, keyOf)];
  const rows = groups.slice(0, style.names).map(([key, members]) => {
    const [[first]] = members as [Item["entries"]];
    if (typeof key !== "string") {
      return describeItem(toItem(key), style);
    }
    const elements = members.map(([entry]) => entry);
    if (first.action === "changed") {
      const names = listNames(elements.map(localName), style);
      return `${kindName(first.kind, members.length)} ${names}: ${describeChange(first, style)}`;
    }
    const names = members.map((entries) => {
      const [{ kind, package: name }] = entries;
      const { from = "" } = entries.find(({ action }) => action === "renamed") ?? {};
      const was = key.includes("renamed") ? ` (was ${style.code(nameIn(from, name))})` : "";
      return `${key === "removed" ? `${kindName(kind)} ` : ""}${style.code(localName(entries[0]))}${was}`;
    });
    return `${key}: ${listTexts(names, style)}`;
  });
  return groups.length > rows.length ? [...rows, `${groups.length - rows.length} more`] : rows;
}

/** Returns the number, type or parts of an added or removed element, to follow its name. */
function describeParts(head: Entry, elements: Entry[], style: Style): string {
  const { kind, number, type, oneof, extendee, contents, package: name } = head;
  const { code } = style;
  const list = (names: string[]) => (names.length > 0 ? `: ${listNames(names, style)}` : "");
  const properties = [
    ...(type ? [code(typeIn(type, name))] : []),
    ...(oneof ? [`in oneof ${code(oneof)}`] : []),
    ...(extendee ? [`extends ${code(nameIn(nameIn(extendee, name), "google.protobuf"))}`] : []),
  ];
  switch (kind) {
    case "field":
    case "extension":
    case "value": {
      const isSame = elements.every((entry) => entry.number === number);
      const places = elements.map((entry) => `${parentName(entry)}${isSame ? "" : ` = ${entry.number}`}`);
      return [
        isSame && number !== undefined ? ` = ${number}` : "",
        ...properties,
        ...(elements.length > 1 ? [`in ${listNames(places, style)}`] : []),
      ].join(", ");
    }
    case "service": {
      const { rpcs = [], messages } = contents ?? {};
      return `: ${formatCount(rpcs.length, "rpc")}${messages ? `, ${formatCount(messages.length, "message")}` : ""}`;
    }
    case "rpc": {
      const [rpc] = contents?.rpcs ?? [];
      return rpc ? describeRpc(rpc, contents, name, style) : "";
    }
    case "message":
      return `${list(namesOf(contents?.fields))}${listNested(contents, head.element, style)}`;
    case "enum":
      return list(withoutPrefix(namesOf(contents?.values)));
    case "oneof":
      return list(contents?.members ?? []);
    default:
      return "";
  }
}

/** Returns the request and the response of an RPC with their fields, as far as these are added or removed with it. */
function describeRpc(
  { request, response }: Rpc,
  contents: Contents = {},
  packageName: string,
  style: Style,
): string {
  const { messages = [] } = contents;
  const fieldsOf = new Map(messages.map(({ name, fields }) => [name, fields]));
  const describe = (type: string) => {
    const fields = namesOf(fieldsOf.get(withoutStream(type)));
    return `${style.code(typeIn(type, packageName))}${fields.length > 0 ? ` (${listNames(fields, style)})` : ""}`;
  };
  const used = [request, response].map(withoutStream);
  const others = messages.filter(({ name }) => !used.includes(name));
  const nested = listNested({ ...contents, messages: others }, packageName, style);
  return `: ${describe(request)} → ${describe(response)}${nested}`;
}

const withoutStream = (type: string) => type.replace(/^stream /, "");

/** Returns the names of messages and enums that are part of another change, to follow its text. */
function listNested({ messages = [], enums = [] }: Contents = {}, scope: string, style: Style): string {
  const names = [...messages, ...enums].map(({ name }) => nameIn(name, scope));
  return names.length > 0 ? `, with ${listNames(names, style)}` : "";
}

const namesOf = (named: { name: string }[] = []) => named.map(({ name }) => name);

/** Returns the names of an enum's values without their common prefix. */
function withoutPrefix(names: string[]): string[] {
  const parts = (names[0] ?? "").split("_").map((_, index, all) => `${all.slice(0, index + 1).join("_")}_`);
  const prefix =
    parts.findLast((part) => names.every((name) => name.startsWith(part) && name !== part)) ?? "";
  return names.map((name) => name.slice(prefix.length));
}

/** Returns the details of an item, to follow its text: the first sentence of its comment, RPCs, what buf says of a break. */
export function listDetails(item: Item, style: Style, hasSentence = true): string[] {
  const [{ kind, from, to }] = item.entries;
  if (kind === "comment") {
    return [...(from ? [`was: ${style.prose(from)}`] : []), ...(to ? [`is: ${style.prose(to)}`] : [])];
  }
  const messages = isVague(item) ? selectMain(item).map(({ message }) => style.prose(shorten(message))) : [];
  const sentences = hasSentence ? quoteSentence(item, style) : [];
  return [...sentences, ...listRpcs(item, style), ...listExplained(item, style), ...messages];
}

/** Returns the first sentence of the comment of an added, removed or deprecated element, if it has one. */
export function quoteSentence({ entries }: Item, { prose }: Style): string[] {
  const [head] = entries;
  const { comment } = head;
  const isQuoted = isWhole(head) || head.action === "deprecated";
  return comment && isQuoted && entries.every((entry) => entry.comment === comment)
    ? [prose(shorten(comment))]
    : [];
}

/** Returns the names of the RPCs of an added or removed service by resource. */
export function listRpcs({ entries: [{ kind, contents }] }: Item, style: Style): string[] {
  const groups = [...groupBy(kind === "service" ? (contents?.rpcs ?? []) : [], ({ resource }) => resource)];
  const other = groups.length === 1 ? "RPCs" : "Other";
  return groups
    .sort(([a], [b]) => Number(!a) - Number(!b))
    .map(([resource = other, rpcs]) => `${style.prose(resource)}: ${listNames(namesOf(rpcs), style)}`);
}
