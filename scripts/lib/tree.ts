import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** How one tree of files differs from the tree it should equal. Paths are relative, sorted. */
export interface TreeDifference {
  /** In both, with other content. */
  stale: string[];
  /** Only in the expected tree. */
  missing: string[];
  /** Only in the actual tree. */
  leftOver: string[];
}

/** Relative paths of every file under a folder, sorted; none when it does not exist. */
export function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return [];
    }
    throw error;
  }
}

/** Compares two folders byte by byte. */
export function compareTrees(expected: string, actual: string): TreeDifference {
  const want = new Set(listFiles(expected));
  const have = new Set(listFiles(actual));
  const same = (file: string) => readFileSync(join(expected, file)).equals(readFileSync(join(actual, file)));
  return {
    stale: [...want].filter((file) => have.has(file) && !same(file)),
    missing: [...want].filter((file) => !have.has(file)),
    leftOver: [...have].filter((file) => !want.has(file)),
  };
}

/** Makes `actual` equal to `expected` by copying over what differs, touching no file that is already right. */
export function syncTree(expected: string, actual: string, difference: TreeDifference): void {
  for (const file of [...difference.stale, ...difference.missing]) {
    mkdirSync(dirname(join(actual, file)), { recursive: true });
    copyFileSync(join(expected, file), join(actual, file));
  }
  for (const file of difference.leftOver) {
    rmSync(join(actual, file));
    removeEmptyParents(actual, dirname(file));
  }
}

function removeEmptyParents(root: string, folder: string): void {
  for (let current = folder; current !== "."; current = dirname(current)) {
    if (readdirSync(join(root, current)).length > 0) {
      return;
    }
    rmdirSync(join(root, current));
  }
}
