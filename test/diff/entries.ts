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
  const renaming = entries.find((other) => other.action === "renamed" && other.element === element);
  return printStructure({
    ...properties,
    action: opposites[action] ?? action,
    element: renaming ? element.replace(/[^.]*$/, renaming.from ?? "") : element,
    from: to,
    to: from,
  });
}

const opposites: Partial<Record<Entry["action"], Entry["action"]>> = { added: "removed", removed: "added" };

/** Returns a deprecation as a change of a property, as the opposite diff reports it. */
const asPropertyChange = (entry: Entry): Entry =>
  entry.action === "deprecated"
    ? { ...entry, action: "changed", property: "deprecated", from: "false", to: "true" }
    : entry;
