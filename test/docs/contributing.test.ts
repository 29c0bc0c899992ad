import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { formatComparison } from "../../scripts/lib/breaking/report.ts";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { loadBase, loadWorkingTree } from "../../scripts/lib/contract/snapshot.ts";
import { Repository, root, temporaryFolder } from "../support/repository.ts";

/** The file and the line that CONTRIBUTING.md edits, in a contract that does not grow. */
const path = "proto/agynio/api/runners/v1/runners.proto";
const field = "string ziti_identity_id = 8;";
const contract = `syntax = "proto3";

package agynio.api.runners.v1;

option go_package = "github.com/agynio/api/gen/agynio/api/runners/v1;runnersv1";

// Workload is the record of the containers that execute an agent.
message Workload {
  // UUID of the workload's network identity.
  ${field}
}
`;

/** Returns this repository's buf.yaml for that contract. Its plugin is the one of this repository, which is built. */
function configure(): string {
  const plugin = "lint/plugin/launcher.cjs";
  const config = parse(readFileSync(join(root, "buf.yaml"), "utf8"));
  const text = stringify({ ...config, modules: [{ path: "proto" }], deps: [] });
  expect(text).toContain(plugin);
  return text.replace(plugin, join(root, plugin));
}

/** Returns the only code block of CONTRIBUTING.md in a language. */
function readBlock(language: string): string {
  const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
  const [block, ...others] = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"));
  expect(others).toEqual([]);
  return block?.[1] ?? "";
}

/** Replaces what differs between repositories, and what changes with the contract. */
const normalize = (output: string) =>
  output
    .replaceAll(/:\d+:\d+ /g, ":LINE:COLUMN ")
    .replaceAll(/ at [0-9a-f]{7} /g, " at COMMIT ")
    .replaceAll(/\b\d+ files?/g, "COUNT files");

let clone: Repository;
beforeAll(async () => {
  const files = new Map(Object.entries({ "buf.yaml": configure(), [path]: contract }));
  clone = await (await Repository.create(files)).clone();
});

/** Edits the field in a contributor's clone, and returns the output of `npm run breaking`. */
async function editField(edited: string): Promise<string> {
  await clone.restore();
  clone.edit(path, field, edited);
  const checkout = clone.checkout();
  const base = await loadBase(checkout, temporaryFolder());
  const { image } = await loadWorkingTree(checkout, temporaryFolder());
  return formatComparison(await compareWithBase(checkout, image, base));
}

test("CONTRIBUTING.md shows the report on a renamed field", async () => {
  const report = await editField("string identity_id = 8;");
  expect(normalize(readBlock("console"))).toBe(normalize(`$ npm run breaking\n${report}`));
});

test("the field that CONTRIBUTING.md adds breaks nothing, is formatted, and passes the lint rules", async () => {
  const edited = `${field}\n\n${readBlock("proto").trimEnd()}`;
  expect(await editField(edited)).toMatch(
    /^no breaking changes; compared with origin\/main at .*, 1 of them changed\n$/,
  );
  for (const args of [["lint"], ["format", "--diff", "--exit-code"]]) {
    expect(outputOf(await buf(clone.checkout(), args))).toBe("");
  }
});
