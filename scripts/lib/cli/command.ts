import { Command, Option } from "commander";
import { UserError } from "./errors.ts";
import { formatAnnotations } from "./github.ts";
import type { Checkout } from "./process.ts";

/**
 * Returns an npm script as a command that can parse its arguments. Invalid arguments end the process with
 * exit code 2, like a check that could not run.
 *
 * @param script Name of the script in package.json, for usage and error messages.
 * @param description For `--help`.
 */
export const npmScript = (script: string, description: string): Command =>
  new Command(`npm run ${script} --`)
    .description(description)
    .exitOverride(({ exitCode }) => process.exit(exitCode && 2));

/** Returns the option of the commands that compare the working tree with an earlier contract. */
export const againstOption = (): Option =>
  new Option(
    "--against <revision>",
    "a git revision, which stands for its merge base with HEAD; or `published`, the contract of the last release " +
      "(default: the environment variable CONTRACT_BASE; else the base of the pull request, the push or the merge " +
      "queue in GitHub Actions; else the main branch of a remote; else main)",
  );

/**
 * Runs the body of a command in the current folder and environment, which nothing else in scripts/lib reads.
 *
 * @param body Returns the exit code if it is not 0. An error that is not a UserError ends the process with exit
 *   code 2, as no check has failed.
 */
export async function runCommand(
  body: (checkout: Checkout) => Promise<number> | Promise<void>,
): Promise<void> {
  const checkout = { root: process.cwd(), env: process.env };
  // The reader may close the pipe early, as `head` does.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
  try {
    process.exitCode = (await body(checkout)) ?? 0;
  } catch (error) {
    if (error instanceof UserError) {
      console.error(error.message.trimEnd());
      process.stderr.write(formatAnnotations(error.annotations, checkout.env));
      process.exitCode = error.exitCode;
    } else {
      console.error(error);
      process.exitCode = 2;
    }
  }
}
