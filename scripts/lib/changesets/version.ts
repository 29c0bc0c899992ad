import { join } from "node:path";
import { UserError } from "../cli/errors.ts";
import { type Checkout, outputOf, type Result, runNpm, runPackage } from "../cli/process.ts";
import { buildImage } from "../contract/buf.ts";
import { publishedImage } from "../contract/snapshot.ts";
import { readPackage } from "./changesets.ts";
import { requireCoveredRelease } from "./unreleased.ts";

/**
 * Consumes the changesets: updates the version, CHANGELOG.md and the published image, with which
 * `npm run breaking -- --against published` compares.
 *
 * @returns the output of changesets.
 * @throws UserError, before anything is written, as `requireCoveredRelease` does; or if a program fails.
 */
export async function updateVersion(checkout: Checkout): Promise<string> {
  const { root } = checkout;
  const { version } = readPackage(root);
  await requireCoveredRelease(checkout);
  const npm = ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"];
  const output = [
    await outputOrFail(
      "changeset version",
      runPackage(checkout, "@changesets/cli", "changeset", ["version"]),
    ),
    await outputOrFail("npm install", runNpm(checkout, npm)),
  ];
  // Changesets that request no release are consumed too.
  if (readPackage(root).version !== version) {
    await buildImage(checkout, join(root, publishedImage));
  }
  return output.join("");
}

/** Returns the output of a program that writes to the tree. */
async function outputOrFail(command: string, running: Promise<Result>): Promise<string> {
  const result = await running;
  if (result.code !== 0) {
    throw new UserError(`${command} failed:\n${outputOf(result)}`);
  }
  return result.stdout.toString();
}
