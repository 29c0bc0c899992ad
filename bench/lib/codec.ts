import { operations, type Times } from "../programs/codecs.ts";
import { type Folders, image, runProgram } from "./alternatives.ts";
import { mapValues, measureInTurns, measurement, type Section } from "./measure.ts";
import { samples } from "./samples.ts";

/** How often each implementation is measured, in a new process each time. */
const rounds = 3;

/** Measures decoding and encoding of the samples. */
export async function measureCodecs(folders: Folders): Promise<Section[]> {
  const implementations = {
    "@agynio/api": folders.es,
    "@agynio/api/connect-v1": folders.connectV1,
    "@agynio/api/ts-proto": folders.es,
    protobufjs: folders.protobufjs,
    "protobuf-ts": folders.protobufTs,
  };
  const results = await measureInTurns(implementations, rounds, (folder, name) =>
    runProgram<Record<string, Times>>(folder, "codec", [name, image]),
  );
  const measurements = samples.flatMap(({ title }) =>
    operations.map((operation) => {
      const times = mapValues(results, (rounds) => least(rounds.map((round) => round[title]?.[operation])));
      return measurement(`${title}: ${operation}`, "ns", times);
    }),
  );
  return [{ title: "Encode, decode, JSON", implementations: Object.keys(implementations), measurements }];
}

const least = (times: (number | undefined)[]) =>
  times.includes(undefined) ? undefined : Math.min(...(times as number[]));
