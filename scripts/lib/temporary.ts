import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "./errors.ts";

/**
 * Calls `body` with a new empty folder, and removes it afterwards. It lies in node_modules/.cache, where
 * what an interrupted run leaves behind is in nobody's way, and is removed by a run of another day.
 *
 * @throws UserError (exit code 2) when no folder can be made there.
 */
export async function withTemporaryFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = newFolder(resolve("node_modules/.cache/agynio-api/runs"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How old a folder is that no run can still be using, in milliseconds. */
const abandoned = 24 * 60 * 60 * 1000;

function newFolder(runs: string): string {
  try {
    mkdirSync(runs, { recursive: true });
    for (const run of readdirSync(runs).map((name) => join(runs, name))) {
      const { mtimeMs = Number.POSITIVE_INFINITY } = statSync(run, { throwIfNoEntry: false }) ?? {};
      if (Date.now() - mtimeMs > abandoned) {
        rmSync(run, { recursive: true, force: true });
      }
    }
    return mkdtempSync(`${runs}/`);
  } catch (error) {
    throw new UserError(
      `There is no writing to ${runs}, where each run has its temporary files: ${(error as Error).message}\n` +
        "  Run: npm ci      as the user who runs this, in a folder that can be written to",
      2,
    );
  }
}
