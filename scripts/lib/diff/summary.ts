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

const actions: Action[] = ["added", "deprecated", "changed", "renamed", "moved", "removed"];

/** Returns the name of a kind: `service`, `RPC`, `reservation`. */
export const kindName = (kind: Kind) => plurals[kind].replace(/s$/, "");

/** Returns a number of things: `1 RPC`, `2 RPCs`. */
export const formatCount = (count: number, kind: Kind) =>
  `${count} ${count === 1 ? kindName(kind) : plurals[kind]}`;

/**
 * Returns one line with the version bump and the number of changes by kind, the breaking ones first: `minor: 1 service
 * (11 RPCs), 2 fields, 4 enums`. Unless all are additions, it includes the action: `major: 1 field removed, 1 field
 * added`. Packages are counted by what is in them.
 */
export function summarizeDiff({ bump, entries }: ContractDiff): string {
  const counted = entries.filter(({ kind }) => kind !== "package" && kind !== "comment");
  const isAllNew = counted.every(({ action }) => action === "added");
  const comments = entries.filter(({ kind }) => kind === "comment").length;
  const counts = [
    ...[true, false].flatMap((isBreaking) =>
      countByKind(
        counted.filter(({ impact }) => (impact === "breaking") === isBreaking),
        isAllNew,
      ),
    ),
    ...(comments > 0 ? [formatCount(comments, "comment")] : []),
  ];
  return counts.length === 0 ? "no changes" : `${bump}: ${counts.join(", ")}`;
}

function countByKind(entries: Entry[], isAllNew: boolean): string[] {
  return actions.flatMap((action) =>
    (Object.keys(plurals) as Kind[]).flatMap((kind) => {
      const members = entries.filter((entry) => entry.action === action && entry.kind === kind);
      const rpcs = members.flatMap(({ contents }) => contents?.rpcs ?? []).length;
      const details = kind === "service" && rpcs > 0 ? ` (${formatCount(rpcs, "rpc")})` : "";
      return members.length > 0
        ? [`${formatCount(members.length, kind)}${details}${isAllNew ? "" : ` ${action}`}`]
        : [];
    }),
  );
}
