import { existsSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { Snapshot } from "../contract/snapshot.ts";
import type { Module } from "./config.ts";

/** The modules of one of the two contracts. */
export interface Modules {
  modules: Module[];
  /** Returns the module that has or had a file, by its import path. */
  moduleOf: (imported: string) => Module | undefined;
}

/** The modules of both contracts, and where their files are. */
export interface ModulesOfBoth {
  base: Modules;
  head: Modules;
  /** Returns the path of a file from the repository's root; of a deleted file, its earlier path. */
  pathOf: (imported: string) => string;
}

/**
 * Finds the modules of files.
 *
 * @param root Root of the repository.
 */
export function locateModules(
  root: string,
  base: Snapshot,
  head: Module[],
  baseModules: Module[],
): ModulesOfBoth {
  const exists = (path: string) => existsSync(join(root, path));
  const existedInBase = (path: string) => base.kind === "revision" && base.hasFile(path);
  const isIn = (has: (path: string) => boolean, imported: string) => (module: Module) =>
    has(posix.join(module.folder, imported));
  const inHead = (imported: string) => head.find(isIn(exists, imported));
  const inBase = (imported: string) => baseModules.find(isIn(existedInBase, imported));
  const sameFolder = (modules: Module[], other: Module | undefined) =>
    modules.find(({ folder }) => folder === other?.folder);
  /** Returns the module with the deepest existing folder of a deleted file. */
  const likelyModule = (imported: string): Module | undefined => {
    for (let folder = dirname(imported); folder !== "."; folder = dirname(folder)) {
      const module = head.find(isIn(exists, folder));
      if (module !== undefined) {
        return module;
      }
    }
    return head[0];
  };
  const moduleOfHead = (imported: string) =>
    inHead(imported) ?? sameFolder(head, inBase(imported)) ?? likelyModule(imported);
  const moduleOfBase = (imported: string) =>
    inBase(imported) ?? sameFolder(baseModules, moduleOfHead(imported)) ?? baseModules[0];
  return {
    head: { modules: head, moduleOf: moduleOfHead },
    base: { modules: baseModules, moduleOf: moduleOfBase },
    pathOf: (imported) => {
      const module = inHead(imported) ?? inBase(imported) ?? likelyModule(imported);
      return posix.join(module?.folder ?? "", imported);
    },
  };
}
