import type { DescMessage } from "@bufbuild/protobuf";
import type { EnumDescriptorProto } from "@bufbuild/protobuf/wkt";
import { packages } from "./contract.ts";

/** A range of numbers, of which the end is the first that is not part of it. */
interface Range {
  start: number;
  end: number;
}

/**
 * Returns field numbers that a message neither uses nor reserves, as many as there are up to a count: the largest
 * possible number, and the lowest free numbers. https://protobuf.dev/programming-guides/proto3/#assigning defines
 * which numbers are free.
 */
export function unusedNumbers({ fields, proto }: DescMessage, count: number): number[] {
  const used = fields.map(({ number }) => ({ start: number, end: number + 1 }));
  const taken = [...used, ...proto.reservedRange, { start: 19_000, end: 20_000 }];
  const last = 2 ** 29 - 1;
  const lowest = lowestFree(taken, { start: 1, end: last }, count);
  return [...(taken.some(({ end }) => end > last) ? [] : [last]), ...lowest].slice(0, count);
}

/** Returns the lowest number, from 0, that an enum neither uses nor reserves; undefined if there is none. */
export function unusedValue({ value, reservedRange }: EnumDescriptorProto): number | undefined {
  const used = value.map(({ number }) => ({ start: number, end: number + 1 }));
  // Unlike those of messages, these ranges include their ends.
  const reserved = reservedRange.map(({ start, end }) => ({ start, end: end + 1 }));
  return lowestFree([...used, ...reserved], { start: 0, end: 2 ** 31 }, 1)[0];
}

function lowestFree(taken: Range[], { start, end }: Range, count: number): number[] {
  const numbers: number[] = [];
  let number = start;
  for (const range of [...taken.toSorted((a, b) => a.start - b.start), { start: end, end }]) {
    for (; number < range.start && numbers.length < count; number++) {
      numbers.push(number);
    }
    number = Math.max(number, range.end);
  }
  return numbers;
}

/** Returns a name for a service of which the contract has no package: the given one, or with a number. */
export function unusedPackage(name: string): string {
  const isUsed = (candidate: string) => [...packages.keys()].some((path) => path.startsWith(`${candidate}/`));
  let unused = name;
  for (let number = 2; isUsed(unused); number++) {
    unused = `${name}${number}`;
  }
  return unused;
}
