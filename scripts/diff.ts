// Usage: npm run diff [-- [<before> [<after>]] [--format terminal|markdown|json]
//          [--package <name>] [--breaking] [--comments] [--all]]
// Prints the changes between two contracts, and the version bump that they require.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { readPackage } from "./lib/changesets/changesets.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { quote } from "./lib/cli/errors.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { loadPair } from "./lib/contract/snapshot.ts";
import {
  diffContracts,
  formatJson,
  formatMarkdown,
  formatTerminal,
  type ReportOptions,
} from "./lib/diff/index.ts";

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
  .option("--package <name>", "print only the changes of a proto package, and all of them")
  .option("--breaking", "print only what breaks, and all of it")
  .option("--comments", "print only the comments that changed, before and after")
  .option("--all", "print everything. Default: at most 80 lines, and the command that prints the rest")
  .addHelpText(
    "after",
    `
First line: the version bump, the number of breaks, and of what is added, changed and deprecated. The sections
follow in this order. "public" marks what a service of a gateway package is, has or uses. Breaks have the effect and
advice that \`npm run breaking\` prints: those of a package that have the same ones are listed together, the worst
first. --format json always has everything; --format markdown leaves out what GitHub would not accept.

If an image was built without source info, as the package's is, comments are not compared.

Exit code: 0 the contracts were compared, whether or not they differ; 2 they could not be compared.

scripts/lib/diff/schema.json is the JSON Schema of the output of --format json.`,
  )
  .parse();
const { format, ...selection } = program.opts<ReportOptions & { format: keyof typeof formats }>();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    const [before, after] = await loadPair(checkout, folder, program.args);
    const { CONTRACT_BASE } = checkout.env;
    const base = CONTRACT_BASE && program.args.length === 0 ? [`CONTRACT_BASE=${quote(CONTRACT_BASE)}`] : [];
    const command = [...base, "npm", "run", "diff", "--", ...program.args.map(quote)];
    const npmName = existsSync(join(checkout.root, "package.json"))
      ? readPackage(checkout.root).name
      : undefined;
    const options = { ...selection, command, npmName };
    process.stdout.write(formats[format](await diffContracts(checkout, before, after), options));
  }),
);
