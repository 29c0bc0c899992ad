import { type DescField, type DescMessage, ScalarType, toBinary } from "@bufbuild/protobuf";
import { WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { arbitraryMessage } from "./arbitrary.js";
import { unusedNumbers } from "./messages.js";
import { endlessPath } from "./recursion.js";
import { concat, delimited, nested, nothing, repeat, tag, varint } from "./wire.js";

/** Bytes that a decoder may be sent by someone who means it harm, and what is wrong with them. */
export interface HostileInput {
  family: string;
  bytes: Uint8Array;
}

/** Lengths that an input claims: each far more than any input here has. In bytes. */
const claims = [2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 40];

/** Levels of nesting to begin with: around the limits of 100 that runtimes set, and what no call stack holds. */
const depths = [99, 101, 1_000, 10_000];

/** Not UTF-8: a lone byte, an overlong NUL, a surrogate, a cut sequence, beyond U+10FFFF. */
const notUtf8 = ["ff", "c080", "eda080", "e282", "f4908080"].map((hex) => Buffer.from(hex, "hex"));

/**
 * Makes inputs for one message, some of each family: the same for the same seed.
 *
 * @param perFamily How many of each family.
 */
export function hostileInputs(desc: DescMessage, perFamily: number, seed: number): HostileInput[] {
  const dice = new Dice(seed);
  const valid = fc
    .sample(arbitraryMessage(desc, { unknownFields: true }), { numRuns: perFamily, seed })
    .map((message) => toBinary(desc, message));
  const unused = unusedNumbers(desc, 3);
  const number = () => dice.pick([...desc.fields.map((field) => field.number), ...unused]);
  const path = endlessPath(desc);
  const deepest = (nth: number) => depths[nth] ?? 1 + dice.below(2_000);

  const families: Record<string, (nth: number) => Uint8Array> = {
    truncated: (nth) => {
      const bytes = valid[nth] as Uint8Array;
      return bytes.subarray(0, dice.below(bytes.length));
    },
    "overlong varint": () =>
      concat(
        dice.chance() ? tag(number(), dice.pick([WireType.Varint, WireType.LengthDelimited])) : nothing,
        new Uint8Array(9 + dice.below(4)).fill(dice.pick([0x80, 0xff])),
        Uint8Array.of(dice.pick([0x00, 0x01, 0x7f])),
        dice.bytes(4),
      ),
    // 6 and 7 are no wire types; 0 is no field number.
    "wrong wire type": () =>
      concat(varint((dice.chance() ? number() : dice.below(3)) * 8 + dice.below(8)), dice.bytes(12)),
    "claimed length": () => {
      const claim = varint(dice.pick(claims));
      const inside = desc.fields.find((field) => field.message)?.number ?? number();
      const claimed = concat(tag(number(), WireType.LengthDelimited), claim, dice.bytes(8));
      return dice.chance() ? claimed : delimited(inside, claimed);
    },
    "deep nesting": (nth) => nested(path, deepest(nth)),
    "not UTF-8": () => {
      const texts = desc.fields.filter(holdsText).map((field) => field.number);
      const ascii = () => dice.bytes(8).map((byte) => byte & 0x7f);
      const text = concat(ascii(), dice.pick(notUtf8), ascii());
      return delimited(texts.length > 0 ? dice.pick(texts) : number(), text);
    },
    group: (nth) => {
      const start = tag(number(), WireType.StartGroup);
      const end = tag(number(), WireType.EndGroup);
      const deep = [repeat(deepest(nth), start)];
      return concat(
        ...dice.pick([[start], [end], [start, end], [end, start], [start, dice.bytes(6), end], deep]),
      );
    },
    random: () => dice.bytes(64),
    mutated: (nth) => dice.mutate(valid[nth] as Uint8Array),
  };
  return Object.entries(families).flatMap(([family, make]) =>
    Array.from({ length: perFamily }, (_, nth) => ({ family, bytes: make(nth) })),
  );
}

function holdsText(field: DescField): boolean {
  return field.scalar === ScalarType.STRING && field.fieldKind !== "map";
}

/** Repeatable chance: the generator "mulberry32", public domain, by Tommy Ettinger. */
class Dice {
  constructor(private state: number) {}

  private next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from 0 up to, not including, the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(): boolean {
    return this.below(2) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(atMost: number): Uint8Array {
    return Uint8Array.from({ length: this.below(atMost + 1) }, () => this.below(256));
  }

  /** Replaces, removes and inserts a few bytes. */
  mutate(bytes: Uint8Array): Uint8Array {
    const mutated = [...bytes];
    for (let edits = 1 + this.below(4); edits > 0; edits--) {
      mutated.splice(this.below(mutated.length + 1), this.below(3), ...this.bytes(2));
    }
    return Uint8Array.from(mutated);
  }
}
