import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { run } from "../scripts/lib/run.js";
import { Consumer } from "./support/consumer.js";
import { packages, specifiers } from "./support/contract.js";
import type { FlavourName } from "./support/flavours.js";
import { dependencies, printed, program } from "./support/programs.js";

describe.each(Object.keys(dependencies) as FlavourName[])("%s, installed from the tarball", (flavour) => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.install({
      ...dependencies[flavour],
      typescript: "7.0.2",
      "@types/node": "^20.0.0",
    });
  });
  afterAll(() => consumer?.remove());

  test("runs as ESM", async () => {
    consumer.write({ "program.mjs": program(flavour, "esm") });
    expect(await consumer.output("node", ["program.mjs"])).toBe(`${printed[flavour]}\n`);
  });

  test("runs as CommonJS", async () => {
    consumer.write({ "program.cjs": program(flavour, "cjs") });
    expect(await consumer.output("node", ["program.cjs"])).toBe(`${printed[flavour]}\n`);
  });

  const compile = (file: string, module: string, moduleResolution: string) =>
    consumer.run("tsc", [
      ...["--ignoreConfig", "--strict", "--noEmit", "--target", "es2022", "--types", "node"],
      ...["--module", module, "--moduleResolution", moduleResolution, file],
    ]);

  test.each([
    ["program.mts", "nodenext", "nodenext"],
    ["program.cts", "nodenext", "nodenext"],
    ["program.ts", "esnext", "bundler"],
  ])("type-checks %s with module %s, resolution %s", async (file, ...settings) => {
    const everything = specifiers[flavour].map((from, i) => `export * as p${i} from "${from}";\n`).join("");
    consumer.write({ [file]: everything + program(flavour, "esm") });
    expect(await compile(file, ...settings)).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
  });

  test("has types that say no to a misspelt field", async () => {
    const unexpected = program(flavour, "esm").replace(/^ *\/\/ @ts-expect-error .*\n/m, "");
    consumer.write({ "broken.ts": unexpected });
    const { code, stdout } = await compile("broken.ts", "esnext", "bundler");
    expect(stdout.toString()).toMatch(/^broken\.ts\(\d+,\d+\): error TS2\d+: .*\n$/);
    expect(code).not.toBe(0);
  });

  test("exports every proto package, to ESM and CommonJS alike", async () => {
    const list = JSON.stringify(specifiers[flavour]);
    consumer.write({
      "all.mjs": `for (const s of ${list}) console.log(s, Object.keys(await import(s)).sort().join());`,
      "all.cjs": `for (const s of ${list}) console.log(s, Object.keys(require(s)).sort().join());`,
    });
    const fromEsm = await consumer.output("node", ["all.mjs"]);
    expect(await consumer.output("node", ["all.cjs"])).toBe(fromEsm);
    const lines = fromEsm.trimEnd().split("\n");
    expect(lines.length).toBe(specifiers[flavour].length);
    expect(lines.filter((line) => line.split(" ")[1] === "")).toEqual([]);
  });

  test("loads what it imports and not the whole contract", async () => {
    // Prints every module that the import of one package loads.
    consumer.write({
      "hooks.mjs": `import { appendFileSync } from "node:fs";
export async function load(url, context, next) { appendFileSync("loaded.txt", url + "\\n"); return next(url, context); }`,
      "register.mjs": `import { register } from "node:module"; register("./hooks.mjs", import.meta.url);`,
    });
    const prefix = flavour === "es" ? "" : `${flavour}/`;
    for (const path of ["runners/v1", "tracing/v1", "ziti_management/v1"]) {
      consumer.write({ "loaded.txt": "" });
      await consumer.output("node", [
        "--import",
        "./register.mjs",
        "--input-type=module",
        "-e",
        `await import("@agynio/api/${prefix}${path}")`,
      ]);
      const loaded = new Set(
        readFileSync(join(consumer.folder, "loaded.txt"), "utf8")
          .split("\n")
          .flatMap((url) => url.match(/@agynio\/api\/dist\/esm\/[^/]+\/(.+?)(_pb|_connect)?\.js$/)?.[1] ?? [])
          .filter((name) => !name.endsWith("/index") && !name.startsWith("google/")),
      );
      const own = (packages.get(path) ?? []).map(({ name }) => name);
      const needed = closure(packages.get(path) ?? []);
      expect([...loaded]).toEqual(expect.arrayContaining(own));
      // ts-proto has modules that it imports for their types only, and so never loads.
      const missing = needed.filter((name) => !loaded.has(name));
      expect(flavour === "ts-proto" ? [] : missing).toEqual([]);
      expect([...loaded].filter((name) => !needed.includes(name))).toEqual([]);
    }
  });
});

/** Names of these files and all that they import, sorted; the runtimes bring google/protobuf themselves. */
function closure(files: readonly DescFile[]): string[] {
  const names = new Set<string>();
  const visit = (file: DescFile) => {
    if (!file.name.startsWith("google/")) {
      names.add(file.name);
      file.dependencies.forEach(visit);
    }
  };
  files.forEach(visit);
  return [...names].sort();
}

test("publint finds nothing in the tarball", async () => {
  const { code, stdout } = await run("publint", [inject("tarball"), "--strict"]);
  expect(stdout.toString()).toContain("All good!");
  expect(code).toBe(0);
});

test("attw finds nothing in the tarball", async () => {
  const entrypoints = Object.values(specifiers)
    .flat()
    .map((specifier) => specifier.replace("@agynio/api/", ""));
  const { code, stdout } = await run("attw", [
    inject("tarball"),
    "--entrypoints",
    ...entrypoints,
    "--format",
    "json",
  ]);
  const { analysis } = JSON.parse(stdout.toString());
  // The JSON carries what the profile without node10 leaves out; the exit code does not.
  const problems = analysis.problems.filter((p: { resolutionKind: string }) => p.resolutionKind !== "node10");
  expect(problems).toEqual([]);
  expect(Object.keys(analysis.entrypoints).length).toBe(entrypoints.length);
  expect(code).toBe(0);
});

test("the tarball holds what consumers use and nothing else", async () => {
  const allowed = [
    /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^package\/dist\/image\.binpb$/,
    /^package\/dist\/proto\/(agynio|opentelemetry)\/[a-z0-9_/]+\.proto$/,
    /^package\/dist\/(esm|cjs)\/(es|connect-v1|ts-proto)\/[a-z0-9_/]+\.(js|d\.ts)$/,
    /^package\/dist\/(esm|cjs)\/redact\.(js|d\.ts)$/,
    /^package\/dist\/cjs\/package\.json$/,
  ];
  const { stdout } = await run("tar", ["tzf", inject("tarball")]);
  const names = stdout.toString().trimEnd().split("\n");
  expect(names.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([]);
  for (const pattern of allowed) {
    expect(names.filter((name) => pattern.test(name))).not.toEqual([]);
  }
});

test("the package carries the .proto files of every module, as they are", () => {
  for (const root of ["proto", "third_party/opentelemetry"]) {
    for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
      if (name.endsWith(".proto")) {
        expect(readFileSync(join("dist/proto", name), "utf8")).toBe(readFileSync(join(root, name), "utf8"));
      }
    }
  }
});
