import { expect } from "vitest";
import { UserError } from "../../scripts/lib/cli/errors.ts";

/** Expects an error for the user with an exit code, these texts and a line that starts with what to do. */
export async function expectUserError(
  result: Promise<unknown>,
  exitCode: 1 | 2,
  ...texts: string[]
): Promise<void> {
  const error: unknown = await result.catch((reason) => reason);
  expect(error).toBeInstanceOf(UserError);
  for (const text of texts) {
    expect((error as UserError).message).toContain(text);
  }
  expect((error as UserError).message).toMatch(/^ {2}\S/m);
  expect((error as UserError).exitCode).toBe(exitCode);
}
