// Usage: npm run changeset:new [-- --against <revision>|published]
// Writes a changeset that describes the difference from main, for a person to edit, or raises the bump of a changeset
// that requests too little.
import { draftChangeset } from "./lib/changesets/draft.ts";
import { againstOption, npmScript, runCommand } from "./lib/cli/command.ts";

const { against } = npmScript(
  "changeset:new",
  "Writes a changeset that describes the difference from the base of `npm run breaking`.",
)
  .addOption(againstOption())
  .addHelpText("after", "\nWith `published`, only the contract is compared, and every changeset counts.")
  .parse()
  .opts<{ against?: string }>();

await runCommand(async (checkout) => console.log(await draftChangeset(checkout, against)));
