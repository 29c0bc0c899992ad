// The packed package on every supported line of Node.js.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Consumer } from "../support/consumer.ts";
import { specifiers } from "../support/contract.ts";
import { type FlavourName, flavourNames } from "../support/flavours.ts";
import { printed, program, projects } from "./programs.ts";

const consumers = {} as Record<FlavourName, Consumer>;

beforeAll(async () => {
  for (const { flavours, dependencies } of Object.values(projects)) {
    const consumer = await Consumer.install(dependencies);
    for (const flavour of flavours) {
      consumers[flavour] = consumer;
      const list = JSON.stringify(specifiers[flavour]);
      consumer.write({
        [`${flavour}.all.mjs`]: `for (const s of ${list}) console.log(s, Object.keys(await import(s)).sort().join());\n`,
        [`${flavour}.all.cjs`]: `for (const s of ${list}) console.log(s, Object.keys(require(s)).sort().join());\n`,
        [`${flavour}.mjs`]: program(flavour, "esm"),
        [`${flavour}.cjs`]: program(flavour, "cjs"),
      });
    }
  }
});
afterAll(() => {
  for (const consumer of Object.values(consumers)) {
    consumer.remove();
  }
});

describe.each([20, 22, 24, 26])("Node.js %i", (major) => {
  let installed: Consumer;
  let node: string;
  beforeAll(async () => {
    installed = await Consumer.install({}, { "package.json": `{"dependencies": {"node": "${major}"}}` });
    node = join(installed.folder, "node_modules/node/bin/node");
  });
  afterAll(() => installed?.remove());

  test("is the installed version", async () => {
    expect(await installed.output(node, ["--version"])).toMatch(new RegExp(`^v${major}\\.`));
  });

  test.each(flavourNames)("exports every package of %s to ESM and CommonJS", async (flavour) => {
    const fromEsm = await consumers[flavour].output(node, [`${flavour}.all.mjs`]);
    expect(await consumers[flavour].output(node, [`${flavour}.all.cjs`])).toBe(fromEsm);
    const lines = fromEsm.trimEnd().split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(specifiers[flavour]);
    expect(lines.filter((line) => !line.split(" ")[1])).toEqual([]);
  });

  test.each(flavourNames)("serves and calls a service with %s, as ESM and CommonJS", async (flavour) => {
    for (const extension of ["mjs", "cjs"]) {
      expect(await consumers[flavour].output(node, [`${flavour}.${extension}`])).toBe(
        `${printed[flavour]}\n`,
      );
    }
  });
});
