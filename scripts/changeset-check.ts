// Usage: npm run changeset:check [-- --against <revision>|published]
// Checks that the changesets cover every difference from main that affects consumers: exit code 1 if a changeset is
// missing or requests too little, 2 if the two cannot be compared.
import { checkChangesets } from "./lib/changesets/check.ts";
import { againstOption, npmScript, runCommand } from "./lib/cli/command.ts";

const { against } = npmScript(
  "changeset:check",
  "Checks that the changesets cover every difference from the base of `npm run breaking`.",
)
  .addOption(againstOption())
  .addHelpText("after", "\nWith `published`, only the contract is compared, and every changeset counts.")
  .parse()
  .opts<{ against?: string }>();

await runCommand(async (checkout) => console.log(await checkChangesets(checkout, against)));
