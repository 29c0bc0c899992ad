import { groupBy } from "../cli/collections.ts";
import { groupBreaks } from "./breaks.ts";
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

/** Returns the entries of each section of a report, without packages and files whose declarations are listed. */
export function groupBySection(entries: Entry[]): Map<SectionName, Entry[]> {
  const contained = { added: new Set<string>(), removed: new Set<string>() };
  for (const { kind, action, file, package: name } of entries) {
    if ((action === "added" || action === "removed") && kind !== "package" && kind !== "comment") {
      contained[action].add(`package ${name}`);
      if (kind !== "file") {
        contained[action].add(file);
      }
    }
  }
  const isListed = ({ kind, action, element }: Entry) =>
    (action === "added" || action === "removed") &&
    ((kind === "file" && contained[action].has(element)) ||
      (kind === "package" && contained[action].has(`package ${element}`)));
  return groupBy(
    entries.filter((entry) => entry.impact === "breaking" || !isListed(entry)),
    sectionOf,
  );
}

function sectionOf({ kind, action, impact }: Entry): SectionName {
  if (impact === "breaking") {
    return "Breaking";
  }
  if (kind === "comment") {
    return "Comments";
  }
  const isPart = kind === "option" || kind === "reserved";
  return action === "deprecated" ? "Deprecated" : action === "added" && !isPart ? "Added" : "Changed";
}

/**
 * Returns one line with the version bump, the number of breaks, and the number of other changes by kind: `major: 3
 * breaking (1 field removed, 2 renumbered); 2 services (13 RPCs), 4 fields added; 12 comments changed`. A package is
 * counted by what is in it.
 */
export function summarizeDiff({ bump, entries }: ContractDiff): string {
  const sections = groupBySection(entries);
  const breaks = groupBreaks(sections.get("Breaking") ?? []).map(({ head }) => head);
  const parts = [
    ...(breaks.length > 0 ? [`${breaks.length} breaking (${countChanges(breaks)})`] : []),
    ...sectionNames
      .filter((name) => name !== "Breaking")
      .map((name) => countSection(name, sections.get(name) ?? []))
      .filter((text) => text !== ""),
  ];
  return parts.length === 0 ? "no changes" : `${bump}: ${parts.join("; ")}`;
}

/** Returns the number of changes in a section: `2 services (13 RPCs), 4 fields added`; "" if there are none. */
export function countSection(name: SectionName, entries: Entry[]): string {
  if (name === "Breaking" || name === "Changed") {
    return countChanges(entries);
  }
  const [first] = entries;
  const action = entries.every((entry) => entry.action === first?.action) ? first?.action : "changed";
  return first ? `${countKinds(entries)} ${action}` : "";
}

/** Returns the number of entries by kind: `2 services (13 RPCs), 4 fields`. */
export function countKinds(entries: Entry[]): string {
  const byKind = groupBy(entries, ({ kind }) => kind);
  return kinds
    .flatMap((kind) => {
      const members = byKind.get(kind) ?? [];
      const rpcs = members.reduce((sum, { contents }) => sum + (contents?.rpcs?.length ?? 0), 0);
      const details = kind === "service" && rpcs > 0 ? ` (${formatCount(rpcs, "rpc")})` : "";
      return members.length > 0 ? [`${formatCount(members.length, kind)}${details}`] : [];
    })
    .join(", ");
}

const actions: Action[] = ["removed", "renumbered", "renamed", "moved", "changed", "added", "deprecated"];

/** Returns the number of entries by kind and action, the kind only where it changes: `1 field removed, 2 renumbered`. */
function countChanges(entries: Entry[]): string {
  const byKind = groupBy(entries, ({ kind }) => kind);
  return kinds
    .flatMap((kind) => {
      const byAction = groupBy(byKind.get(kind) ?? [], ({ action }) => action);
      return actions
        .filter((action) => byAction.has(action))
        .map((action, index) => {
          const members = byAction.get(action) ?? [];
          return `${index === 0 ? countKinds(members) : members.length} ${action}`;
        });
    })
    .join(", ");
}
