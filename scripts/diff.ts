// Usage: npm run diff [-- [<before> [<after>]] [--format terminal|markdown|json]]
// Prints the changes between two contracts, and the version bump that they require.
import { Option } from "commander";
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { loadPair } from "./lib/contract/snapshot.ts";
import { diffContracts, formatJson, formatMarkdown, formatTerminal } from "./lib/diff/index.ts";

const formats = { terminal: formatTerminal, markdown: formatMarkdown, json: formatJson };

const program = npmScript(
  "diff",
  "Prints the changes between two contracts. Default: from the base that `npm run breaking` uses to the working tree.",
)
  .argument(
    "[before]",
    "earlier contract: a git revision, `published` for the contract of the last release, or a descriptor image. " +
      "Default: CONTRACT_BASE, else the base of `npm run breaking`",
  )
  .argument(
    "[after]",
    "later contract, in the same forms. Default: the working tree; [before] then stands for its merge base with HEAD",
  )
  .addOption(
    new Option("--format <format>", "for people, for pull requests and changelogs, or for programs")
      .choices(Object.keys(formats))
      .default("terminal"),
  )
  .addHelpText(
    "after",
    `
If an image was built without source info, as the package's is, comments are not compared.

Exit code: 0 the contracts were compared, whether or not they differ; 2 they could not be compared.

scripts/lib/diff/schema.json is the JSON Schema of the output of --format json.`,
  )
  .parse();
const { format } = program.opts<{ format: keyof typeof formats }>();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    const [before, after] = await loadPair(checkout, folder, program.args);
    process.stdout.write(formats[format](await diffContracts(checkout, before, after)));
  }),
);
