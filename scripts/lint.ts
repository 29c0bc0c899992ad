// Usage: npm run lint
// Lints the contract, by the rules that buf.yaml names, and the workflow files.
import { lint } from "./lib/check/gates.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

npmScript("lint", "Lints the contract and the workflow files.").parse();

await runCommand(lint);
