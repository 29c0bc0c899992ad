import write from "@changesets/write";
import type { Checkout } from "../cli/process.ts";
import { formatChangelog } from "../diff/index.ts";
import { changesetPath, readPackage, setBump } from "./changesets.ts";
import { describeUnreleased, findUnreleased, isCovered, listBriefly, type Unreleased } from "./unreleased.ts";

/**
 * Writes a changeset that describes the difference from main, for a person to edit: its bump, and its text as
 * Markdown. If a changeset requests too little, raises its bump instead; if none is needed, writes nothing.
 *
 * @param against See `findUnreleased`.
 * @returns what was written, for people.
 * @throws UserError as `findUnreleased` and `setBump` do.
 */
export async function draftChangeset(checkout: Checkout, against?: string): Promise<string> {
  const { root } = checkout;
  const unreleased = await findUnreleased(checkout, against);
  const { base, needed, greatest } = unreleased;
  if (needed === undefined) {
    const why = base.kind === "none" ? base.label : `nothing in the package differs from ${base.label}`;
    return `Nothing is written, as no changeset is needed: ${why}.`;
  }
  const difference = describeUnreleased(unreleased);
  const { name } = readPackage(root);
  const text = draftText(unreleased, name);
  if (isCovered(unreleased)) {
    return `${difference}\nNothing is written, as ${greatest?.path} already requests ${greatest?.bump}.`;
  }
  if (greatest !== undefined) {
    setBump(root, greatest, needed);
    return `${difference}
${greatest.path} requested ${greatest.bump}, and requests ${needed} now; its text is unchanged.
  Check that it covers all of this, and commit it with your change:

${text}`;
  }
  const bump = needed === "none" ? "patch" : needed;
  const id = await write({ summary: text, releases: [{ name, type: bump }] }, root);
  return `${difference}
${changesetPath(id)} is new, and requests ${bump}.
  Edit its text for the engineer who updates the package, and commit it with your change.${
    needed === "none" ? '\n  Set its bump to "none" if the package is unchanged.' : ""
  }`;
}

/** Returns the text of the changeset. Its first line is a summary, which lists of changes show. */
function draftText({ contract, package: changes }: Unreleased, npmName: string): string {
  const differs = contract.bump !== undefined;
  const rest = [...changes.sources, ...changes.build, ...(differs ? [] : changes.contract)];
  return [
    ...(differs ? [formatChangelog(contract, { npmName })] : []),
    ...(rest.length > 0 ? [`In addition: ${listBriefly(rest.map((name) => `\`${name}\``))}.`] : []),
  ].join("\n\n");
}
