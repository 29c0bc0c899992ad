import { UserError } from "./errors.ts";
import { settleAll } from "./process.ts";

/** One named part of a longer command. */
export interface Step {
  /** Name in the output: the npm script that does the same alone, if there is one. */
  name: string;
  /**
   * Does the work, and returns a few words on the result, if any.
   *
   * @throws UserError if it fails, with the output that explains why.
   */
  run: () => Promise<string | undefined> | Promise<void>;
}

/** Prints one line of progress. */
export type Print = (line: string) => void;

/**
 * Runs independent steps at the same time, and prints one line for each as it ends. All of them have ended when
 * this returns or throws.
 *
 * @throws UserError with the output and the annotations of every step that failed, in the order given, and exit code
 *   2 if all of them have it; an error that is not a UserError as it is.
 */
export async function runTogether(steps: Step[], print: Print): Promise<void> {
  const errors = await settleAll(steps.map((step) => runStep(step, print)));
  const failed = steps.flatMap(({ name }, index) => {
    const error = errors[index];
    return error ? [{ name, error }] : [];
  });
  if (failed.length > 0) {
    throw new UserError(
      failed.map(({ name, error }) => `\n── ${name} ──\n${error.message.trimEnd()}\n`).join(""),
      {
        annotations: failed.flatMap(({ error }) => error.annotations),
        // A failed check is a result even if another could not run.
        exitCode: failed.some(({ error }) => error.exitCode === 1) ? 1 : 2,
      },
    );
  }
}

/** Runs one step after another, up to the first that fails. */
export async function runInOrder(steps: Step[], print: Print): Promise<void> {
  for (const step of steps) {
    await runTogether([step], print);
  }
}

async function runStep({ name, run }: Step, print: Print): Promise<UserError | undefined> {
  const start = performance.now();
  const printResult = (mark: string, result = "") => {
    const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    print(`${mark} ${name.padEnd(16)} ${seconds.padStart(7)}${result && `  ${result}`}`);
  };
  try {
    printResult("✓", (await run()) ?? "");
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    printResult("✗");
    return error;
  }
}
