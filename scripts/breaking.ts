// Usage: npm run breaking [-- --against <revision>|published] [-- --format json]
// Compares the contract with its base: exit code 1 if it breaks something, 2 if the two cannot be compared.
import { Option } from "commander";
import { compareWithBase } from "./lib/breaking/compare.ts";
import { formatComparison, formatComparisonJson, toAnnotations } from "./lib/breaking/report.ts";
import { againstOption, npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { formatAnnotations } from "./lib/cli/github.ts";
import { settleAll } from "./lib/cli/process.ts";
import { loadBase, loadWorkingTree } from "./lib/contract/snapshot.ts";

const { against, format } = npmScript(
  "breaking",
  "Compares the contract in the working tree with an earlier one, by the rules in buf.yaml.",
)
  .addOption(againstOption())
  .addOption(
    new Option("--format <format>", "for people or for programs").choices(["text", "json"]).default("text"),
  )
  .addHelpText(
    "after",
    `
Exit code: 0 nothing breaks, 1 something does, 2 the two could not be compared.

--format json prints
  {base: {kind, label, commit}, files, changed, breaking,
   findings: [{element, severity, file, line, column, endLine, endColumn, message, advice, dependency,
     violations: [{rule, own, message}]}],
   excepted: findings that buf.yaml permits, unusedExceptions: exceptions of buf.yaml that permit nothing}
where severity is "wire" (breaks bytes on the wire), "json" (breaks JSON) or "code" (generated code only).`,
  )
  .parse()
  .opts<{ against?: string; format: "text" | "json" }>();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    const [base, tree] = await settleAll([
      loadBase(checkout, folder, { against }),
      loadWorkingTree(checkout, folder),
    ] as const);
    const comparison = await compareWithBase(checkout, tree.image, base);
    const isJson = format === "json";
    process.stdout.write(isJson ? formatComparisonJson(comparison) : formatComparison(comparison));
    // Standard output has to stay valid JSON; GitHub reads both streams.
    const annotations = formatAnnotations(toAnnotations(comparison), checkout.env);
    (isJson ? process.stderr : process.stdout).write(annotations);
    return comparison.findings.length > 0 ? 1 : 0;
  }),
);
