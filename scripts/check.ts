// Usage: npm run check
// Runs every gate that a change must pass, in parallel: exit code 1, with the output of the failed gates.
import { runGates } from "./lib/check/gates.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { printStep } from "./lib/cli/github.ts";

npmScript("check", "Runs every gate that a change must pass, in parallel.").parse();

await runCommand((checkout) => runGates(checkout, printStep(checkout.env)));
