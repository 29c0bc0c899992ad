import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import { withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { checkout } from "../support/dependencies.ts";
import type { Job } from "./decode-mutated.ts";
import type { Effort } from "./properties.ts";

/** The heap of a decoding process, in MiB. */
const heap = 256;

/**
 * Checks decoders in another process: a decoder that hangs blocks its process, and the timeouts of its tests.
 *
 * @param timeout When the process is killed, in milliseconds.
 * @throws Error with the last input if the process hangs or ends early.
 */
export function decodeMutated(
  decoders: Pick<Job & { folders: unknown }, "folders"> | { module: string },
  effort: Effort,
  timeout: number,
): Promise<void> {
  return withTemporaryFolder(checkout.root, async (folder) => {
    const note = join(folder, "input.txt");
    const job = JSON.stringify({ ...decoders, effort, note });
    const args = [`--max-old-space-size=${heap}`, "node_modules/jiti/lib/jiti-cli.mjs"];
    const child = promisify(execFile)(process.execPath, [...args, "test/messages/decode-mutated.ts", job], {
      timeout,
      killSignal: "SIGKILL",
    });
    const problem = await child.then(
      ({ stdout }) => (stdout === "done" ? undefined : "exited"),
      ({ killed, stderr }) => (killed ? "hung" : `failed:\n${stderr}`),
    );
    if (problem !== undefined) {
      throw new Error(`The decoder of ${readFileSync(note, "utf8").split("\n")[0]} ${problem}`);
    }
  });
}

/** Declares the test of each flavour with mutated messages. */
export function testMutatedMessages(effort: Effort): void {
  test("each flavour decodes mutated messages or throws an Error, without a hang, a crash or much memory", async () => {
    await expect(decodeMutated({ folders: inject("flavours") }, effort, 240_000)).resolves.toBeUndefined();
  });
}
