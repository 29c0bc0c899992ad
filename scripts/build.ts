// Usage: npm run build
// Generates gen/, compiles it into dist/ and packs agynio-api-<version>.tgz. `npm run check` has the gates.
import { imageStep } from "./lib/check/gates.ts";
import { npmScript, runCommand } from "./lib/cli/command.ts";
import { withTemporaryFolder } from "./lib/cli/files.ts";
import { printStep } from "./lib/cli/github.ts";
import { runInOrder } from "./lib/cli/steps.ts";
import { summarizeContract } from "./lib/contract/descriptors.ts";
import { readImage } from "./lib/contract/image.ts";
import { checkGenerated, describeDifference, generate } from "./lib/generate/generate.ts";
import { compilePackage } from "./lib/package/compile.ts";
import { packPackage } from "./lib/package/pack.ts";

npmScript("build", "Generates gen/, compiles it into dist/ and packs agynio-api-<version>.tgz.").parse();

await runCommand((checkout) =>
  withTemporaryFolder(checkout.root, async (folder) => {
    let image = "";
    let summary = "";
    await runInOrder(
      [
        imageStep(checkout, folder, (path) => {
          image = path;
        }),
        {
          name: "generate",
          run: async () => {
            // Like snapshots in a test runner: CI writes nothing that should have been committed.
            if (checkout.env.CI) {
              await checkGenerated(checkout, image);
              return undefined;
            }
            return describeDifference(await generate(checkout, image));
          },
        },
        { name: "compile", run: () => compilePackage(checkout, image) },
        {
          name: "pack",
          run: async () => {
            const { filename, size, unpackedSize } = await packPackage(checkout);
            const sizes = `${(size / 2 ** 10).toFixed(0)} KiB packed, ${(unpackedSize / 2 ** 20).toFixed(1)} MiB unpacked`;
            summary = `${filename}: ${summarizeContract(readImage(image))}\n${sizes}`;
          },
        },
      ],
      printStep(checkout.env),
    );
    console.log(`\n${summary}`);
  }),
);
