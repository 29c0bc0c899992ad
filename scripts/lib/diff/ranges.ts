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
  const removedNames = new Set(removed?.names);
  const names = (from?.names ?? []).filter((name) => !removedNames.has(name));
  return [...ranges.map(formatRange), ...names.sort().map((name) => `"${name}"`)].join(", ");
}

function subtractRanges(from: Range[], removed: Range[]): Range[] {
  const others = mergeRanges(removed);
  let next = 0;
  return mergeRanges(from).flatMap(([start, end]) => {
    const parts: Range[] = [];
    let first = start;
    while ((others[next]?.[1] ?? Number.POSITIVE_INFINITY) < start) {
      next++;
    }
    for (let index = next; (others[index]?.[0] ?? Number.POSITIVE_INFINITY) <= end; index++) {
      const [otherStart, otherEnd] = others[index] as Range;
      parts.push([first, otherStart - 1]);
      first = otherEnd + 1;
    }
    return [...parts, [first, end] as Range].filter(([a, b]) => a <= b);
  });
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

/** Returns ranges in as few as possible and in order, as a .proto file writes them: `4, 6 to 9`. */
export const formatRanges = (ranges: Range[]) => mergeRanges(ranges).map(formatRange).join(", ");

/** Returns a range as a .proto file writes it: `4`, `4 to 6`, `4 to max`. */
function formatRange([from, to]: Range): string {
  // The largest number of a field, of an extension of a message set, and of an enum value.
  const isMax = [2 ** 29 - 1, 2 ** 31 - 2, 2 ** 31 - 1].includes(to);
  return from === to ? `${from}` : `${from} to ${isMax ? "max" : to}`;
}
