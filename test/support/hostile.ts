import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FlavourName } from "./flavours.js";

/** What to decode, and with what. */
export interface DecodeJob {
  /** A flavour in the folder of the project that has it installed, or a module whose default decodes. */
  decoder: { flavour: FlavourName; folder: string } | { module: string };
  /** Inputs of each family, for each message of the contract. */
  perFamily: number;
  seed: number;
  /** Path of the file in which to note the input at hand. */
  note: string;
}

/** What came of it. */
export interface DecodeReport {
  /** How many there were, each another one for its message. */
  inputs: number;
  decoded: number;
  /** How often an Error of each name was thrown. */
  refused: Record<string, number>;
  /** The most memory that decoding an input left in use, of those that claim to be long. In bytes. */
  mostKept: number;
  /** Inputs that were neither decoded nor refused with an Error, or took memory that they only claimed. */
  wrong: string[];
}

/** The heap of a decoding process, in MiB: an input's claim of gigabytes does not fit. */
const heap = 512;

/** How long a decoding process may live, in milliseconds: bounds what an abandoned test leaves running. */
export const timeLimit = 240_000;

/**
 * Decodes hostile inputs for every message of the contract in another process.
 *
 * @param patience How long one input may take before its decoder counts as hanging, in milliseconds.
 * @throws Error that names the input when the process hangs or ends before it has decoded all.
 */
export async function decodeHostile(job: Omit<DecodeJob, "note">, patience = 20_000): Promise<DecodeReport> {
  const folder = mkdtempSync(join(tmpdir(), "agynio-api-hostile-"));
  try {
    return await decodeNoting({ ...job, note: join(folder, "input.txt") }, patience);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function decodeNoting(job: DecodeJob, patience: number): Promise<DecodeReport> {
  const jiti = join(dirname(createRequire(import.meta.url).resolve("jiti/package.json")), "lib/jiti-cli.mjs");
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${heap}`, jiti, "test/support/decode-hostile.ts", JSON.stringify(job)],
    { stdio: ["ignore", "pipe", "pipe"], timeout: timeLimit, killSignal: "SIGKILL" },
  );
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  let hangs = false;
  const stopWatching = watch(job.note, patience, () => {
    hangs = true;
    child.kill("SIGKILL");
  });
  const end = await new Promise((done) => {
    child.on("close", (code, signal) => done(signal ?? code));
  });
  stopWatching();
  if (hangs) {
    throw new Error(`The decoder hangs on ${noted(job.note)}`);
  }
  if (end !== 0 || output.stdout === "") {
    throw new Error(`The decoder ended its process (${end}) on ${noted(job.note)}\n${output.stderr}`);
  }
  return JSON.parse(output.stdout) as DecodeReport;
}

/** Calls back when a file that has been written to stays the same for too long. */
function watch(path: string, patience: number, stalled: () => void): () => void {
  let [last, since] = ["", performance.now()];
  const timer = setInterval(() => {
    const now = noted(path);
    if (now !== last || now === "") {
      [last, since] = [now, performance.now()];
    } else if (performance.now() - since > patience) {
      clearInterval(timer);
      stalled();
    }
  }, 100);
  return () => clearInterval(timer);
}

/** The input in a note; what follows its line is left of a longer one. */
function noted(path: string): string {
  try {
    return readFileSync(path, "utf8").split("\n", 1)[0] as string;
  } catch {
    return "";
  }
}
