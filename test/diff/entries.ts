import type { Snapshot } from "../../scripts/lib/contract/snapshot.ts";
import type { Entry } from "../../scripts/lib/diff/index.ts";

/** Returns the snapshot of an image with source info. */
export const imageSnapshot = (image: string): Snapshot => ({ kind: "image", label: image, image });

/** Returns an entry in one line. */
export function printEntry({ impact, kind, action, element, property, contents, ...entry }: Entry): string {
  const values = kind === "comment" ? "" : [entry.from, entry.to].filter(Boolean).join(" → ");
  return [
    ...[impact, kind, action, element, property],
    values && `(${values})`,
    contents?.messages && `with ${contents.messages.length} messages`,
  ]
    .filter(Boolean)
    .join(" ");
}

/** Returns an entry without its impact, to compare with what `mirrorEntry` returns. */
export function printStructure(entry: Entry): string {
  const { kind, action, element, property, from, to } = asPropertyChange(entry);
  return `${kind} ${action} ${element} ${property}: ${from} → ${to}`;
}

/**
 * Returns the counterpart of an entry in the opposite diff, as `printStructure` prints it.
 *
 * @param entries All entries of the diff.
 */
export function mirrorEntry(entry: Entry, _index: number, entries: Entry[]): string {
  const { action, element, from, to, ...properties } = asPropertyChange(entry);
  const isPart = ["option", "reserved", "comment"].includes(entry.kind);
  // An element that is added or removed has one name.
  const isWhole = (action === "added" || action === "removed") && !isPart;
  return printStructure({
    ...properties,
    action: opposites[action] ?? action,
    element: isWhole ? element : earlierName(element, entries),
    from: to,
    to: from,
  });
}

/** Returns the name that an element had before it, or what it is in, was renamed or moved. */
function earlierName(name: string, entries: Entry[]): string {
  const renaming = entries
    .filter(({ action, property }) => action === "renamed" || (action === "moved" && property === "path"))
    .filter(({ element }) => name === element || name.startsWith(`${element}.`))
    .sort((a, b) => b.element.length - a.element.length)[0];
  if (renaming === undefined) {
    return name;
  }
  const { element, from = "", to } = renaming;
  const parent = element.slice(0, -(to ?? "").length - 1);
  const earlier = to === element ? from : `${earlierName(parent, entries)}.${from}`;
  return earlier + name.slice(element.length);
}

const opposites: Partial<Record<Entry["action"], Entry["action"]>> = { added: "removed", removed: "added" };

/** Returns a deprecation as a change of a property, as the opposite diff reports it. */
const asPropertyChange = (entry: Entry): Entry =>
  entry.action === "deprecated"
    ? { ...entry, action: "changed", property: "deprecated", from: "false", to: "true" }
    : entry;
