import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { api, append, replace } from "./support/contract-edits.js";
import { Scratch } from "./support/scratch.js";
import { WorkingCopy } from "./support/working-copy.js";

/** The one code block of CONTRIBUTING.md in a language. */
function block(language: string): string {
  const text = readFileSync("CONTRIBUTING.md", "utf8");
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))];
  expect(found).toHaveLength(1);
  return found[0]?.[1] ?? "";
}

/** Without what is different in each repository, and after each change of the contract. */
const timeless = (output: string) =>
  output
    .replaceAll(/:\d+:\d+ /g, ":LINE:COLUMN ")
    .replaceAll(/ at [0-9a-f]{7} /g, " at COMMIT ")
    .replaceAll(/\b\d+ files/g, "COUNT files");

/** A contributor's clone of a repository with the contract as it is here. */
async function clone(): Promise<Scratch> {
  const origin = await Scratch.repository();
  onTestFinished(() => origin.remove());
  const scratch = await origin.clone();
  onTestFinished(() => scratch.remove());
  return scratch;
}

test("the gate says of a renamed field what CONTRIBUTING.md says that it does", async () => {
  const scratch = await clone();
  scratch.edit((files) =>
    replace(
      files,
      api("runners"),
      "string ziti_identity_id = 8;",
      "string identity_id = 8;",
      "message Workload {",
    ),
  );
  const { code, stdout } = await scratch.script(["breaking"]);
  expect(code).toBe(1);
  expect(timeless(block("console"))).toBe(timeless(`$ npm run breaking\n${stdout}`));
});

test("the field that CONTRIBUTING.md adds passes every gate that reads the contract", async () => {
  const scratch = await clone();
  scratch.edit((files) =>
    append(files, api("runners"), "message Workload {", `\n${block("proto").trimEnd()}`),
  );
  const { code, stdout } = await scratch.script(["breaking"]);
  expect(stdout).toMatch(/^no breaking changes; compared with origin\/main at .*, 1 of them changed\n$/);
  expect(code).toBe(0);

  const copy = new WorkingCopy();
  copy.edit(
    api("runners"),
    "string ziti_identity_id = 8;\n}",
    `string ziti_identity_id = 8;\n\n${block("proto")}}`,
  );
  for (const gate of ["lint", "format:check"]) {
    expect(await copy.npm(gate)).toMatchObject({ code: 0, stderr: "" });
  }
});
