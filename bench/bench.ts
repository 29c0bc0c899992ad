// Usage: npm run bench [-- --only codec|size|load|loop]
// Measures what the package costs beside its alternatives; prints ratios, and writes them into
// bench/RESULTS.md and bench/results.svg. Takes some minutes, on a machine that does nothing else.
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Option } from "commander";
import { buildImage } from "../scripts/lib/buf.js";
import { npmScript } from "../scripts/lib/command.js";
import { readImage } from "../scripts/lib/contract.js";
import { main } from "../scripts/lib/errors.js";
import { compile, freshTarball, pack } from "../scripts/lib/package.js";
import { generateAlternatives, installAlternatives } from "./lib/alternatives.js";
import { toSvg } from "./lib/chart.js";
import { measureCodecs } from "./lib/codec.js";
import { environment } from "./lib/environment.js";
import { measureLoading } from "./lib/load.js";
import { measureLoop } from "./lib/loop.js";
import { notes } from "./lib/notes.js";
import { compilePrograms } from "./lib/programs.js";
import { toMarkdown, toTerminal } from "./lib/report.js";
import type { Growth, Section } from "./lib/result.js";
import { writeSamples } from "./lib/samples.js";
import { measureSizes } from "./lib/size.js";
import { work } from "./lib/work.js";

const parts = ["codec", "size", "load", "loop"] as const;

const { only } = npmScript("bench", "Measures what the package costs beside its alternatives.")
  .addOption(
    new Option("--only <part>", "measure one part, and write nothing but to the terminal").choices(parts),
  )
  .parse()
  .opts<{ only?: (typeof parts)[number] }>();

await main(async () => {
  await installAlternatives();
  rmSync(work, { recursive: true, force: true });
  if (freshTarball() === undefined) {
    console.log("Compiling the package ...");
    const image = join(resolve("node_modules/.cache"), "bench-image.binpb");
    await buildImage(image);
    await compile(image);
    await pack();
  }
  console.log("Generating the contract's code for every implementation ...");
  const image = resolve("dist/image.binpb");
  const registry = readImage(image);
  const folders = await generateAlternatives(image, registry);
  await compilePrograms();
  const samples = join(work, "samples");
  writeSamples(registry, samples);

  const sections: Section[] = [];
  let growth: Growth | undefined;
  const add = (...found: Section[]) => {
    sections.push(...found);
    console.log(found.map(toTerminal).join(""));
  };
  const wanted = (part: (typeof parts)[number]) => only === undefined || only === part;
  if (wanted("codec")) {
    add(await measureCodecs(folders, registry, image, samples));
  }
  if (wanted("size")) {
    const sizes = await measureSizes(folders, registry);
    growth = sizes.growth;
    add(sizes.section);
  }
  if (wanted("load")) {
    add(...(await measureLoading(folders)));
  }
  if (wanted("loop")) {
    add(await measureLoop());
  }
  if (only === undefined && growth !== undefined) {
    const results = { environment: environment(), sections, growth };
    writeFileSync("bench/RESULTS.md", toMarkdown(results, notes));
    writeFileSync("bench/results.svg", toSvg(results));
    console.log("Written to bench/RESULTS.md and bench/results.svg");
  }
});
