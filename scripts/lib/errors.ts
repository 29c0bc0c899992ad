/**
 * A failure that is the user's to mend: printed as its message, without a stack trace.
 * The message says what was wrong, where, and the command that mends it.
 */
export class UserError extends Error {
  /** @param exitCode The process's exit code: 1 for a check that said no, 2 for a check that could not run. */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/**
 * Runs a script's main function, and ends the process with the exit code of its failure, if any: 2 for one that is
 * not the user's, as no check has said no.
 */
export async function main(body: () => Promise<void>): Promise<void> {
  // The reader may stop reading, as `head` does: there is nobody left to tell.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
  try {
    await body();
  } catch (error) {
    console.error(error instanceof UserError ? error.message.trimEnd() : error);
    process.exitCode = error instanceof UserError ? error.exitCode : 2;
  }
}
