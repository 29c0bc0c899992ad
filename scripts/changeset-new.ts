// Usage: npm run changeset:new [-- --against published]
// Writes a changeset that describes the difference from main, for a person to edit, or raises the bump of a changeset
// that requests too little.
import { Option } from "commander";
import { draftChangeset } from "./lib/changesets/draft.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

const { against } = npmScript(
  "changeset:new",
  "Writes a changeset that describes the difference from the base of `npm run breaking`.",
)
  .addOption(
    new Option(
      "--against <contract>",
      "compare with the contract of the last release; every changeset counts",
    ).choices(["published"] as const),
  )
  .parse()
  .opts<{ against?: "published" }>();

await runCommand(async (checkout) => console.log(await draftChangeset(checkout, against)));
