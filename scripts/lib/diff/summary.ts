import type { ContractDiff } from "./model.js";

/**
 * The version bump that follows from a difference: a break is major, a documented change patch, any other
 * minor. Undefined when nothing differs.
 */
export function weight({ entries }: ContractDiff): "major" | "minor" | "patch" | undefined {
  const weighs = (one: string) => entries.some((entry) => entry.weight === one);
  return weighs("breaking")
    ? "major"
    : weighs("addition")
      ? "minor"
      : weighs("documentation")
        ? "patch"
        : undefined;
}

/** One line: the version bump and how much of what: `minor: 1 service (11 RPCs), 2 fields, 4 enums`. */
export function summary(diff: ContractDiff): string {
  return weight(diff) ?? "no changes";
}
