import type { Finding } from "../breaking/findings.ts";
import { groupBy } from "../cli/collections.ts";
import type { Entry, Kind } from "./model.ts";

/** One break: the entries and the findings that explain each other. */
export interface Break {
  /** The entry that says most about it: a package before a file, a file before what it declares. */
  head: Entry;
  /** All entries, the head included. */
  entries: Entry[];
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
    entries.find(({ kind, element }) => elements.has(element) && kind !== "option" && kind !== "reserved") ??
    (entries[0] as Entry);
  return { head, entries, findings: [...new Set([...(head.findings ?? []), ...findings])] };
}
