import { symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { runNpm, runPackage } from "../../scripts/lib/cli/process.ts";
import { Repository, temporaryFolder } from "../support/repository.ts";

/** Makes a folder with the packages that `npm ci` installs, but without node_modules/.bin. */
function createFolder(): Repository {
  const repository = Repository.empty();
  repository.separateModules();
  repository.delete("node_modules/.bin");
  return repository;
}

/** An environment whose PATH has Node.js only. */
const onlyNode = { PATH: temporaryFolder() };
symlinkSync(process.execPath, join(onlyNode.PATH, basename(process.execPath)));

// Windows starts no file in node_modules/.bin without a shell.
test.each([
  ["typescript", "tsc"],
  ["@biomejs/biome", "biome"],
  ["@changesets/cli", "changeset"],
])("starts the program of %s without node_modules/.bin", async (name, program) => {
  const checkout = createFolder().checkout(onlyNode);
  expect(await runPackage(checkout, name, program, ["--version"])).toMatchObject({ code: 0, stderr: "" });
});

test("reports a program that is not installed", async () => {
  const result = await runPackage(createFolder().checkout(), "missing", "program", []);
  const stderr = "program is not installed in node_modules.\n  Run: npm ci\n";
  expect(result).toMatchObject({ code: 127, stderr });
});

test("starts the npm that runs the script, or else the npm on the PATH", async () => {
  const repository = createFolder();
  repository.write({ "npm/npm-cli.js": "console.log(...process.argv.slice(2));", "pnpm.cjs": "" });
  const npm = (entry: string) => runNpm(repository.checkout({ npm_execpath: entry }), ["--version"]);
  expect(String((await npm(join(repository.root, "npm/npm-cli.js"))).stdout)).toBe("--version\n");
  expect(String((await npm(join(repository.root, "pnpm.cjs"))).stdout)).toMatch(/^\d+\.\d+\.\d+\n$/);
});
