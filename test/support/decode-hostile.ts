// Usage: jiti test/support/decode-hostile.ts <job as JSON>
// Decodes hostile inputs in a process of its own, for hostile.ts, and prints its report as JSON. Notes each
// input in a file before it decodes it, for whoever finds this process dead.
import { openSync, writeSync } from "node:fs";
import { type FlavourName, loadFlavour } from "./flavours.js";
import type { DecodeJob, DecodeReport } from "./hostile.js";
import { hostileInputs } from "./hostile-inputs.js";
import { contractMessages } from "./messages.js";

type Decode = (typeName: string, bytes: Uint8Array) => unknown;

/** What decoding a short input may leave behind at most, in bytes: runtimes make their tables on first use. */
const tolerance = 8 * 2 ** 20;

const { decoder, perFamily, seed, note } = JSON.parse(process.argv[2] as string) as DecodeJob;
const noteFile = openSync(note, "w");
const descs = contractMessages();
const decode = await loadDecoder();

const report: DecodeReport = { inputs: 0, decoded: 0, refused: {}, mostKept: 0, wrong: [] };
for (const [i, desc] of descs.entries()) {
  const inputs = new Map(
    hostileInputs(desc, perFamily, seed + i).map((one) => [Buffer.from(one.bytes).toString("hex"), one]),
  );
  for (const [hex, { family, bytes }] of inputs) {
    const input = `${desc.typeName}, ${family}: ${hex}`;
    writeSync(noteFile, `${input}\n`, 0);
    // Asking costs more than most decoding does.
    const before = family === "claimed length" ? memory() : undefined;
    try {
      decode(desc.typeName, bytes);
      report.decoded++;
    } catch (error) {
      if (error instanceof Error) {
        report.refused[error.name] = (report.refused[error.name] ?? 0) + 1;
      } else {
        report.wrong.push(`threw ${String(error)}, which is no Error: ${input}`);
      }
    }
    const kept = before === undefined ? 0 : memory() - before;
    report.mostKept = Math.max(report.mostKept, kept);
    if (kept > tolerance) {
      report.wrong.push(`took ${kept} bytes of memory: ${input}`);
    }
    report.inputs++;
  }
}
process.stdout.write(JSON.stringify(report));

async function loadDecoder(): Promise<Decode> {
  if ("module" in decoder) {
    return (await import(decoder.module)).default as Decode;
  }
  const flavour = await loadFlavour(decoder.flavour as FlavourName, decoder.folder, descs);
  const codecs = new Map(descs.map((desc) => [desc.typeName, flavour.codec(desc)]));
  return (typeName, bytes) => codecs.get(typeName)?.decode(bytes);
}

/** Bytes in use, those of ArrayBuffers too, which lie outside the heap. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
