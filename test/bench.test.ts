// How `npm run bench` shows what it found, and that it refuses to measure nothing.
import { create, type DescMessage, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { toSvg } from "../bench/lib/chart.js";
import { verify } from "../bench/lib/codec.js";
import { withoutPlugin } from "../bench/lib/loop.js";
import { notes } from "../bench/lib/notes.js";
import { formatRatio, formatValue, type Results, toMarkdown, toTerminal } from "../bench/lib/report.js";
import { measurement, median, type Section } from "../bench/lib/result.js";
import { samples } from "../bench/lib/samples.js";
import { leaves } from "../bench/programs/leaves.js";
import { contractMessages } from "./support/messages.js";

const section: Section = {
  title: "Encode",
  implementations: ["ours", "theirs & co"],
  ours: 1,
  measurements: [
    measurement("a page", "ns", { ours: 1_500_000, "theirs & co": 500_000 }),
    measurement("a page: JSON", "ns", { ours: 2000 }),
  ],
};
const results: Results = {
  environment: [["CPU", "2 × Some"]],
  sections: [section],
  growth: {
    title: "Growth",
    unit: "bytes",
    counts: [1, 2],
    values: { ours: [2048, 4096], "theirs & co": [1024, 8192] },
    ours: 1,
  },
};

test("values have three digits and a unit, and ratios are to the least", () => {
  expect([0.4, 12, 999, 1234, 56_780_000, 4_200_000_000].map((value) => formatValue(value, "ns"))).toEqual([
    "0.40 ns",
    "12.0 ns",
    "999 ns",
    "1.23 µs",
    "56.8 ms",
    "4.20 s",
  ]);
  expect([100, 2048, 3 * 2 ** 20].map((value) => formatValue(value, "bytes"))).toEqual([
    "100 bytes",
    "2.00 KiB",
    "3.00 MiB",
  ]);
  expect([formatRatio(3, 2), formatRatio(30, 2), formatRatio(9.96, 1)]).toEqual(["1.5×", "15×", "10×"]);
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2);
});

test("a table says who is best, and by how much, and what is not there", () => {
  const markdown = toMarkdown(results, { Encode: "Why." });
  expect(markdown).toContain("| CPU | 2 × Some |");
  expect(markdown).toContain("\n## Encode\n\nWhy.\n");
  expect(markdown).toContain("| a page | 3.0× 1.50 ms | **1.0× 500 µs** |");
  expect(markdown).toContain("| a page: JSON | **1.0× 2.00 µs** | – |");
  expect(toTerminal(section)).toMatch(/^a page +3\.0× 1\.50 ms {2}1\.0× 500 µs$/m);
});

test("every section is explained", () => {
  expect(() => toMarkdown(results, {})).toThrow('"Encode"');
  expect(() => toMarkdown(results, { Encode: "", Decode: "" })).toThrow('"Decode"');
  expect(Object.values(notes).filter((note) => note.length < 100)).toEqual([]);
});

test("the chart has a bar for each value, to scale, and colours for light and dark", () => {
  const svg = toSvg(results);
  const widths = [...svg.matchAll(/<rect class="(\w+)"[^>]* width="([\d.]+)"/g)].map(([, kind, width]) => [
    kind,
    Number(width),
  ]);
  expect(widths.map(([kind]) => kind)).toEqual(["ours", "other", "ours"]);
  expect(Number(widths[0]?.[1]) / Number(widths[1]?.[1])).toBeCloseTo(3, 1);
  expect(svg.match(/<polyline/g)).toHaveLength(2);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).toContain("theirs &amp; co");
  expect(svg).not.toMatch(/NaN|undefined|Infinity|& /);
});

test("what was not measured is no result", () => {
  for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => measurement("encode", "ns", { ours: 1, theirs: value })).toThrow("theirs is");
  }
  expect(() => measurement("encode", "ns", { ours: undefined })).toThrow("no implementation");
  expect(measurement("encode", "ns", { ours: 1, theirs: undefined }).values).toEqual({ ours: 1 });
});

describe("an implementation that", () => {
  const desc = contractMessages().find(
    ({ typeName }) => typeName === "agynio.api.runners.v1.GetWorkloadRequest",
  ) as DescMessage;
  const sample = samples.find(({ typeName }) => typeName === desc.typeName);
  const message = (id: string) => create(desc, { id } as never);
  const bytes = toBinary(desc, message("w1"));
  const base64 = (id: string) => Buffer.from(toBinary(desc, message(id))).toString("base64");
  const check = {
    encoded: base64("w1"),
    leaves: leaves(message("w1")),
    json: { printed: '{"id":"w1"}', encoded: base64("w1") },
  };
  const verified = (change: Partial<typeof check>, expected = ["w1"]) =>
    verify("protobuf-ts", sample as never, { ...check, ...change }, { desc, bytes, leaves: expected });

  test("does as it should is measured", () => {
    expect(() => verified({})).not.toThrow();
  });
  test("writes something else is not", () => {
    expect(() => verified({ encoded: base64("w2") })).toThrow("does not write what it read");
  });
  test("reads nothing, and passes it on as unknown fields, is not", () => {
    expect(() => verified({ leaves: leaves({ $unknown: [{ no: 1, data: bytes }] }) })).toThrow(
      "does not find the same",
    );
    expect(() => verified({ leaves: [] }, [])).toThrow("does not find the same");
  });
  test("prints or reads other JSON is not", () => {
    expect(() => verified({ json: { printed: '{"id":"w2"}', encoded: base64("w1") } })).toThrow(
      "prints other",
    );
    expect(() => verified({ json: { printed: '{"id":"w1"}', encoded: base64("w2") } })).toThrow(
      "does not read the JSON",
    );
  });
});

test("lint without the plugin is lint by buf's own rules", () => {
  const text = "lint:\n  use:\n    - STANDARD\n    - AGYN\n  ignore_only:\n    AGYN_X:\n      - a.proto\n";
  expect(withoutPlugin(`${text}plugins:\n  - plugin: ["lint/plugin.sh"]\n`)).toBe(
    "lint:\n  use:\n    - STANDARD\n",
  );
  expect(() => withoutPlugin("lint: {use: [AGYN]}\n")).toThrow("buf.yaml");
});
