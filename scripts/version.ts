// Usage: npm run version
// Consumes the changesets: updates the version, CHANGELOG.md and the published image. The release workflow runs it for
// its pull request.
import { updateVersion } from "./lib/changesets/version.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

npmScript(
  "version",
  "Consumes the changesets: updates the version, CHANGELOG.md and the published image.",
).parse();

await runCommand(async (checkout) => {
  process.stdout.write(await updateVersion(checkout));
});
