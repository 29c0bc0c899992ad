// The built package on every line of Node.js that it is for.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../scripts/lib/run.js";
import { Consumer } from "../support/consumer.js";
import { specifiers } from "../support/contract.js";
import type { FlavourName } from "../support/flavours.js";
import { dependencies, printed, program } from "../support/programs.js";

const flavours = Object.keys(dependencies) as FlavourName[];
const consumers = {} as Record<FlavourName, Consumer>;

beforeAll(async () => {
  for (const flavour of flavours) {
    const consumer = await Consumer.install(dependencies[flavour]);
    consumers[flavour] = consumer;
    const list = JSON.stringify(specifiers[flavour]);
    consumer.write({
      "version.cjs": "console.log(process.version);\n",
      "all.mjs": `for (const s of ${list}) console.log(s, Object.keys(await import(s)).sort().join());\n`,
      "all.cjs": `for (const s of ${list}) console.log(s, Object.keys(require(s)).sort().join());\n`,
      "program.mjs": program(flavour, "esm"),
      "program.cjs": program(flavour, "cjs"),
    });
  }
});
afterAll(() => {
  for (const consumer of Object.values(consumers)) {
    consumer.remove();
  }
});

describe.each([20, 22, 24, 26])("Node.js %i", (major) => {
  let folder: string;
  let node: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "agynio-api-node-"));
    writeFileSync(join(folder, "package.json"), "{}");
    const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"];
    const { code, stderr } = await run("npm", [...install, `node@${major}`], { cwd: folder });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    node = join(folder, "node_modules/node/bin/node");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is what runs here", async () => {
    expect(await consumers.es.output(node, ["version.cjs"])).toMatch(new RegExp(`^v${major}\\.`));
  });

  test.each(flavours)("%s is exported to ESM and CommonJS alike, every package of it", async (flavour) => {
    const fromEsm = await consumers[flavour].output(node, ["all.mjs"]);
    expect(await consumers[flavour].output(node, ["all.cjs"])).toBe(fromEsm);
    const lines = fromEsm.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(specifiers[flavour]);
    expect(lines.filter((line) => !line.split(" ")[1])).toEqual([]);
  });

  test.each(flavours)("%s serves and calls a service, as ESM and as CommonJS", async (flavour) => {
    for (const file of ["program.mjs", "program.cjs"]) {
      expect(await consumers[flavour].output(node, [file])).toBe(`${printed[flavour]}\n`);
    }
  });
});
