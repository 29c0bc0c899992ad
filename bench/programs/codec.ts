// Usage: node codec.js <implementation> <image>
// Measures and verifies an implementation with each sample. Prints JSON: times by the sample's title.
// Runs in the folder of the implementation (bench/lib/alternatives.ts).
import { type DescMessage, fromJson, toBinary } from "@bufbuild/protobuf";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { samples } from "../lib/samples.ts";
import { verify } from "../lib/verify.ts";
import { type Codec, codecs, load, type Times } from "./codecs.ts";

/** The functions of mitata that are used; bench/alternatives/package.json installs it. */
interface Mitata {
  measure(run: () => unknown, options: Record<string, number>): Promise<{ p50: number }>;
  do_not_optimize(value: unknown): void;
}

const [implementation, image] = process.argv.slice(2) as [string, string];
const { measure, do_not_optimize } = await load<Mitata>("mitata");

async function measureTimes(codec: Codec, bytes: Uint8Array): Promise<Times> {
  const message = codec.fromBinary(bytes);
  const text = codec.toJsonString?.(message) ?? "";
  const time = async (run: () => unknown) =>
    // 0.15 s for each, in nanoseconds.
    (await measure(() => do_not_optimize(run()), { min_cpu_time: 1.5e8, min_samples: 6 })).p50;
  return {
    decode: await time(() => codec.fromBinary(bytes)),
    encode: await time(() => codec.toBinary(message)),
    ...(codec.toJsonString && { "print JSON": await time(() => codec.toJsonString?.(message)) }),
    ...(codec.fromJsonString && { "parse JSON": await time(() => codec.fromJsonString?.(text)) }),
  };
}

const registry = readImage(image);
const prepared = await Promise.all(
  samples.map(async ({ title, typeName, json }) => {
    const desc = registry.getMessage(typeName) as DescMessage;
    const codec = (await codecs[implementation]?.(desc)) as Codec;
    return { title, desc, codec, bytes: toBinary(desc, fromJson(desc, json)) };
  }),
);
const times: Record<string, Times> = {};
for (const { title, codec, bytes } of prepared) {
  times[title] = await measureTimes(codec, bytes);
}
// Last, so that verification does not influence what is optimized.
for (const { desc, codec, bytes } of prepared) {
  verify(codec, desc, bytes, implementation === "protobufjs");
}
console.log(JSON.stringify(times));
