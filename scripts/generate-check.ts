// Usage: npm run generate:check
// Lists the files of gen/ that are not what the contract generates; changes none of them.
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { loadWorkingTree } from "./lib/contract/snapshot.ts";
import { checkGenerated } from "./lib/generate/generate.ts";

npmScript("generate:check", "Lists the files of gen/ that are not what the contract generates.").parse();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) =>
    checkGenerated(checkout, (await loadWorkingTree(checkout, folder)).image),
  ),
);
