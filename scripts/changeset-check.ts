// Usage: npm run changeset:check
// Checks that the changesets cover every difference from main that affects consumers: exit code 1 if a changeset is
// missing or requests too little, 2 if the two cannot be compared.
import { checkChangesets } from "./lib/changesets/check.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

npmScript("changeset:check", "Checks that the changesets cover every difference from main.").parse();

await runCommand(async (checkout) => console.log(await checkChangesets(checkout)));
