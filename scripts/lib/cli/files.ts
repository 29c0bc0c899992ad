import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { cannotRun } from "./errors.ts";

/** How a tree of files differs from the tree that it should equal. Paths are relative and sorted. */
export interface TreeDifference {
  /** In both, with other content. */
  stale: string[];
  /** Only in the expected tree. */
  missing: string[];
  /** Only in the actual tree. */
  leftOver: string[];
}

/**
 * Returns the relative paths of all files in a folder and below, with "/" and sorted; none if there is no folder. A
 * symbolic link is a file: readdir's option `recursive` follows links to folders on Node.js 22 and later.
 */
export function listFiles(folder: string): string[] {
  const list = (path: string): string[] =>
    readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? list(`${path}${entry.name}/`) : [path + entry.name],
    );
  try {
    return list("").sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

/** Compares two folders byte by byte. */
export function compareTrees(expected: string, actual: string): TreeDifference {
  const expectedFiles = new Set(listFiles(expected));
  const actualFiles = new Set(listFiles(actual));
  const isStale = (file: string) =>
    !readFileSync(join(expected, file)).equals(readFileSync(join(actual, file)));
  return {
    stale: [...expectedFiles].filter((file) => actualFiles.has(file) && isStale(file)),
    missing: [...expectedFiles].filter((file) => !actualFiles.has(file)),
    leftOver: [...actualFiles].filter((file) => !expectedFiles.has(file)),
  };
}

/**
 * Makes `actual` equal to `expected`. Files that are already equal are not touched.
 *
 * @returns how the two differed.
 */
export function syncTree(expected: string, actual: string): TreeDifference {
  const difference = compareTrees(expected, actual);
  for (const file of [...difference.stale, ...difference.missing]) {
    mkdirSync(dirname(join(actual, file)), { recursive: true });
    copyFileSync(join(expected, file), join(actual, file));
  }
  for (const file of difference.leftOver) {
    rmSync(join(actual, file));
    removeEmptyParents(actual, dirname(file));
  }
  return difference;
}

function removeEmptyParents(root: string, folder: string): void {
  for (let current = folder; current !== "."; current = dirname(current)) {
    if (readdirSync(join(root, current)).length > 0) {
      return;
    }
    rmdirSync(join(root, current));
  }
}

/** Writes files into a folder, by relative path. */
export function writeFiles(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Returns the path of a folder under a repository's root, for files that can be generated again. */
export const cacheFolder = (root: string, name: string) => join(root, "node_modules/.cache/agynio-api", name);

/** Age at which no run still uses its folder, in milliseconds. */
const abandonedAge = 24 * 60 * 60 * 1000;

/**
 * Calls `body` with a new empty folder, and removes the folder afterwards. A folder that an interrupted run left behind
 * is removed by the first run after a day.
 *
 * @param root Root of the repository, in whose cache the folder is made.
 * @throws UserError (exit code 2) if no folder can be made there.
 */
export async function withTemporaryFolder<T>(root: string, body: (folder: string) => Promise<T>): Promise<T> {
  const folder = createRunFolder(cacheFolder(root, "runs"));
  try {
    return await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function createRunFolder(runs: string): string {
  try {
    mkdirSync(runs, { recursive: true });
    for (const run of readdirSync(runs).map((name) => join(runs, name))) {
      const { mtimeMs = Number.POSITIVE_INFINITY } = statSync(run, { throwIfNoEntry: false }) ?? {};
      if (Date.now() - mtimeMs > abandonedAge) {
        rmSync(run, { recursive: true, force: true });
      }
    }
    return mkdtempSync(`${runs}/`);
  } catch (error) {
    throw cannotRun(
      `Temporary files cannot be written to ${runs}: ${(error as Error).message}\n` +
        "  Run: npm ci      as the user who runs this, in a folder that can be written to",
    );
  }
}
