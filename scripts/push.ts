// Usage: npm run push [-- --dry-run] [-- --registry <host>]
// Pushes the contract as of HEAD to the schema registry: exit code 1 if the registry refuses it, 2 if it cannot be pushed.
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { type PushOptions, pushModule } from "./lib/package/push.ts";

const options = npmScript("push", "Pushes the module of buf.yaml, as HEAD has it, to the schema registry.")
  .option("--dry-run", "print what would be pushed, without a token and without the network")
  .option("--registry <host>", "push to another registry than that of buf.yaml")
  .addHelpText(
    "after",
    `
The newest commit of origin/main gets the label main, and the commit that set the version in package.json the label
v<version>, unless the registry has that one. BUF_TOKEN must be a token that may write to the module. In GitHub Actions
of a fork, nothing is pushed.`,
  )
  .parse()
  .opts<PushOptions>();

await runCommand((checkout) => pushModule(checkout, options, (line) => console.log(line)));
