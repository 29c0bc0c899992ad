import type { Element } from "./elements.ts";

type Range = [from: number, to: number];

/**
 * The numbers and names that one element reserves and another does not, as a .proto file writes them: `4, 6
 * to 9, "name"`; "" for none.
 */
export function reservedWithout(element: Element, other: Element): string {
  const ranges = without(element.reserved?.numbers ?? [], other.reserved?.numbers ?? []);
  const others = new Set(other.reserved?.names);
  const names = (element.reserved?.names ?? []).filter((name) => !others.has(name));
  return [...ranges.map(rangeText), ...names.toSorted().map((name) => `"${name}"`)].join(", ");
}

function without(ranges: Range[], others: Range[]): Range[] {
  return others.reduce(
    (rest, [from, to]) =>
      rest.flatMap(([start, end]): Range[] =>
        end < from || to < start
          ? [[start, end]]
          : (
              [
                [start, from - 1],
                [to + 1, end],
              ] as Range[]
            ).filter(([first, last]) => first <= last),
      ),
    merged(ranges),
  );
}

/** The same numbers in as few ranges as can be, in order. */
function merged(ranges: Range[]): Range[] {
  const result: Range[] = [];
  for (const [start, end] of ranges.toSorted(([one], [other]) => one - other)) {
    const last = result.at(-1);
    if (last && start <= last[1] + 1) {
      last[1] = Math.max(last[1], end);
    } else {
      result.push([start, end]);
    }
  }
  return result;
}

/** A range of numbers as a .proto file writes it: `4`, `4 to 6`, `4 to max`. */
export function rangeText([from, to]: Range): string {
  // The largest number of a field, and of an enum value.
  const isMax = to === 2 ** 29 - 1 || to === 2 ** 31 - 1;
  return from === to ? `${from}` : `${from} to ${isMax ? "max" : to}`;
}
