// Usage: npm run check
// Every gate that a change must pass, in parallel; exits 1 with the output of those that said no.
import { join } from "node:path";
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { contractGates, generateCheck, imageStep, sourceGates } from "./lib/gates.ts";
import { runInOrder, runTogether } from "./lib/steps.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

npmScript("check", "Runs every gate that a change must pass, in parallel.").parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    await runInOrder([imageStep(image)]);
    await runTogether([
      ...sourceGates(),
      ...contractGates(image),
      { name: "generate:check", run: () => generateCheck(folder, image) },
    ]);
  }),
);
