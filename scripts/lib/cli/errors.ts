import type { Annotation } from "./github.ts";

/**
 * A failure that the user can fix: printed as its message, without a stack trace.
 * The message states what is wrong, where, and the command that fixes it.
 */
export class UserError extends Error {
  /** The process's exit code: 1 for a check that failed, 2 for a check that could not run. */
  readonly exitCode: 1 | 2;
  /** The places that the message lists, for GitHub Actions. */
  readonly annotations: Annotation[];

  constructor(
    message: string,
    { exitCode = 1, annotations = [] }: { exitCode?: 1 | 2; annotations?: Annotation[] } = {},
  ) {
    super(message);
    this.exitCode = exitCode;
    this.annotations = annotations;
  }
}

/** Returns the error of a check that could not run, with exit code 2. */
export const cannotRun = (message: string, annotations: Annotation[] = []) =>
  new UserError(message, { exitCode: 2, annotations });

/** Quotes an argument of a command in a message, for a POSIX shell. */
export const quote = (argument: string): string =>
  /^[\w@%+=:,./-][\w@%+=:,./^~-]*$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
