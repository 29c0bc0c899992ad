// Usage: npm run bench [-- --only codec|size|load|loop|diff]
// Measures the package and this repository's commands, compared with alternatives. Prints ratios, and writes
// them into bench/RESULTS.md and bench/results.svg. Takes some minutes, on a machine that does nothing else.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { npmScript, runCommand } from "../scripts/lib/cli/command.ts";
import { compilePrograms, generateAlternatives, installAlternatives } from "./lib/alternatives.ts";
import { toSvg } from "./lib/chart.ts";
import { measureCodecs } from "./lib/codec.ts";
import { measureDiff } from "./lib/diff.ts";
import { describeEnvironment } from "./lib/environment.ts";
import { measureLoading } from "./lib/load.ts";
import { measureLoop } from "./lib/loop.ts";
import type { Section } from "./lib/measure.ts";
import { formatTable, replaceTables, toTable } from "./lib/report.ts";
import { measureSizes } from "./lib/size.ts";
import { root, runTool, work } from "./lib/tools.ts";

const parts = {
  codec: measureCodecs,
  size: measureSizes,
  load: measureLoading,
  loop: measureLoop,
  diff: measureDiff,
};

const { only } = npmScript("bench", "Measures the package compared with its alternatives.")
  .addOption(new Option("--only <part>", "measure one part, and write no file").choices(Object.keys(parts)))
  .parse()
  .opts<{ only?: string }>();

await runCommand(async () => {
  rmSync(work, { recursive: true, force: true });
  console.log("Building the package, and installing those to compare it with ...");
  await installAlternatives();
  await runTool("npm", ["run", "build"]);
  console.log("Generating code for every implementation ...");
  await compilePrograms();
  const folders = await generateAlternatives();

  const sections: Section[] = [];
  for (const [part, measure] of Object.entries(parts)) {
    if (only === undefined || only === part) {
      for (const section of await measure(folders)) {
        sections.push(section);
        console.log(`\n${section.title}\n${toTable(section)}`);
      }
    }
  }
  if (only === undefined) {
    const results = join(root, "bench/RESULTS.md");
    const tables = Object.fromEntries(sections.map((section) => [section.title, toTable(section)]));
    tables.Environment = formatTable(["", ""], describeEnvironment());
    writeFileSync(results, replaceTables(readFileSync(results, "utf8"), tables));
    writeFileSync(join(root, "bench/results.svg"), toSvg(sections));
    console.log("Written to bench/RESULTS.md and bench/results.svg");
  }
});
