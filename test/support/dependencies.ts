import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Checkout } from "../../scripts/lib/cli/process.ts";

/** This repository, with the environment of the tests. */
export const checkout: Checkout = { root: process.cwd(), env: process.env };

/** Folder of the private npm package with protobuf-es 1 and Connect 1. */
export const connectV1 = "connect-v1";

/** Returns the versions of npm packages that a package of this repository depends on, as in a package.json. */
export function versionsOf(names: string[], folder = "."): Record<string, string> {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.fromEntries(names.map((name) => [name, { ...dependencies, ...devDependencies }[name]]));
}

/** Path of a module whose default export imports other modules from its place in a folder. */
export const importer = "node_modules/import.mjs";
