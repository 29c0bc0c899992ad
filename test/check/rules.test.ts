// The rules of biome.json about imports and hidden state, on files that follow them or do not.
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outputOf, runPackage } from "../../scripts/lib/cli/process.ts";
import { here, Repository } from "../support/repository.ts";

/** The imports, each with the file that has it. */
const allowed = [
  ["scripts/lib/contract", "../cli/files.ts"],
  ["scripts/lib/breaking", "../contract/buf.ts"],
  ["scripts/lib/diff", "../breaking/compare.ts"],
  ["scripts/lib/changesets", "../diff/index.ts"],
  ["scripts/lib/generate", "../openapi/document.ts"],
  ["scripts/lib/docs", "../cli/files.ts"],
  ["scripts/lib/check", "../generate/generate.ts"],
  ["scripts", "./lib/check/gates.ts"],
  ["lint/rules", "../../scripts/lib/contract/descriptors.ts"],
  ["bench/lib", "../../scripts/lib/cli/files.ts"],
  ["test/check", "../../bench/lib/report.ts"],
];
const forbidden = [
  ["scripts/lib/cli", "../contract/buf.ts"],
  ["scripts/lib/contract", "../breaking/compare.ts"],
  ["scripts/lib/breaking", "../diff/index.ts"],
  ["scripts/lib/diff", "../changesets/check.ts"],
  ["scripts/lib/generate", "../diff/index.ts"],
  ["scripts/lib/openapi", "../generate/generate.ts"],
  ["scripts/lib/package", "../generate/generate.ts"],
  ["scripts/lib/docs", "../contract/paths.ts"],
  ["scripts/lib/changesets", "../package/compile.ts"],
  ["scripts/lib/new", "../cli/files.ts"],
  ["lint", "../scripts/lib/diff/index.ts"],
  ["scripts/lib/check", "../../build.ts"],
  ["scripts/lib/contract", "../../../lint/rules/index.ts"],
  ["scripts", "./build.ts"],
  ["lint/rules", "../../scripts/lib/breaking/compare.ts"],
  ["bench/lib", "../../test/support/flavours.ts"],
  ["bench/lib", "../../scripts/build.ts"],
  ["examples/runners", "../../scripts/lib/cli/errors.ts"],
  ["src", "../scripts/lib/cli/errors.ts"],
  ["test/check", "../../scripts/build.ts"],
  ["test/check", "fast-check"],
];

/** Runs Biome on files with these contents, and returns the names of those with a finding. */
async function findProblems(files: Record<string, string>): Promise<string[]> {
  const repository = Repository.empty();
  for (const name of ["biome.json", ".gitignore"]) {
    copyFileSync(join(here.root, name), join(repository.root, name));
  }
  repository.write(files);
  const result = await runPackage(repository.checkout(), "@biomejs/biome", "biome", [
    "lint",
    "--max-diagnostics=none",
  ]);
  const findings = outputOf(result).matchAll(
    /^(\S+?):\S+ lint\/\w+\/no(RestrictedImports|RestrictedGlobals|ImportCycles)/gm,
  );
  return [...new Set([...findings].map(([, name = ""]) => name))].sort();
}

const filesWith = (imports: string[][]) =>
  Object.fromEntries(imports.map(([folder, from], i) => [`${folder}/${i}.ts`, `export * from "${from}";\n`]));

test("imports in the direction of the folders are accepted, and others rejected", async () => {
  expect(await findProblems(filesWith(allowed))).toEqual([]);
  const files = filesWith(forbidden);
  expect(await findProblems(files)).toEqual(Object.keys(files).sort());
});

test("a circle of types is rejected", async () => {
  const circle = {
    "scripts/lib/cli/a.ts": 'import type { B } from "./b.ts";\nexport type A = B[];\n',
    "scripts/lib/cli/b.ts": 'import type { A } from "./a.ts";\nexport type B = A[];\n',
  };
  expect(await findProblems(circle)).toEqual(Object.keys(circle));
});

test("only a command reads the folder and the environment from the process", async () => {
  const [command, other] = ["scripts/lib/cli/command.ts", "scripts/lib/diff/report.ts"];
  const text = "export const { root } = { root: process.cwd() };\n";
  expect(await findProblems({ [command]: text, [other]: text })).toEqual([other]);
});
