import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { outputOf, type Result, run, runNpm } from "../../scripts/lib/cli/process.ts";
import { findBuf } from "../../scripts/lib/contract/buf.ts";

/** The repository that is measured. */
export const root = resolve(import.meta.dirname, "../..");

/** The packages that the bench compares with. */
export const alternatives = join(root, "bench/alternatives");

/** Folder of everything that the bench writes. Git ignores it. */
export const work = join(alternatives, ".generated");

/** Path of buf's own executable. */
export const buf = findBuf(root).path;

/**
 * Runs a program to its end.
 *
 * @throws Error with the program's output when it fails.
 */
export async function runTool(program: string, args: string[], cwd = root): Promise<Result> {
  const checkout = { root: cwd, env: process.env };
  const result = await (program === "npm" ? runNpm(checkout, args) : run(checkout, program, args));
  if (result.code !== 0) {
    const command = [program, ...args].join(" ");
    throw new Error(`${command} exited with ${result.code}:\n${outputOf(result)}`);
  }
  return result;
}

interface Manifest {
  version: string;
  devDependencies: Record<string, string>;
  scripts: Record<"breaking" | "build" | "check" | "diff" | "generate" | "lint", string>;
}

/** Reads the package.json of a folder. */
export const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
