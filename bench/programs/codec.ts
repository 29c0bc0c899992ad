// Usage: node codec.js <implementation> <folder of its code> <image> <folder of samples> check|measure
// Prints JSON: with `check`, what the implementation makes of each sample; with `measure`, how long it takes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescMessage } from "@bufbuild/protobuf";
import { readImage } from "../../scripts/lib/contract.js";
import type { Codec } from "../../test/support/flavours.js";
import { samples } from "../lib/samples.js";
import { type ImplementationName, implementations } from "./codecs.js";
import { leaves } from "./leaves.js";

/** What an implementation makes of one sample. */
export interface Check {
  /** The decoded message, encoded again: base64. */
  encoded: string;
  /** Every text and every run of bytes that the decoded message has, sorted. */
  leaves: string[];
  /** The decoded message as JSON, and what that is when it is read again; absent where there is no JSON. */
  json?: { printed: string; encoded: string };
}

/** Median times of one call, in nanoseconds; none where there is no JSON. */
export type Times = Partial<Record<Operation, number>>;
export type Operation = "decode" | "encode" | "print JSON" | "parse JSON";

/** What is used of mitata, which bench/package.json installs. */
interface Mitata {
  measure(
    run: () => unknown,
    options: { min_cpu_time: number; min_samples: number },
  ): Promise<{ p50: number }>;
  do_not_optimize(value: unknown): void;
}

const [name, folder, image, sampleFolder, mode] = process.argv.slice(2) as [
  ImplementationName,
  string,
  string,
  string,
  "check" | "measure",
];

const registry = readImage(image);
const mitata = "mitata";
const { measure, do_not_optimize } = (await import(mitata)) as Mitata;

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

function check({ decode, encode, json }: Codec, bytes: Uint8Array): Check {
  const message = decode(bytes);
  const printed = json?.print(message);
  return {
    encoded: base64(encode(message)),
    leaves: leaves(message),
    ...(json && printed !== undefined
      ? { json: { printed, encoded: base64(encode(json.parse(printed))) } }
      : {}),
  };
}

async function times({ decode, encode, json }: Codec, bytes: Uint8Array): Promise<Times> {
  const message = decode(bytes);
  const printed = json?.print(message) ?? "";
  const time = async (run: () => unknown) =>
    // mitata counts nanoseconds: 0.15 s for each.
    (await measure(() => do_not_optimize(run()), { min_cpu_time: 1.5e8, min_samples: 6 })).p50;
  return {
    decode: await time(() => decode(bytes)),
    encode: await time(() => encode(message)),
    ...(json && {
      "print JSON": await time(() => json.print(message)),
      "parse JSON": await time(() => json.parse(printed)),
    }),
  };
}

const results: Record<string, unknown> = {};
for (const sample of samples) {
  const codec = await implementations[name](folder, registry.getMessage(sample.typeName) as DescMessage);
  const bytes = new Uint8Array(readFileSync(join(sampleFolder, `${sample.name}.binpb`)));
  results[sample.name] = mode === "check" ? check(codec, bytes) : await times(codec, bytes);
}
console.log(JSON.stringify(results));
