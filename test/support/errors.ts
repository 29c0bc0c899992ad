import { expect } from "vitest";
import { UserError } from "../../scripts/lib/cli/errors.ts";

/** Expects an error for the user with an exit code, these texts and a line that starts with what to do. */
export async function expectUserError(
  result: Promise<unknown>,
  exitCode: 1 | 2,
  ...texts: string[]
): Promise<UserError> {
  const error = await result.then(() => undefined).catch((reason: unknown) => reason);
  if (!(error instanceof UserError)) {
    throw new Error("The result is not an error for the user.", { cause: error });
  }
  for (const text of texts) {
    expect(error.message).toContain(text);
  }
  expect(error.message).toMatch(/^ {2}\S/m);
  expect(error.exitCode).toBe(exitCode);
  return error;
}
