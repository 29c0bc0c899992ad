import type { DescMessage } from "@bufbuild/protobuf";

/** The largest field number. */
const last = 2 ** 29 - 1;

/**
 * Returns field numbers that a message neither uses nor reserves, as many as there are up to a count: the largest
 * possible number, and the lowest free numbers. https://protobuf.dev/programming-guides/proto3/#assigning defines
 * which numbers are free.
 */
export function unusedNumbers({ fields, proto }: DescMessage, count: number): number[] {
  const taken = [
    ...fields.map(({ number }) => ({ start: number, end: number + 1 })),
    ...proto.reservedRange,
    { start: 19_000, end: 20_000 },
  ].sort((a, b) => a.start - b.start);
  const numbers = taken.some(({ end }) => end > last) ? [] : [last];
  let number = 1;
  for (const { start, end } of [...taken, { start: last, end: last }]) {
    for (; number < start && numbers.length < count; number++) {
      numbers.push(number);
    }
    number = Math.max(number, end);
  }
  return numbers;
}

/** Returns the lowest number, from 0, that no value of an enum has. */
export function unusedValue(values: readonly { number: number }[]): number {
  const numbers = new Set(values.map(({ number }) => number));
  let number = 0;
  while (numbers.has(number)) {
    number++;
  }
  return number;
}
