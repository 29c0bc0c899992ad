import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DescMessage, equals, type FileRegistry, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import type { Check, Operation, Times } from "../programs/codec.js";
import type { ImplementationName } from "../programs/codecs.js";
import type { Folders } from "./alternatives.js";
import { runProgram } from "./programs.js";
import { measurement, type Section } from "./result.js";
import { type Sample, samples } from "./samples.js";

/** How often each implementation is measured, in a new process each time. */
const rounds = 3;

/** Implementations whose JSON is not the protobuf JSON mapping. */
const ownJson = new Set<ImplementationName>(["protobufjs"]);

const operations: Operation[] = ["decode", "encode", "print JSON", "parse JSON"];

/** Times of encoding and decoding the samples. */
export async function measureCodecs(
  folders: Folders,
  registry: FileRegistry,
  image: string,
  sampleFolder: string,
): Promise<Section> {
  const folderOf: Record<ImplementationName, string> = {
    "@agynio/api": folders.es,
    "@agynio/api/connect-v1": folders.connectV1,
    "@agynio/api/ts-proto": folders.es,
    protobufjs: folders.protobufjs,
    "protobuf-ts": folders.protobufTsJs,
    "google-protobuf": folders.googleProtobuf,
  };
  const names = Object.keys(folderOf) as ImplementationName[];
  const program = <T>(name: ImplementationName, mode: "check" | "measure") =>
    runProgram<Record<string, T>>("codec", [name, folderOf[name], image, sampleFolder, mode]);

  const checks = new Map<ImplementationName, Record<string, Check>>();
  for (const name of names) {
    checks.set(name, await program<Check>(name, "check"));
  }
  for (const sample of samples) {
    const bytes = readFileSync(join(sampleFolder, `${sample.name}.binpb`));
    for (const [name, check] of checks) {
      verify(name, sample, check[sample.name] as Check, {
        desc: registry.getMessage(sample.typeName) as DescMessage,
        bytes,
        leaves: checks.get("@agynio/api")?.[sample.name]?.leaves as string[],
      });
    }
  }

  const times = names.map((name) => ({ name, rounds: [] as Record<string, Times>[] }));
  for (let round = 0; round < rounds; round++) {
    // In turns, and each second time backwards: what else the machine does hits all alike.
    for (const { name, rounds } of round % 2 === 0 ? times : times.toReversed()) {
      rounds.push(await program<Times>(name, "measure"));
    }
  }
  return {
    title: "Encode, decode, JSON",
    implementations: names,
    ours: 3,
    measurements: samples.flatMap((sample) =>
      operations.map((operation) =>
        measurement(
          `${sample.title}: ${operation}`,
          "ns",
          Object.fromEntries(
            times.map(({ name, rounds }) => [
              name,
              least(rounds.map((round) => round[sample.name]?.[operation] ?? undefined)),
            ]),
          ),
        ),
      ),
    ),
  };
}

const least = (values: (number | undefined)[]) => {
  const found = values.filter((value) => value !== undefined);
  return found.length > 0 ? Math.min(...found) : undefined;
};

/**
 * Holds what an implementation made of a sample against the sample.
 *
 * @param expected The sample, and all text and bytes in it as our own flavour found them.
 * @throws Error when it reads, writes or prints something else: its times would mean nothing.
 */
export function verify(
  name: ImplementationName,
  { title }: Sample,
  { encoded, leaves, json }: Check,
  { desc, bytes, leaves: expected }: { desc: DescMessage; bytes: Uint8Array; leaves: string[] },
): void {
  const sample = fromBinary(desc, bytes);
  const isSame = (base64: string) => equals(desc, fromBinary(desc, Buffer.from(base64, "base64")), sample);
  const wrong = !isSame(encoded)
    ? "does not write what it read"
    : expected.length === 0 || leaves.join("\n") !== expected.join("\n")
      ? "does not find the same texts and bytes"
      : json !== undefined && !isSame(json.encoded)
        ? "does not read the JSON that it printed"
        : json !== undefined &&
            !ownJson.has(name) &&
            !equals(desc, fromJsonString(desc, json.printed), sample)
          ? "prints other JSON"
          : undefined;
  if (wrong !== undefined) {
    throw new Error(`${name}, given ${title}, ${wrong}`);
  }
}
