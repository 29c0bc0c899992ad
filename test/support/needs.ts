import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/**
 * Finds a program that npm ci does not install.
 *
 * @param names Its possible names or absolute paths, the preferred first.
 * @returns its path, or undefined after a warning that tests are skipped.
 * @throws Error in CI, which must have it.
 */
export function findProgram(what: string, names: (string | undefined)[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = names
    .flatMap((name) =>
      name && isAbsolute(name) ? [name] : folders.map((folder) => name && join(folder, name)),
    )
    .find((path) => path && isExecutable(path));
  const looked = names.filter((name) => name !== undefined).join(", ");
  const problem = `${what} is not installed (looked for ${looked})`;
  if (!found && (process.env.CI || process.env.GITHUB_ACTIONS)) {
    throw new Error(`${problem}, and CI must not skip what needs it.`);
  }
  if (!found) {
    console.warn(`Skipped: ${problem}.`);
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
