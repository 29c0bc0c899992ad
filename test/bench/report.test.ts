// The results of `npm run bench` as tables and as a chart, and what it refuses to measure.
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { toSvg } from "../../bench/lib/chart.ts";
import { measureInTurns, measurement, median, type Section } from "../../bench/lib/measure.ts";
import { formatValue, replaceTables, toTable } from "../../bench/lib/report.ts";
import { verify } from "../../bench/lib/verify.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { packedImage } from "../support/contract.ts";

const section: Section = {
  title: "Encode",
  implementations: ["@agynio/api", "theirs & co"],
  measurements: [
    measurement("a page", "ns", { "@agynio/api": 1_500_000, "theirs & co": 500_000 }),
    measurement("a page: JSON", "ns", { "@agynio/api": 2000, "theirs & co": undefined }),
  ],
  growth: {
    counts: [1, 2],
    values: { "@agynio/api": [2048, 4096], "theirs & co": [1024, 8192] },
  },
};

test.each([
  [0.4, "ns", "0.40 ns"],
  [999, "ns", "999 ns"],
  [1234, "ns", "1.23 µs"],
  [56_780_000, "ns", "56.8 ms"],
  [4_200_000_000, "ns", "4.20 s"],
  [100, "bytes", "100 bytes"],
  [3 * 2 ** 20, "bytes", "3.00 MiB"],
] as const)("formats %s %s as %s", (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text);
});

test("a table has ratios to the best value, the best in bold, and a dash where a value is absent", () => {
  expect(toTable(section)).toBe(`\
|              |      @agynio/api |     theirs & co |
| ------------ | ---------------: | --------------: |
| a page       |     3.0× 1.50 ms | **1.0× 500 µs** |
| a page: JSON | **1.0× 2.00 µs** |               – |
`);
});

test("replaces the table below each heading and nothing else", () => {
  const text = "## A\n\nWhy.\n\n| old |\n| --- |\n\n## B\n\n| old |\n";
  const tables = { B: "| $1 |\n", A: "| new |\n" };
  expect(replaceTables(text, tables)).toBe("## A\n\nWhy.\n\n| new |\n\n## B\n\n| $1 |\n");
  expect(() => replaceTables(text, { C: "| new |\n" })).toThrow('"## C"');
  expect(() => replaceTables("## A\n\n## B\n\n| old |\n", { A: "" })).toThrow('"## A"');
});

test("the chart has a bar to scale for each value, and a line for each implementation", () => {
  const svg = toSvg([section]);
  const bars = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="([\d.]+)"/g)];
  expect(bars.map(([, kind]) => kind)).toEqual(["ours", "other", "ours"]);
  expect(Number(bars[0]?.[2]) / Number(bars[1]?.[2])).toBeCloseTo(3, 1);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).toContain("theirs &amp; co");
  expect(svg).not.toMatch(/NaN|undefined|Infinity|& /);
});

test("rejects values that are not positive numbers, and measurements without values", () => {
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => measurement("encode", "ns", { ours: 1, theirs: value })).toThrow("theirs is");
  }
  expect(() => measurement("encode", "ns", { ours: undefined })).toThrow("no implementation");
});

test("measures in turns, every second round backwards", async () => {
  const order: string[] = [];
  const results = await measureInTurns({ a: 1, b: 2 }, 2, async (value, name) => {
    order.push(name);
    return value;
  });
  expect(order).toEqual(["a", "b", "b", "a"]);
  expect(results).toEqual({ a: [1, 1], b: [2, 2] });
});

test("the median of an even number of values is the lower one", () => {
  expect([median([3, 1, 2]), median([4, 1, 10, 3])]).toEqual([2, 3]);
});

describe("an implementation is not measured when it", () => {
  const desc = readImage(packedImage).getMessage("agynio.api.runners.v1.GetWorkloadRequest") as DescMessage;
  const encode = (id: string) => toBinary(desc, create(desc, { id } as Record<string, unknown>));
  const codec = {
    fromBinary: (): object => ({ id: "w1" }),
    toBinary: (message: object) => encode((message as { id: string }).id),
    toJsonString: () => '{"id":"w1"}',
    fromJsonString: () => ({ id: "w1" }),
  };
  const verified = (change: Partial<typeof codec>, hasOwnJson = false) =>
    expect(() => verify({ ...codec, ...change }, desc, encode("w1"), hasOwnJson));

  test("encodes something else", () => {
    verified({}).not.toThrow();
    verified({ toBinary: () => encode("w2") }).toThrow("does not encode what it decoded");
  });
  test("keeps everything as unknown fields", () => {
    const fromBinary = () => ({ $unknown: [{ no: 1, data: encode("w1") }] });
    verified({ fromBinary, toBinary: () => encode("w1") }).toThrow("does not decode the same");
  });
  test("prints JSON that is not the mapping, or does not parse its own", () => {
    const toJsonString = () => '{"id":"w2"}';
    verified({ toJsonString }).toThrow("JSON mapping");
    verified({ toJsonString }, true).not.toThrow();
    verified({ fromJsonString: () => ({ id: "w2" }) }).toThrow("does not parse");
  });
});
