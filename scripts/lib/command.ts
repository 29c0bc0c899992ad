import { Command } from "commander";

/**
 * An npm script as a command, whose arguments `parse()` reads: what is wrong with them, and `--help`, is said
 * in its name. Bad ones end the process with exit code 2, as a check that could not run.
 *
 * @param script Its name in package.json.
 * @param description What it does, for `--help`.
 */
export const npmScript = (script: string, description: string): Command =>
  new Command(`npm run ${script} --`)
    .description(description)
    .exitOverride(({ exitCode }) => process.exit(exitCode && 2));
