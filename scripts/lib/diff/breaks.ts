import type { Finding } from "../breaking/findings.ts";
import type { Entry } from "./model.ts";

/** One break: the entries and the findings that explain each other. */
export interface Break {
  /** The entry that says most about it: a package before a file, a file before what it declares. */
  head: Entry;
  /** All entries, the head included. */
  entries: Entry[];
  /** All findings, that about the head first. */
  findings: Finding[];
}

/** Groups the breaking entries that share findings, in the order of their first entries. */
export function groupBreaks(entries: Entry[]): Break[] {
  return entries
    .filter(({ impact }) => impact === "breaking")
    .map((head) => ({ head, entries: [head], findings: head.findings ?? [] }));
}
