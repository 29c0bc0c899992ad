import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { contractFiles, readImage } from "../../scripts/lib/contract.js";

/** Path of the descriptor image that the packed tarball carries; the global setup has built it. */
export const packedImage = "dist/image.binpb";

/** Every message of the contract, sorted by file and in the order of its declaration. */
export function contractMessages(registry: FileRegistry = readImage(packedImage)): DescMessage[] {
  return contractFiles(registry).flatMap((file) =>
    [...nestedTypes(file)].filter((desc) => desc.kind === "message"),
  );
}

const largestNumber = 2 ** 29 - 1;

/**
 * Field numbers that a message neither uses nor reserves: the largest there is, and the next free ones.
 * https://protobuf.dev/programming-guides/proto3/#assigning says which numbers are free for use.
 */
export function unusedNumbers(desc: DescMessage, count: number): number[] {
  const taken = desc.fields.map(({ number }) => number);
  const reserved = desc.proto.reservedRange.map(({ start, end }) => [start, end - 1] as const);
  const free = (number: number) =>
    !taken.includes(number) &&
    !reserved.some(([first, last]) => first <= number && number <= last) &&
    !(19_000 <= number && number <= 19_999);
  const numbers = [largestNumber].filter(free);
  for (let number = 1; numbers.length < count; number++) {
    if (free(number)) {
      numbers.push(number);
    }
  }
  return numbers;
}
