import { UserError } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { compareCommand, findNamedBase } from "../contract/environment.ts";
import { readPackage } from "./changesets.ts";
import { describeUnreleased, findUnreleased, isCovered, requireCoveredRelease } from "./unreleased.ts";

/**
 * Checks that the changesets cover every difference from main that affects consumers, and if changesets of main were
 * edited or deleted, that all changesets together cover how the contract differs from the last release.
 *
 * @param against See `findUnreleased`.
 * @returns the difference and the changeset that covers it, for people.
 * @throws UserError if a changeset is missing or requests too little, with the command that fixes it; or as
 *   `findUnreleased` and `requireCoveredRelease` do.
 */
export async function checkChangesets(checkout: Checkout, against?: string): Promise<string> {
  const unreleased = await findUnreleased(checkout, against);
  const { base, needed, greatest, changesets, editedChangesets } = unreleased;
  if (base.kind === "none") {
    return `no changeset is needed; no earlier contract to compare with: ${base.label}`;
  }
  // What main itself lacks is no fault of this change.
  if (isCovered(unreleased) && editedChangesets.length > 0) {
    const hints = editedChangesets.map((path) => `It was edited or deleted since ${base.label}: ${path}`);
    await requireCoveredRelease(checkout, hints);
  }
  if (needed === undefined) {
    return `no changeset is needed: nothing in the package differs from ${base.label}`;
  }
  const difference = describeUnreleased(unreleased);
  if (isCovered(unreleased)) {
    return `${difference}\n${greatest?.path} requests ${greatest?.bump}; compared with ${base.label}`;
  }
  const { name } = readPackage(checkout.root);
  const unrelated = changesets.map(({ path }) => `${path} does not name ${name}.\n`);
  const problem = greatest
    ? `${greatest.path} requests ${greatest.bump}, which is less than ${needed}.\n`
    : `${unrelated.join("")}No changeset since ${base.label} covers it.\n`;
  const fix =
    needed === "none"
      ? 'to write one, and set its bump to "none" if the package is unchanged'
      : "to write it, or to raise its bump";
  const named = findNamedBase(checkout, against);
  const script = "changeset:new";
  const command = named ? compareCommand(checkout, named.name, script) : `npm run ${script}`;
  throw new UserError(`${difference}\n${problem}  Run: ${command}      ${fix}`);
}
