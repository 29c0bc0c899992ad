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
  const pairs = entries.flatMap((entry) => (entry.findings ?? []).map((finding) => ({ entry, finding })));
  const members = groupBy(pairs, ({ finding }) => finding);
  const grouped = new Set<Entry>();
  return entries.flatMap((entry) => {
    if (entry.findings === undefined || grouped.has(entry)) {
      return [];
    }
    const findings = new Set(entry.findings);
    const group = new Set([entry]);
    // A set can grow while it is iterated.
    for (const finding of findings) {
      for (const { entry: member } of members.get(finding) ?? []) {
        if (!group.has(member)) {
          group.add(member);
          for (const other of member.findings ?? []) {
            findings.add(other);
          }
        }
      }
    }
    for (const member of group) {
      grouped.add(member);
    }
    return [describeGroup([...group], findings)];
  });
}

function describeGroup(entries: Entry[], findings: Set<Finding>): Break {
  const elements = new Set([...findings].map(({ element }) => element));
  const ofKind = (kind: Kind) => entries.find((entry) => entry.kind === kind);
  const head =
    ofKind("package") ??
    ofKind("file") ??
    entries.find(({ element }) => elements.has(element)) ??
    (entries[0] as Entry);
  return { head, entries, findings: [...new Set([...(head.findings ?? []), ...findings])] };
}
