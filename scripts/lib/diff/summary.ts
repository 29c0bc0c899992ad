import type { Action, ContractDiff, Entry, Kind } from "./model.ts";

/**
 * The version bump that follows from a difference: a break is major, a comment patch, all else minor.
 * Undefined when nothing differs.
 */
export function weight({ entries }: ContractDiff): "major" | "minor" | "patch" | undefined {
  const weighs = (one: Entry["weight"]) => entries.some((entry) => entry.weight === one);
  return weighs("breaking")
    ? "major"
    : weighs("addition")
      ? "minor"
      : weighs("documentation")
        ? "patch"
        : undefined;
}

/** Kinds in the order in which a summary counts them, and their plurals. */
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

/** What a kind is called: `service`, `RPC`, `reservation`. */
export const kindName = (kind: Kind) => plurals[kind].replace(/s$/, "");

/** A number of things: `1 RPC`, `2 RPCs`. */
export const count = (number: number, kind: Kind) =>
  `${number} ${number === 1 ? kindName(kind) : plurals[kind]}`;

/**
 * One line: the version bump and how much of what, what breaks first: `minor: 1 service (11 RPCs), 2 fields,
 * 4 enums`. Beside other changes, what is new is said to be: `major: 1 field removed, 1 field added`. Packages
 * count by what is in them.
 */
export function summary(diff: ContractDiff): string {
  const entries = diff.entries.filter(({ kind }) => kind !== "package" && kind !== "comment");
  const isAllNew = entries.every(({ action }) => action === "added");
  const comments = diff.entries.filter(({ kind }) => kind === "comment").length;
  const counts = [
    ...counted(
      entries.filter(({ weight }) => weight === "breaking"),
      isAllNew,
    ),
    ...counted(
      entries.filter(({ weight }) => weight !== "breaking"),
      isAllNew,
    ),
    ...(comments > 0 ? [count(comments, "comment")] : []),
  ];
  return counts.length === 0 ? "no changes" : `${weight(diff)}: ${counts.join(", ")}`;
}

function counted(entries: Entry[], isAllNew: boolean): string[] {
  return actions.flatMap((action) =>
    (Object.keys(plurals) as Kind[]).flatMap((kind) => {
      const found = entries.filter((entry) => entry.action === action && entry.kind === kind);
      const rpcs = found.flatMap(({ contents }) => contents?.rpcs ?? []).length;
      const within = kind === "service" && rpcs > 0 ? ` (${count(rpcs, "rpc")})` : "";
      return found.length > 0 ? [`${count(found.length, kind)}${within}${isAllNew ? "" : ` ${action}`}`] : [];
    }),
  );
}
