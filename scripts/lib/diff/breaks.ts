import type { Finding } from "../breaking/findings.ts";
import { groupBy } from "../cli/collections.ts";
import type { Entry, Kind } from "./model.ts";

/** One break: the entries and the findings that explain each other. */
export interface Break {
  /** The entry that says most about it: a package before a file, a file before what it declares. */
  head: Entry;
  /** The changes of the head's element, the head first. */
  entries: [Entry, ...Entry[]];
  /** All others by their elements, but those that the head implies. An option or a reservation is alone. */
  explained: [Entry, ...Entry[]][];
  /** The number of entries that the head implies, by kind. */
  implied: Partial<Record<Kind, number>>;
  /** All findings, that about the head first. */
  findings: Finding[];
}

/** Groups the breaking entries that share findings, directly or through others, in the order of their first entries. */
export function groupBreaks(entries: Entry[]): Break[] {
  const breaking = entries.filter(({ findings }) => findings !== undefined);
  const pairs = breaking.flatMap((entry) => keysOf(entry).map((key) => ({ entry, key })));
  const members = groupBy(pairs, ({ key }) => key);
  const grouped = new Set<Entry>();
  return breaking.flatMap((entry) => {
    if (grouped.has(entry)) {
      return [];
    }
    const group = new Set([entry]);
    const keys = new Set(keysOf(entry));
    // A set can grow while it is iterated.
    for (const key of keys) {
      for (const { entry: member } of members.get(key) ?? []) {
        if (!group.has(member)) {
          group.add(member);
          grouped.add(member);
          for (const other of keysOf(member)) {
            keys.add(other);
          }
        }
      }
    }
    return [describeGroup([...group])];
  });
}

/** Returns what identifies the findings of an entry: each entry has only its own violations of a finding. */
const keysOf = ({ findings = [] }: Entry) => findings.map(({ element, advice }) => `${element}: ${advice}`);

function describeGroup(entries: Entry[]): Break {
  const findings = entries.flatMap((entry) => entry.findings ?? []);
  const elements = new Set(findings.map(({ element }) => element));
  const ofKind = (kind: Kind) => entries.find((entry) => entry.kind === kind);
  const head =
    ofKind("package") ??
    ofKind("file") ??
    entries.find((entry) => elements.has(entry.element) && !isPart(entry)) ??
    (entries[0] as Entry);
  const isOfHead = (entry: Entry) =>
    entry === head || (entry.element === head.element && entry.package === head.package && !isPart(entry));
  const own = entries.filter(isOfHead);
  const change = own.find(({ property }) => property === "package") ?? head;
  const others = groupBy(
    entries.filter((entry) => !isOfHead(entry)),
    (entry) => isImplied(entry, change) || isImplied(entry, head),
  );
  const implied = [...groupBy(others.get(true) ?? [], ({ kind }) => kind)];
  const explained = groupBy(others.get(false) ?? [], (entry) => (isPart(entry) ? entry : entry.element));
  return {
    head,
    entries: [head, ...own.filter((entry) => entry !== head)],
    explained: [...explained.values()] as [Entry, ...Entry[]][],
    implied: Object.fromEntries(implied.map(([kind, members]) => [kind, members.length])),
    findings: [...new Set([...(head.findings ?? []), ...findings])],
  };
}

/** Returns whether an entry is about a part of its element. */
export const isPart = ({ kind }: Entry) => kind === "option" || kind === "reserved";

/** Returns whether a head says what happened to another element. */
function isImplied({ kind, action, element, from = "" }: Entry, head: Entry): boolean {
  if (kind === "option" || kind === "reserved") {
    return false;
  }
  if (head.action === "removed" && action === "removed") {
    return head.kind === "package" || head.kind === "file" || element.startsWith(`${head.element}.`);
  }
  const isPackageChange = head.kind === "file" && head.property === "package";
  return isPackageChange && action === "renamed" && suffixOf(from, head.from) === suffixOf(element, head.to);
}

/** Returns a full name without its package. */
const suffixOf = (name: string, packageName = "") =>
  packageName === "" ? `.${name}` : name.slice(packageName.length);
