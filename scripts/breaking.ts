// Usage: npm run breaking [-- --against <revision>|published] [-- --format json]
// Says whether the contract breaks the one before it: exits 1 when it does, 2 when it cannot tell.
import { join } from "node:path";
import { Option } from "commander";
import { compare, loadBase } from "./lib/breaking.ts";
import { toAnnotations, toJson, toText } from "./lib/breaking-report.ts";
import { buildImage } from "./lib/buf.ts";
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

const { against, format } = npmScript(
  "breaking",
  "Compares the contract in the working tree with an earlier one, by the rules in buf.yaml.",
)
  .option(
    "--against <revision>",
    "a git revision, whose merge base with HEAD is taken; or `published`, the contract of the last release " +
      "(default: the pull request's base in GitHub Actions, else origin/main, else main)",
  )
  .addOption(
    new Option("--format <format>", "for people or for programs").choices(["text", "json"]).default("text"),
  )
  .addHelpText(
    "after",
    `
Exit code: 0 nothing breaks, 1 something does, 2 the two could not be compared.

--format json prints
  {base: {kind, label, commit}, files, changed, breaking,
   findings: [{rule, severity, file, line, column, endLine, endColumn, message, advice}]}
where severity is "wire" (breaks bytes on the wire), "json" (breaks JSON) or "code" (generated code only).`,
  )
  .parse()
  .opts<{ against?: string; format: "text" | "json" }>();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    // At the same time, and both to their end before the folder goes.
    const [base, built] = await Promise.allSettled([loadBase(against), buildImage(image)]);
    if (base.status === "rejected") {
      throw base.reason;
    }
    if (built.status === "rejected") {
      throw built.reason;
    }
    const comparison = await compare(image, base.value);
    const isJson = format === "json";
    process.stdout.write(isJson ? toJson(comparison) : toText(comparison));
    // Beside JSON they would make it none; GitHub reads both streams.
    (isJson ? process.stderr : process.stdout).write(toAnnotations(comparison));
    if (comparison.findings.length > 0) {
      process.exitCode = 1;
    }
  }),
);
