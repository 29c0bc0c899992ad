/** A range of numbers, both ends included. */
export type Range = [from: number, to: number];

/** What a message or an enum reserves. */
export interface Reservations {
  numbers: Range[];
  names: string[];
}

/**
 * Returns the numbers and names that are in the first reservations and not in the second, as a .proto file writes
 * them: `4, 6 to 9, "name"`; "" if there is none.
 */
export function subtractReservations(from?: Reservations, removed?: Reservations): string {
  const ranges = subtractRanges(from?.numbers ?? [], removed?.numbers ?? []);
  const names = (from?.names ?? []).filter((name) => !removed?.names.includes(name));
  return [...ranges.map(formatRange), ...names.sort().map((name) => `"${name}"`)].join(", ");
}

function subtractRanges(from: Range[], removed: Range[]): Range[] {
  return removed.reduce((ranges, [first, last]) => {
    const parts = ranges.flatMap(([start, end]): Range[] => [
      [start, Math.min(end, first - 1)],
      [Math.max(start, last + 1), end],
    ]);
    return parts.filter(([start, end]) => start <= end);
  }, mergeRanges(from));
}

/** Returns the same numbers in as few ranges as possible, in order. */
function mergeRanges(ranges: Range[]): Range[] {
  const merged: Range[] = [];
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && start <= last[1] + 1) {
      last[1] = Math.max(last[1], end);
    } else {
      merged.push([start, end]);
    }
  }
  return merged;
}

/** Returns a range as a .proto file writes it: `4`, `4 to 6`, `4 to max`. */
export function formatRange([from, to]: Range): string {
  // The largest number of a field, and of an enum value.
  const isMax = to === 2 ** 29 - 1 || to === 2 ** 31 - 1;
  return from === to ? `${from}` : `${from} to ${isMax ? "max" : to}`;
}
