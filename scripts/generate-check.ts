// Usage: npm run generate:check
// Says which files of gen/ are not what the contract generates now; changes none of them.
import { join } from "node:path";
import { buildImage } from "./lib/buf.ts";
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { generateCheck } from "./lib/gates.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

npmScript("generate:check", "Says which files of gen/ are not what the contract generates now.").parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    await buildImage(image);
    await generateCheck(folder, image);
  }),
);
