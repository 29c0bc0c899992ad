// Usage: npm run changeset:new [-- --against published]
// Writes a changeset about what differs from main, for a person to edit: the bump that follows from it, and
// the difference as Markdown. Where one says too little, it raises that one's bump; where none is needed, it
// writes nothing.
import write from "@changesets/write";
import { Option } from "commander";
import { changesetPath, packageName, setBump } from "./lib/changesets.ts";
import { npmScript } from "./lib/command.ts";
import { toMarkdown, weight } from "./lib/diff/index.ts";
import { main } from "./lib/errors.ts";
import { listBriefly } from "./lib/package-changes.ts";
import { describe, findUnreleased, isCovered, type Unreleased } from "./lib/unreleased.ts";

const { against } = npmScript(
  "changeset:new",
  "Writes a changeset about what differs from main, as `npm run breaking` finds it.",
)
  .addOption(
    new Option(
      "--against <what>",
      "compare with the contract of the last release, which every changeset tells of",
    ).choices(["published"] as const),
  )
  .parse()
  .opts<{ against?: "published" }>();

/** The changeset's text. Its first line is what a list of changes shows. */
function draft({ contract, package: changes }: Unreleased): string {
  const beside = [...changes.own, ...changes.recipe, ...(weight(contract) ? [] : changes.contract)];
  return [
    // CHANGELOG.md has the bump as a heading.
    ...(weight(contract)
      ? [
          toMarkdown(contract)
            .trim()
            .replace(/^\*\*\w+\*\*: /, ""),
        ]
      : []),
    ...(beside.length > 0
      ? [`Beside the contract: ${listBriefly(beside.map((name) => `\`${name}\``))}.`]
      : []),
  ].join("\n\n");
}

await main(async () => {
  const unreleased = await findUnreleased(against);
  const { base, needed, saying } = unreleased;
  if (needed === undefined) {
    const why =
      base.kind === "nothing" ? base.label : `nothing that reaches the package differs from ${base.label}`;
    console.log(`Nothing is written, as no changeset is needed: ${why}.`);
    return;
  }
  console.log(describe(unreleased));
  if (isCovered(unreleased)) {
    console.log(`Nothing is written, as ${saying?.path} says ${saying?.bump} already.`);
    return;
  }
  if (saying !== undefined) {
    setBump(saying.path, needed);
    console.log(`${saying.path} said ${saying.bump}, and now says ${needed}; its text is as it was.
  See that it tells all of this, and commit it with your change:

${draft(unreleased)}`);
    return;
  }
  const bump = needed === "none" ? "patch" : needed;
  const id = await write(
    { summary: draft(unreleased), releases: [{ name: packageName(), type: bump }] },
    process.cwd(),
  );
  console.log(`${changesetPath(id)} is new, and says ${bump}.
  Edit its text for the engineer who updates the package, and commit it with your change.${
    needed === "none" ? '\n  Set its bump to "none" if the package stays as it was.' : ""
  }`);
});
