// Usage: npm run docs
// Writes the reference of the gateway into site/, as static files for any web server.
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { site, writeSite } from "./lib/docs/docs.ts";

npmScript(
  "docs",
  `Writes the reference of the gateway into ${site}/, as static files for any web server.`,
).parse();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    writeSite(checkout, folder);
    console.log(`${site}/: the reference of the gateway. Its page needs a web server: npm run example`);
  }),
);
