import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute, join, relative } from "node:path";
import { cannotRun } from "../cli/errors.ts";
import { parseAnnotations } from "../cli/github.ts";
import { type Checkout, outputOf, type Result, type RunOptions, run } from "../cli/process.ts";

/**
 * Finds the executable of the installed buf: its npm wrapper would start a second Node.js process on each call.
 *
 * @param root Root of the repository.
 * @throws UserError (exit code 2) if buf is not installed for this platform.
 */
export function findBuf(root: string): { path: string; version: string } {
  const require = createRequire(join(root, "package.json"));
  try {
    const manifest = require.resolve("@bufbuild/buf/package.json");
    const { version, optionalDependencies } = require(manifest);
    // npm installs only the optional dependency that fits the platform, next to the wrapper's scope.
    const path = Object.keys(optionalDependencies)
      .flatMap((name) =>
        ["buf", "buf.exe"].map((file) => join(dirname(manifest), "../..", name, "bin", file)),
      )
      .find((file) => existsSync(file));
    if (path !== undefined) {
      return { path, version };
    }
  } catch {
    // Not installed: reported below.
  }
  throw cannotRun("buf is not installed in node_modules for this platform.\n  Run: npm ci");
}

/**
 * Runs buf in a checkout. Absolute paths among the arguments become relative: buf reads what follows a `#` in a path as
 * options, and the checkout's path may have one (https://buf.build/docs/reference/inputs).
 */
export function buf(checkout: Checkout, args: string[], options: RunOptions = {}): Promise<Result> {
  const { cwd = checkout.root } = options;
  const paths = args.map((arg) => (isAbsolute(arg) ? relative(cwd, arg) || "." : arg));
  return run(checkout, findBuf(checkout.root).path, paths, options);
}

/**
 * Compiles the contract of a checkout's working tree into a descriptor image with source info.
 *
 * @param path Path of the image to write.
 * @throws UserError (exit code 2) with buf's file:line:column messages if the contract does not compile.
 */
export async function buildImage(checkout: Checkout, path: string): Promise<void> {
  const result = await buf(checkout, ["build", "-o", path]);
  if (result.code !== 0) {
    const places = outputOf(result);
    throw cannotRun(
      `The contract does not compile:\n${places}  Fix these lines, and run: npm run lint\n`,
      parseAnnotations(places),
    );
  }
}

/** A change or a declaration that a rule of buf or of its plugins forbids. */
export interface BufFinding {
  /** ID of the rule: https://buf.build/docs/breaking/rules */
  rule: string;
  /**
   * Path of the file: as an import names it, if buf reads images. Undefined for findings about a package and for
   * deleted files.
   */
  path: string | undefined;
  /** Lines and columns count from 1. */
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  message: string;
}

/** A line that buf prints with `--error-format json`. */
interface BufOutput {
  path?: string;
  start_line: number;
  start_column: number;
  end_line: number;
  end_column: number;
  type: string;
  message: string;
}

/** Parses the findings that buf prints with `--error-format json`. */
export const parseFindings = (stdout: Buffer): BufFinding[] =>
  stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { path, type, message, ...place } = JSON.parse(line) as BufOutput;
      const { start_line, start_column, end_line, end_column } = place;
      return {
        ...{ rule: type, path, message },
        ...{ line: start_line, column: start_column, endLine: end_line, endColumn: end_column },
      };
    });
