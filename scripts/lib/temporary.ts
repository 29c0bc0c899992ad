import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Calls `body` with a new empty folder, and removes it afterwards. It lies in node_modules/.cache, where
 * what an interrupted run leaves behind is in nobody's way.
 */
export async function withTemporaryFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const cache = resolve("node_modules/.cache/agynio-api");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(`${cache}/`);
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
