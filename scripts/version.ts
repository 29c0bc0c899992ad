// Usage: npm run version
// Consumes the changesets: moves the version, CHANGELOG.md and published.binpb, the image that
// `npm run breaking -- --against published` compares with. The release workflow's pull request runs it.
// Refuses, before it writes anything, a version that says less than the contract's difference from the last one.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import getReleasePlan from "@changesets/get-release-plan";
import { isEnough, packageName, readChangesets } from "./lib/changesets.ts";
import { npmScript } from "./lib/command.ts";
import { diffContracts, loadSides, summary, weight } from "./lib/diff/index.ts";
import { main, UserError } from "./lib/errors.ts";
import { run } from "./lib/run.ts";
import { withTemporaryFolder } from "./lib/temporary.ts";

/** Runs a program that writes to the tree, and passes on what it says. */
async function tool(program: string, args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(program, args);
  process.stdout.write(stdout);
  if (code !== 0) {
    throw new UserError(`${[program, ...args].join(" ")} failed:\n${stderr}`);
  }
}

/** What the changesets make of the version; undefined when they leave it. */
async function plannedRelease() {
  // Whatever is wrong with one of them, this says where.
  await readChangesets();
  try {
    const { releases } = await getReleasePlan(process.cwd());
    return releases.find(({ name }) => name === packageName());
  } catch (error) {
    throw new UserError(
      `The changesets make no release:\n${(error as Error).message}\n  Mend them in .changeset/`,
    );
  }
}

npmScript("version", "Consumes the changesets: moves the version, CHANGELOG.md and published.binpb.").parse();

await main(() =>
  withTemporaryFolder(async (folder) => {
    const { before, after } = await loadSides(["published"], folder);
    const contract = await diffContracts(before, after);
    const needed = weight(contract);
    const planned = await plannedRelease();
    if (needed !== undefined && !isEnough(planned?.type, needed)) {
      const said = planned
        ? `a ${planned.type} release, ${planned.oldVersion} to ${planned.newVersion}`
        : "no release";
      throw new UserError(
        `The changesets make ${said}, but compared with ${before.label}, the contract is\n` +
          `${summary(contract)}\n` +
          "  Run: npm run changeset:new -- --against published      to say so\n" +
          "  and: npm run diff -- published      to see what differs",
      );
    }
    await tool("changeset", ["version"]);
    await tool("npm", ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]);
    copyFileSync(join(folder, "image.binpb"), "published.binpb");
  }),
);
