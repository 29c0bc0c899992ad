// Usage: npm run changeset:check
// Checks that the changesets cover everything that differs from main for those who use the package: exit code 1 if a
// changeset is missing or requests too little, 2 if the two cannot be compared.
import { checkChangesets } from "./lib/changesets/check.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

npmScript("changeset:check", "Checks that the changesets cover everything that differs from main.").parse();

await runCommand(async (checkout) => console.log(await checkChangesets(checkout)));
