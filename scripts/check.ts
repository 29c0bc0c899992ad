// Usage: npm run check [-- --against <revision>|published]
// Runs every gate that a change must pass, in parallel: exit code 1 or 2, with the output of the failed gates.
import { runGates } from "./lib/check/gates.ts";
import { againstOption, npmScript, runCommand } from "./lib/cli/command.ts";
import { printStep } from "./lib/cli/github.ts";

const { against } = npmScript("check", "Runs every gate that a change must pass, in parallel.")
  .addOption(againstOption())
  .parse()
  .opts<{ against?: string }>();

await runCommand((checkout) => runGates(checkout, printStep(checkout.env), against));
