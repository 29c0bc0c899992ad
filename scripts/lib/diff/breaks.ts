import type { Finding } from "../breaking/findings.ts";
import { describeEffect, explainFinding, listRules } from "../breaking/report.ts";
import { groupBy } from "../cli/collections.ts";
import type { Entry, Kind } from "./model.ts";

/** What a report prints as one item: a break, or changes that are none. */
export interface Item {
  /**
   * The changes of one element, or the deprecations of one resource. The first says most about a break, as that of a
   * package or a file does.
   */
  entries: [Entry, ...Entry[]];
  /** An entry of each element that has these changes. */
  elements: [Entry, ...Entry[]];
  /** Other entries of a break by their elements, but those that the first implies. An option or a reservation is alone. */
  explained: [Entry, ...Entry[]][];
  /** The number of entries that the first implies, by kind. */
  implied: Partial<Record<Kind, number>>;
  /** The findings of a break, that about the first entry first. */
  findings: Finding[];
}

/** Returns changes that are no break as an item. */
export const toItem = (entries: Entry[]): Item => ({
  ...{ entries: entries as Item["entries"], elements: entries.slice(0, 1) as Item["elements"] },
  ...{ explained: [], implied: {}, findings: [] },
});

/** Groups the breaking entries that share findings, directly or through others, in the order of their first entries. */
export function groupBreaks(entries: Entry[]): Item[] {
  const breaking = entries.filter(({ findings }) => findings !== undefined);
  const pairs = breaking.flatMap((entry) => keysOf(entry).map((key) => ({ entry, key })));
  const members = groupBy(pairs, ({ key }) => key);
  const grouped = new Set<Entry>();
  return breaking.flatMap((entry) => {
    if (grouped.has(entry)) {
      return [];
    }
    const group = new Set([entry]);
    // A set can grow while it is iterated.
    for (const member of group) {
      grouped.add(member);
      for (const key of keysOf(member)) {
        for (const other of members.get(key) ?? []) {
          group.add(other.entry);
        }
        members.delete(key);
      }
    }
    return [describeGroup([...group])];
  });
}

/** Returns what identifies the findings of an entry: each entry has only its own violations of a finding. */
const keysOf = ({ findings = [] }: Entry) => findings.map(({ element, advice }) => `${element}: ${advice}`);

function describeGroup(entries: Entry[]): Item {
  const findings = entries.flatMap((entry) => entry.findings ?? []);
  const elements = new Set(findings.map(({ element }) => element));
  const head =
    entries.find(({ kind }) => kind === "package") ??
    entries.find(({ kind }) => kind === "file") ??
    entries.find((entry) => elements.has(entry.element) && !isPart(entry)) ??
    (entries[0] as Entry);
  const isOfHead = (entry: Entry) =>
    entry.element === head.element && entry.package === head.package && !isPart(entry) && !isPart(head);
  const others = entries.filter((entry) => entry !== head);
  const own = others.filter(isOfHead);
  const cause = own.find(({ property }) => property === "package") ?? head;
  const byRelation = groupBy(
    others.filter((entry) => !isOfHead(entry)),
    (entry) => isImplied(entry, cause),
  );
  const implied = [...groupBy(byRelation.get(true) ?? [], ({ kind }) => kind)];
  const explained = groupBy(byRelation.get(false) ?? [], (entry) => (isPart(entry) ? entry : entry.element));
  return {
    entries: [head, ...own],
    elements: [head],
    explained: [...explained.values()] as Item["explained"],
    implied: Object.fromEntries(implied.map(([kind, members]) => [kind, members.length])),
    findings: [...new Set([...(head.findings ?? []), ...findings])],
  };
}

/** Returns whether an entry is about a part of its element. */
export const isPart = ({ kind }: Entry) => kind === "option" || kind === "reserved";

/** Returns whether an entry adds or removes its element. */
export const isWhole = (entry: Entry) =>
  (entry.action === "added" || entry.action === "removed") && !isPart(entry);

/** Returns whether the removal of a package, file or parent, or another package of a file, implies an entry. */
function isImplied(entry: Entry, cause: Entry): boolean {
  const { action, element, from = "" } = entry;
  if (action === "removed" && cause.action === "removed") {
    const hasAll = cause.kind === "package" || cause.kind === "file";
    return !isPart(entry) && (hasAll || element.startsWith(`${cause.element}.`));
  }
  const isPackageChange = cause.kind === "file" && cause.property === "package";
  return (
    isPackageChange && action === "renamed" && suffixOf(from, cause.from) === suffixOf(element, cause.to)
  );
}

/** Returns a full name without its package. */
const suffixOf = (name: string, packageName = "") =>
  packageName === "" ? `.${name}` : name.slice(packageName.length);

/** Returns whether only the messages of a break's rules state what is wrong. */
export const isVague = ({ entries, findings }: Item) =>
  findings.length > 0 && entries.every(({ from, to, action }) => !from && !to && action !== "removed");

/** What breaks can break, the worst first, and what that means for an engineer who updates. */
const consumerEffects = {
  wire: "bytes of other versions are misread, and code that uses it can stop compiling",
  json: "JSON of other versions is misread, and code that uses it can stop compiling",
  calls: "calls of earlier clients fail, and code that uses it stops compiling",
  code: "code that uses it can stop compiling",
};

const ranks = Object.keys(consumerEffects);

/** Returns the rank of what a finding breaks; the worst has 0. */
const rankFinding = ({ severity, endsCalls }: Finding) =>
  ranks.indexOf(severity === "code" && endsCalls ? "calls" : severity);

/** Returns the rank of what a break breaks; the worst has 0. */
export const rankBreak = ({ findings }: Item) =>
  findings.map(rankFinding).reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** Returns what a break means for an engineer who updates; "" if there are no findings. */
export const describeForConsumers = (item: Item) => Object.values(consumerEffects)[rankBreak(item)] ?? "";

/** Returns the first finding, which is about the head, and one that breaks most: others follow from these. */
export function selectMain(item: Item): Finding[] {
  const { entries, findings } = item;
  const rank = rankBreak(item);
  const worst = findings.filter((finding) => rankFinding(finding) === rank).slice(0, 1);
  // The findings of a package are about what it declares.
  return [...new Set([...(entries[0].kind === "package" ? [] : findings.slice(0, 1)), ...worst])];
}

/** Returns what a break breaks, and what to do instead; "" if there are no findings. */
export const explainBreak = (item: Item): string =>
  [...new Set(selectMain(item).map((finding) => explainFinding(finding)))].join(" ");

/** Returns what a break breaks; "" if there are no findings. */
export const describeEffects = (item: Item): string =>
  selectMain(item).slice(-1).map(describeEffect).join("");

/** Returns the rules that forbid several breaks. */
export const listBrokenRules = (breaks: Item[]): string =>
  listRules(breaks.flatMap(({ findings }) => findings.flatMap(({ violations }) => violations)));
