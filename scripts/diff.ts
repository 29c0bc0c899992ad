// Usage: npm run diff [-- [<side> [<side>]] [--format terminal|markdown|json]]
// Says what changed in the contract, in words, and the version bump that follows from it.
import { Option } from "commander";
import { npmScript } from "./lib/command.ts";
import { diffContracts, loadSides, toJson, toMarkdown, toTerminal } from "./lib/diff/index.ts";
import { main } from "./lib/errors.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

const formats = { terminal: toTerminal, markdown: toMarkdown, json: toJson };

const program = npmScript(
  "diff",
  "Says what changed in the contract: from main, as `npm run breaking` finds it, to the working tree.",
)
  .argument(
    "[before]",
    "what to compare with: a git revision, `published` for the contract of the last release, or a descriptor image",
  )
  .argument(
    "[after]",
    "what to compare: the same; without it the working tree, and a revision before it stands for its merge base with HEAD",
  )
  .addOption(
    new Option("--format <format>", "for people, for pull requests and changelogs, or for programs")
      .choices(Object.keys(formats))
      .default("terminal"),
  )
  .addHelpText(
    "after",
    `
Of an image that was built without source info, as the package's is, all but the comments is compared.

Exit code: 0 the two were compared, whatever came of it; 2 they could not be.

scripts/lib/diff/schema.json is the JSON Schema of what --format json prints.`,
  )
  .parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const { format } = program.opts<{ format: keyof typeof formats }>();
    const { before, after } = await loadSides(program.args, folder);
    process.stdout.write(formats[format](await diffContracts(before, after)));
  }),
);
