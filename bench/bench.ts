// Usage: npm run bench
import { rmSync } from "node:fs";
import { join } from "node:path";
import { readImage } from "../scripts/lib/contract.js";
import { main } from "../scripts/lib/errors.js";
import { generateAlternatives, installAlternatives } from "./lib/alternatives.js";
import { compilePrograms } from "./lib/programs.js";
import { writeSamples } from "./lib/samples.js";
import { measureSizes } from "./lib/size.js";
import { work } from "./lib/work.js";

await main(async () => {
  await installAlternatives();
  rmSync(work, { recursive: true, force: true });
  const image = "dist/image.binpb";
  await compilePrograms();
  writeSamples(readImage(image), join(work, "samples"));
  const folders = await generateAlternatives(image);
  console.log(JSON.stringify(await measureSizes(folders, readImage(image)), null, 1));
});
