// Usage: npm run generate
// Writes gen/ from the contract: the plugins of buf.gen.yaml, the package indexes and the registry.
import { join } from "node:path";
import { buildImage } from "./lib/buf.ts";
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { generate } from "./lib/generate.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

npmScript("generate", "Writes gen/ from the contract.").parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    await buildImage(image);
    console.log(`gen/: ${(await generate(folder, image)) ?? "unchanged"}`);
  }),
);
