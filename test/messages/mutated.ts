import { runInNewContext } from "node:vm";
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { beforeAll, expect, inject, test } from "vitest";
import { messages } from "../support/contract.ts";
import { everyField } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { type Flavours, flavourNames, loadFlavours } from "../support/flavours.ts";

/** Bytes that a decoder must refuse or skip, as a list of bytes or a byte that is repeated. */
const hostile = [
  // Field 1 with a length of 2^28, 2^31 - 1, 2^32 - 1 and 2^40 bytes that are not there.
  [0x0a, 0x80, 0x80, 0x80, 0x80, 0x01],
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07],
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20],
  // A varint of more than ten bytes, a group without an end and without a start, field number 0, wire type 7,
  // text that is not UTF-8.
  Array(12).fill(0x80),
  [0x0b],
  [0x0c],
  [0x00],
  [0x0f],
  [0x0a, 0x02, 0xc0, 0x80],
  // 20,000 nested groups.
  Array(20_000).fill(0x0b),
].map((bytes) => Uint8Array.from(bytes));

const edits = fc.array(
  fc.record({
    position: fc.double({ min: 0, max: 1, noNaN: true }),
    removed: fc.oneof(fc.nat({ max: 3 }), fc.constant(Number.POSITIVE_INFINITY)),
    inserted: fc.oneof(fc.constantFrom(...hostile), fc.uint8Array({ maxLength: 4 })),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Generates encoded messages with every field set, of which a few bytes are removed, inserted or replaced. */
function mutatedBytes(desc: DescMessage): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat({ max: 7 }), edits).map(([nth, list]) =>
    list.reduce(
      (bytes, { position, removed, inserted }) => {
        const at = Math.floor(position * bytes.length);
        return Uint8Array.from(
          Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]),
        );
      },
      toBinary(desc, create(desc, everyField(desc, nth))),
    ),
  );
}

export type Decode = (desc: DescMessage, bytes: Uint8Array) => unknown;

/** The number of bytes that a decoder may allocate for a short input: runtimes fill caches on first use. */
const tolerance = 8 * 2 ** 20;

/**
 * Checks that a decoder returns or throws an Error for mutated messages of every type, and allocates little.
 *
 * @param timeout For all messages, in milliseconds. It interrupts a decoder in an endless loop, which blocks the
 *   timeouts of tests.
 * @throws Error with the smallest input that fails, or with the input at the timeout.
 */
export function checkDecoder(decode: Decode, runs: number, timeout = 240_000): void {
  let input = "";
  const check = () => {
    for (const desc of messages) {
      const property = fc.property(mutatedBytes(desc), (bytes) => {
        input = `${desc.typeName}: ${Buffer.from(bytes).toString("hex")}`;
        expectHarmless(() => decode(desc, bytes));
      });
      fc.assert(property, { numRuns: runs, includeErrorInReport: true });
    }
  };
  try {
    runInNewContext("check()", { check }, { timeout });
  } catch (cause) {
    throw new Error(`A decoder fails. Last input: ${input}\n${cause}`, { cause });
  }
}

function expectHarmless(decode: () => unknown): void {
  const used = memory();
  try {
    decode();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
  expect(memory() - used, "allocated bytes").toBeLessThan(tolerance);
}

/** Returns the bytes in use, with those of ArrayBuffers, which are outside the heap. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Declares the tests of each flavour with mutated messages. */
export function testMutatedMessages(runs: number): void {
  let flavours: Flavours;
  beforeAll(async () => {
    flavours = await loadFlavours(inject("flavours"));
  });

  test.each(flavourNames)(
    "%s decodes mutated messages or throws an Error, in bounded time and memory",
    (name) => {
      const { codec } = flavours[name];
      checkDecoder((desc, bytes) => codec(desc).decode(bytes), runs);
    },
  );
}
