// Usage: npm run generate
// Writes gen/ from the contract: the output of the plugins of buf.gen.yaml, the package indexes, the registry and
// the OpenAPI document of the gateway.
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { loadWorkingTree } from "./lib/contract/snapshot.ts";
import { describeDifference, generate } from "./lib/generate/generate.ts";

npmScript("generate", "Writes gen/ from the contract.").parse();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    const { image } = await loadWorkingTree(checkout, folder);
    console.log(`gen/: ${describeDifference(await generate(checkout, image)) ?? "unchanged"}`);
  }),
);
