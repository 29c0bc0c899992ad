import { groupBy } from "../cli/collections.ts";
import { groupBreaks, isPart, isWhole } from "./breaks.ts";
import type { Action, Bump, ContractDiff, Entry, Impact, Kind } from "./model.ts";

/** Bumps by the impact that requires them, the highest first. */
const bumps: [Impact, Bump][] = [
  ["breaking", "major"],
  ["addition", "minor"],
  ["documentation", "patch"],
];

/** Returns the version bump that entries require; undefined if there are none. */
export const bumpOf = (entries: Entry[]): Bump | undefined =>
  bumps.find(([impact]) => entries.some((entry) => entry.impact === impact))?.[1];

/** The plurals of kinds, in the order in which a summary counts them. */
const plurals: Record<Kind, string> = {
  package: "packages",
  file: "files",
  service: "services",
  rpc: "RPCs",
  message: "messages",
  field: "fields",
  extension: "extensions",
  oneof: "oneofs",
  enum: "enums",
  value: "values",
  option: "options",
  reserved: "reservations",
  comment: "comments",
};
const kinds = Object.keys(plurals) as Kind[];

/** Returns the name of a kind: `service`, `RPC`, `reservation`. */
export const kindName = (kind: Kind, count = 1) =>
  count === 1 ? plurals[kind].replace(/s$/, "") : plurals[kind];

/** Returns a number of things: `1 RPC`, `2 RPCs`. */
export const formatCount = (count: number, kind: Kind) => `${count} ${kindName(kind, count)}`;

/** The parts of a report, in their order. */
export const sectionNames = ["Breaking", "Added", "Changed", "Deprecated", "Comments"] as const;
export type SectionName = (typeof sectionNames)[number];

/**
 * Groups changes as reports and summaries do.
 *
 * @returns the breaks, and the entries of each other section, without packages and files whose declarations are listed
 */
export function groupChanges(entries: Entry[]) {
  const listed = new Set(
    entries
      .filter(({ kind }) => kind !== "package" && kind !== "comment")
      .flatMap(({ kind, action, property, file, package: name }) => {
        // What moves or gets another name is new in its file and package.
        const isNew =
          action === "moved" || action === "renamed" || (kind === "file" && property === "package");
        const change = isNew ? "added" : action;
        return [`${change} package ${name}`, ...(kind === "file" ? [] : [`${change} file ${file}`])];
      }),
  );
  const isListed = (entry: Entry) =>
    isWhole(entry) && listed.has(`${entry.action} ${entry.kind} ${entry.element}`);
  return {
    breaks: groupBreaks(entries),
    sections: groupBy(
      entries.filter((entry) => entry.impact !== "breaking" && !isListed(entry)),
      sectionOf,
    ),
  };
}

function sectionOf(entry: Entry): SectionName {
  if (entry.kind === "comment") {
    return "Comments";
  }
  const { action } = entry;
  return action === "deprecated" ? "Deprecated" : action === "added" && !isPart(entry) ? "Added" : "Changed";
}

/**
 * Returns one line with the version bump, the number of breaks, and the number of other changes by kind: `major: 3
 * breaking (1 field removed, 2 renumbered); 2 services (13 RPCs), 4 fields added; 12 comments changed`. A package is
 * counted by what is in it.
 */
export function summarizeDiff(
  { bump, entries }: ContractDiff,
  { breaks, sections } = groupChanges(entries),
): string {
  const broken = breaks.flatMap(({ entries: [head], explained }) => [
    head,
    ...explained.map(([first]) => first),
  ]);
  const parts = [
    ...(broken.length > 0 ? [`${breaks.length} breaking (${countChanges(broken)})`] : []),
    ...sectionNames.map((name) => countSection(name, sections.get(name) ?? [])).filter(Boolean),
  ];
  return parts.length === 0 ? "no changes" : `${bump}: ${parts.join("; ")}`;
}

/** Returns the number of changes in a section: `2 services (13 RPCs), 4 fields added`; "" if there are none. */
export function countSection(name: SectionName, entries: Entry[]): string {
  const [action = "", ...others] = new Set(entries.map((entry) => entry.action));
  return action === "" || name === "Breaking" || name === "Changed"
    ? countChanges(entries)
    : `${countKinds(entries)} ${others.length > 0 ? "changed" : action}`;
}

/** Returns the number of entries by kind: `2 services (13 RPCs), 4 fields`. */
const countKinds = (entries: Entry[]): string =>
  groupInOrder(entries, kinds, ({ kind }) => kind)
    .map(([kind, members]) => {
      const rpcs = members.reduce((sum, { contents }) => sum + (contents?.rpcs?.length ?? 0), 0);
      const details = kind === "service" && rpcs > 0 ? ` (${formatCount(rpcs, "rpc")})` : "";
      return `${formatCount(members.length, kind)}${details}`;
    })
    .join(", ");

const actions: Action[] = ["removed", "renumbered", "renamed", "moved", "changed", "added", "deprecated"];

/** Returns the number of entries by kind and action, the kind only where it changes: `1 field removed, 2 renumbered`. */
const countChanges = (entries: Entry[]): string =>
  groupInOrder(entries, kinds, ({ kind }) => kind)
    .flatMap(([, ofKind]) =>
      groupInOrder(ofKind, actions, ({ action }) => action).map(
        ([action, members], index) => `${index === 0 ? countKinds(members) : members.length} ${action}`,
      ),
    )
    .join(", ");

/** Groups entries by keys, which have an order. */
const groupInOrder = <K>(entries: Entry[], order: K[], key: (entry: Entry) => K) =>
  [...groupBy(entries, key)].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
