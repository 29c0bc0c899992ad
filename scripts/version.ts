// Usage: npm run version
// Consumes the changesets: moves the version, CHANGELOG.md and published.binpb, the image that
// `npm run breaking -- --against published` compares with. The release workflow's pull request runs it.
import { buildImage } from "./lib/buf.ts";
import { main, UserError } from "./lib/errors.ts";
import { run } from "./lib/run.ts";

/** Runs a program that writes to the tree, and passes on what it says. */
async function tool(program: string, args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(program, args);
  process.stdout.write(stdout);
  if (code !== 0) {
    throw new UserError(`${[program, ...args].join(" ")} failed:\n${stderr}`);
  }
}

await main(async () => {
  await tool("changeset", ["version"]);
  await tool("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
  await buildImage("published.binpb");
});
