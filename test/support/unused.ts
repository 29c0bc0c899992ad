import { type DescMessage, type FileRegistry, toBinary } from "@bufbuild/protobuf";
import { type EnumDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { contract } from "./contract.ts";

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

/** Returns numbers from 50000, the range for use within an organization, that no option of the contract has. */
export function unusedOptions(registry: FileRegistry, count: number): number[] {
  const used = [...registry].flatMap((type) => (type.kind === "extension" ? type.number : []));
  const taken = used.map((number) => ({ start: number, end: number + 1 }));
  return lowestFree(taken, { start: 50_000, end: 2 ** 29 }, count);
}

/** Returns a word that occurs in no name of the contract: a word in lower case, or that word and more letters. */
export function unusedWord(registry: FileRegistry, word: string): string {
  const isUsed = [...registry.files].some(({ proto }) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, proto)).toString("latin1").toLowerCase().includes(word),
  );
  return isUsed ? unusedWord(registry, `${word}s`) : word;
}

/** Returns the name of a package that the packed contract does not have: a name, or that name and more letters. */
export const unusedPackage = (name: string): string => unusedWord(contract, name);

/** Returns a word with an initial capital. */
export const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

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
