import { appendFileSync } from "node:fs";
import { UserError } from "./errors.ts";

/** One named piece of work of a longer command. */
export interface Step {
  /** What it is called in the output: the npm script that does the same alone, if there is one. */
  name: string;
  /**
   * Does it, and returns a few words on what came of it, if there is something to say.
   *
   * @throws UserError when it fails, with the output that tells why.
   */
  run: () => Promise<string | undefined> | Promise<void>;
}

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Prints a line, and adds it to the job's summary in GitHub Actions. */
function report(line: string): void {
  console.log(line);
  const { GITHUB_STEP_SUMMARY: summary } = process.env;
  if (summary) {
    appendFileSync(summary, `    ${line}\n`);
  }
}

async function runStep(step: Step): Promise<UserError | undefined> {
  const start = performance.now();
  try {
    const said = await step.run();
    report(`✓ ${step.name.padEnd(16)} ${seconds(start).padStart(7)}${said ? `  ${said}` : ""}`);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    report(`✗ ${step.name.padEnd(16)} ${seconds(start).padStart(7)}`);
    return error;
  }
}

/**
 * Runs independent steps at the same time, with one line for each as it ends.
 *
 * @throws UserError with the output of every step that failed, in the order in which they were given.
 */
export async function runTogether(steps: Step[]): Promise<void> {
  const failures = await Promise.all(steps.map(async (step) => ({ step, error: await runStep(step) })));
  const failed = failures.flatMap(({ step, error }) => (error ? [{ step, error }] : []));
  if (failed.length > 0) {
    throw new UserError(
      failed.map(({ step, error }) => `\n── ${step.name} ──\n${error.message.trimEnd()}\n`).join(""),
    );
  }
}

/** Runs one step after another, up to the first that fails. */
export async function runInOrder(steps: Step[]): Promise<void> {
  for (const step of steps) {
    await runTogether([step]);
  }
}
