import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../cli/errors.ts";
import { withTemporaryFolder } from "../cli/files.ts";
import { type Checkout, outputOf, type Result, runNpm, runPackage } from "../cli/process.ts";
import { loadPublished, loadWorkingTree, publishedImage } from "../contract/snapshot.ts";
import { diffContracts, summarizeDiff } from "../diff/index.ts";
import { covers, greatestBump, readChangesets, readPackage } from "./changesets.ts";

/**
 * Consumes the changesets: updates the version, CHANGELOG.md and the published image, with which
 * `npm run breaking -- --against published` compares.
 *
 * @returns the output of changesets.
 * @throws UserError, before anything is written, if the changesets request a smaller bump than the contract needs since
 *   the last release; or if a program fails.
 */
export async function updateVersion(checkout: Checkout): Promise<string> {
  const { root } = checkout;
  const { version } = readPackage(root);
  const requested = greatestBump((await readChangesets(root)).map(({ bump }) => bump));
  return withTemporaryFolder(root, async (folder) => {
    const published = loadPublished(checkout);
    const tree = await loadWorkingTree(checkout, folder);
    const contract = await diffContracts(checkout, published, tree);
    const needed = contract.bump;
    if (needed !== undefined && !covers(requested, needed)) {
      const release =
        requested && requested !== "none" ? `a ${requested} release of ${version}` : "no release";
      throw new UserError(
        `The changesets make ${release}, but compared with ${published.label}, the contract is\n` +
          `${summarizeDiff(contract)}\n` +
          "  Run: npm run changeset:new -- --against published      to cover it\n" +
          "  and: npm run diff -- published      to see what differs",
      );
    }
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
      copyFileSync(tree.image, join(root, publishedImage));
    }
    return output.join("");
  });
}

/** Returns the output of a program that writes to the tree. */
async function outputOrFail(command: string, running: Promise<Result>): Promise<string> {
  const result = await running;
  if (result.code !== 0) {
    throw new UserError(`${command} failed:\n${outputOf(result)}`);
  }
  return result.stdout.toString();
}
