// Usage: npm run changeset:new [-- --against published]
// Writes a changeset about what differs from main, for a person to edit, or raises the bump of one that requests too
// little.
import { Option } from "commander";
import { draftChangeset } from "./lib/changesets/draft.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";

const { against } = npmScript(
  "changeset:new",
  "Writes a changeset about what differs from main, as `npm run breaking` finds it.",
)
  .addOption(
    new Option(
      "--against <contract>",
      "compare with the contract of the last release, which every changeset is about",
    ).choices(["published"] as const),
  )
  .parse()
  .opts<{ against?: "published" }>();

await runCommand(async (checkout) => console.log(await draftChangeset(checkout, against)));
