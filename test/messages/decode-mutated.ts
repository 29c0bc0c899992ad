// Usage: jiti test/messages/decode-mutated.ts <job as JSON>
// Checks decoders in a process of its own, for mutated-tests.ts, and prints "done". Before it decodes an input, it
// writes the input to a file, for the case that the decoder hangs or ends the process.
import { openSync, writeSync } from "node:fs";
import { type FlavourFolders, loadFlavours } from "../support/flavours.ts";
import { checkDecoder, type Decode } from "./mutated.ts";
import type { Effort } from "./properties.ts";

/** Which decoders to check: those of the flavours, or the default export of a module. */
export type Job = { effort: Effort; note: string } & ({ folders: FlavourFolders } | { module: string });

const job = JSON.parse(process.argv[2] as string) as Job;
const note = openSync(job.note, "w");
for (const [name, decode] of await loadDecoders()) {
  checkDecoder(decode, job.effort, (input) => writeSync(note, `${name}, ${input}\n`, 0));
}
process.stdout.write("done");

async function loadDecoders(): Promise<[name: string, Decode][]> {
  if ("module" in job) {
    return [["module", (await import(job.module)).default]];
  }
  return Object.values(await loadFlavours(job.folders)).map(({ name, codec }) => [
    name,
    (desc, bytes) => codec(desc).decode(bytes),
  ]);
}
