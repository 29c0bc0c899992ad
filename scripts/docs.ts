// Usage: npm run docs
// Writes the reference of the gateway into site/, as static files for any web server.
import { join } from "node:path";
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { syncTree, withTemporaryFolder } from "./lib/cli/files.ts";
import { writeSite } from "./lib/docs/docs.ts";

npmScript(
  "docs",
  "Writes the reference of the gateway into site/, as static files for any web server.",
).parse();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    writeSite(checkout, folder);
    syncTree(folder, join(checkout.root, "site"));
    console.log("site/: the reference of the gateway, for any web server");
  }),
);
