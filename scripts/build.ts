// Usage: npm run build
// The main job: runs the gates, generates gen/, compiles it into dist/ and packs agynio-api-<version>.tgz.
import { join } from "node:path";
import { npmScript } from "./lib/command.ts";
import { readImage, summarize } from "./lib/contract.ts";
import { main, UserError } from "./lib/errors.ts";
import { contractGates, imageStep, sourceGates } from "./lib/gates.ts";
import { generate } from "./lib/generate.ts";
import { compile, pack } from "./lib/package.ts";
import { runInOrder, runTogether } from "./lib/steps.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

npmScript(
  "build",
  "Runs the gates, generates gen/, compiles it into dist/ and packs agynio-api-<version>.tgz.",
).parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    let summary = "";
    await runInOrder([imageStep(image)]);
    await runTogether([...sourceGates(), ...contractGates(image)]);
    await runInOrder([
      {
        name: "generate",
        run: async () => {
          const said = await generate(folder, image);
          // As with snapshots in a test runner: CI writes nothing that was to be committed.
          if (process.env.CI && said) {
            throw new UserError(
              `gen/ was not what the contract generates: ${said}.\n  Run: npm run generate`,
            );
          }
          return said;
        },
      },
      { name: "compile", run: () => compile(image) },
      {
        name: "pack",
        run: async () => {
          const { filename, size, unpackedSize } = await pack();
          summary = `${filename}: ${summarize(readImage(image))}
${(size / 2 ** 10).toFixed(0)} KiB packed, ${(unpackedSize / 2 ** 20).toFixed(1)} MiB unpacked`;
        },
      },
    ]);
    console.log(`\n${summary}`);
  }),
);
