import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Repository, root } from "../support/repository.ts";

/** Gives a repository a node_modules that shares no cache, and so no record of the last generation, with this one. */
export function linkPackages(repository: Repository): void {
  repository.delete("node_modules");
  mkdirSync(join(repository.root, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules")).filter((entry) => entry !== ".cache")) {
    symlinkSync(join(root, "node_modules", name), join(repository.root, "node_modules", name));
  }
}
