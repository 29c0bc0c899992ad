// Usage: npm run version
// Consumes the changesets: moves the version, CHANGELOG.md and the published image. The release workflow's pull request
// runs it.
import { moveVersion } from "./lib/changesets/version.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

npmScript(
  "version",
  "Consumes the changesets: moves the version, CHANGELOG.md and the published image.",
).parse();

await runCommand(async (checkout) => {
  process.stdout.write(await moveVersion(checkout));
});
