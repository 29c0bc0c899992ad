import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importerFiles } from "../../test/support/flavours.js";

/** Where the bench puts what it makes. Git ignores it, and each run begins with it empty. */
export const work = resolve("bench/alternatives/.generated");

/**
 * Makes a project from whose point of view modules can be imported.
 *
 * @param name Name of its folder.
 * @param packages What of this repository's node_modules it has; the rest it has from the bench's.
 * @returns the folder's path.
 */
export function project(name: string, packages: string[] = []): string {
  const folder = join(work, name);
  for (const [path, text] of Object.entries(importerFiles)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const dependency of packages) {
    const link = join(folder, "node_modules", dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(resolve("node_modules", dependency), link, "dir");
  }
  return folder;
}

/** Makes a project that also has the compiled package, as a consumer has. */
export function consumer(name: string, packages: string[] = []): string {
  const folder = project(name, packages);
  const installed = join(folder, "node_modules/@agynio/api");
  // A copy, as Node.js and bundlers resolve what it imports from where it really is.
  cpSync("dist/esm", join(installed, "dist/esm"), { recursive: true });
  cpSync("package.json", join(installed, "package.json"));
  return folder;
}
