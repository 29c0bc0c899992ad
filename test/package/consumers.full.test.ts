// The packed package in projects like those of the people who use it: their compilers and bundlers.
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { run } from "../../scripts/lib/run.js";
import { Consumer } from "../support/consumer.js";
import { specifiers } from "../support/contract.js";
import type { FlavourName } from "../support/flavours.js";
import { dependencies, printed, program } from "../support/programs.js";

const typescripts = ["5.4", "5.9", "6", "7"];

const tools = {
  ...Object.fromEntries(typescripts.map((version) => [`typescript-${version}`, `npm:typescript@${version}`])),
  "@types/node": "^20.19.0",
  esbuild: "^0.28.0",
  jest: "^30.0.0",
  vite: "^8.0.0",
  webpack: "^5.0.0",
  "webpack-cli": "^7.0.0",
};

/** All that can say more than --strict. */
const strict = [
  "strict",
  "exactOptionalPropertyTypes",
  "noUncheckedIndexedAccess",
  "noPropertyAccessFromIndexSignature",
  "noImplicitOverride",
  "noImplicitReturns",
  "noUnusedLocals",
  "noUnusedParameters",
  "isolatedModules",
  "verbatimModuleSyntax",
].map((option) => [`--${option}`, "true"]);

const settings = [...strict, ["--skipLibCheck", "false"], ["--target", "es2022"], ["--types", "node"]].flat();

/** Files that a project of each kind has: programs, and an import of all that the package has for it. */
const projects = {
  nodenext: ["program.mts", "program.cts", "all.mts", "all.cts"],
  node16: ["program.mts", "program.cts", "all.mts", "all.cts"],
  bundler: ["program.ts", "all.ts"],
};

/** What the bundlers are told: a program for Node.js, with all that it imports inside, in bundled/. */
const bundlers: Record<string, string[]> = {
  esbuild: [
    "esbuild",
    "program.mjs",
    "--bundle",
    "--minify",
    "--platform=node",
    "--outfile=bundled/esbuild.cjs",
  ],
  vite: ["vite", "build", "--logLevel", "warn"],
  webpack: ["webpack", "--config", "webpack.config.mjs"],
};

const configs = {
  "vite.config.mjs": `export default {
  ssr: { noExternal: true },
  build: {
    ssr: "program.mjs",
    outDir: "bundled",
    emptyOutDir: false,
    minify: true,
    rollupOptions: { output: { entryFileNames: "vite.mjs" } },
  },
};
`,
  "webpack.config.mjs": `export default {
  mode: "production",
  target: "node",
  entry: "./program.mjs",
  output: { path: import.meta.dirname + "/bundled", filename: "webpack.cjs" },
};
`,
};

const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
  peerDependencies: Record<string, string>;
};

const flavours = Object.keys(dependencies) as FlavourName[];

describe.each(flavours)("%s beside the oldest runtimes that the package allows", (flavour) => {
  /** Exact versions by name: where a range has several majors, that which the flavour runs on. */
  const oldest = Object.entries(peerDependencies).flatMap(([name, range]) => {
    const major = dependencies[flavour][name]?.split(".")[0];
    return range
      .split(" || ")
      .map((part) => [name, part.replace("^", "")] as [string, string])
      .filter(([, version]) => version.split(".")[0] === major);
  });
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.install({ ...dependencies[flavour], ...Object.fromEntries(oldest) });
  });
  afterAll(() => consumer?.remove());

  test(`runs with ${oldest.map((one) => one.join(" ")).join(" and ")}`, async () => {
    for (const [name, version] of oldest) {
      const installed = readFileSync(join(consumer.folder, "node_modules", name, "package.json"), "utf8");
      expect(JSON.parse(installed)).toMatchObject({ name, version });
    }
    consumer.write({ "program.mjs": program(flavour, "esm"), "program.cjs": program(flavour, "cjs") });
    for (const file of ["program.mjs", "program.cjs"]) {
      expect(await consumer.output("node", [file])).toBe(`${printed[flavour]}\n`);
    }
  });
});

describe.each(flavours)("%s", (flavour) => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.install({ ...dependencies[flavour], ...tools });
    const from = specifiers[flavour];
    const all = from.map((name, i) => `export * as p${i} from "${name}";\n`).join("");
    consumer.write({
      ...configs,
      "all.ts": all,
      "all.mts": all,
      "all.cts": `${from.map((name, i) => `import p${i} = require("${name}");\n`).join("")}export = [${from.map((_, i) => `p${i}`)}];\n`,
      "program.ts": program(flavour, "esm"),
      "program.mts": program(flavour, "esm"),
      "program.cts": program(flavour, "cts"),
      "program.mjs": program(flavour, "esm"),
      "program.test.cjs": program(
        flavour,
        "cjs",
        `test("works", async () => expect(await main()).toBe("${printed[flavour]}"));`,
      ),
      // What the runtimes say of themselves, without us.
      "runtime.mts": runtimeImports(flavour),
      "runtime.cts": runtimeImports(flavour),
      "runtime.ts": runtimeImports(flavour),
    });
  });
  afterAll(() => consumer?.remove());

  /** Lines with which a version of TypeScript finds fault in files of the project. */
  async function errors(version: string, module: string, files: string[], more: string[] = []) {
    const kind = module === "bundler" ? ["--module", "esnext"] : ["--module", module];
    // Newer ones refuse files beside a tsconfig.json that they find, which may be anywhere above.
    const ignore = Number(version) >= 6 ? ["--ignoreConfig"] : [];
    const { code, stdout, stderr } = await consumer.run("node", [
      `node_modules/typescript-${version}/bin/tsc`,
      ...[...ignore, ...kind, "--moduleResolution", module, ...settings, ...more, ...files],
    ]);
    const lines = stdout
      .toString()
      .split("\n")
      .filter((line) => line !== "");
    expect({ stderr, failed: code !== 0 }).toEqual({ stderr: "", failed: lines.length > 0 });
    return lines;
  }

  describe.each(typescripts)("TypeScript %s", (version) => {
    test.each(Object.entries(projects))("compiles as %s, as strictly as can be", async (module, files) => {
      const out = ["--outDir", `out-${version}-${module}`];
      const found = await errors(version, module, files, out);
      const runtime = files
        .filter((name) => name.startsWith("all"))
        .map((name) => name.replace("all", "runtime"));
      const alone = found.length > 0 ? await errors(version, module, runtime, ["--noEmit"]) : [];
      // The declarations of the newest runtimes need TypeScript 5.7; ours do not.
      expect(found.filter((line) => !alone.includes(line))).toEqual([]);
      expect(version === "5.4" ? [] : found).toEqual([]);

      const compiled = files.filter((name) => /program\.[mc]ts/.test(name));
      for (const name of compiled) {
        const path = `${out[1]}/${name.replace("ts", "js")}`;
        expect(await consumer.output("node", [path])).toBe(`${printed[flavour]}\n`);
      }
    });
  });

  test("runs in Jest, as CommonJS", async () => {
    const { code, stderr } = await consumer.run("node_modules/.bin/jest", [
      "--testMatch",
      "**/program.test.cjs",
    ]);
    expect(stderr).toContain("Tests:       1 passed, 1 total");
    expect(code).toBe(0);
  });

  test.each(Object.entries(bundlers))("bundled by %s, it runs alone", async (name, [tool = "", ...args]) => {
    await consumer.output(`node_modules/.bin/${tool}`, args);
    const file = `${name}.${name === "vite" ? "mjs" : "cjs"}`;
    const folder = mkdtempSync(join(tmpdir(), "agynio-api-bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    copyFileSync(join(consumer.folder, "bundled", file), join(folder, file));
    const { code, stdout, stderr } = await run("node", [file], { cwd: folder });
    expect({ code, stderr, stdout: stdout.toString() }).toMatchObject({
      code: 0,
      stdout: `${printed[flavour]}\n`,
    });
  });
});

test("one npm workspace has services on both lines of Connect, as README says", async () => {
  const folders = { two: "es", one: "connect-v1" } as const;
  const services = Object.entries(folders).flatMap(([folder, flavour]) => [
    [
      `${folder}/package.json`,
      JSON.stringify({
        name: folder,
        version: "1.0.0",
        dependencies: { ...dependencies[flavour], "@agynio/api": `file:${inject("tarball")}` },
      }),
    ],
    [`${folder}/program.mjs`, program(flavour, "esm")],
  ]);
  const consumer = await Consumer.install(
    {},
    {
      "package.json": JSON.stringify({ private: true, workspaces: Object.keys(folders) }),
      ".npmrc": "install-strategy=nested\n",
      ...Object.fromEntries(services),
    },
  );
  onTestFinished(() => consumer.remove());
  for (const [folder, flavour] of Object.entries(folders)) {
    expect(await consumer.output("node", [`${folder}/program.mjs`])).toBe(`${printed[flavour]}\n`);
  }
});

/** Imports of all that generated code imports of the runtimes. */
function runtimeImports(flavour: FlavourName): string {
  const names: Record<FlavourName, string[]> = {
    es: ["", "/codegenv2", "/wkt", "/reflect", "/wire"].map((path) => `@bufbuild/protobuf${path}`),
    "connect-v1": ["@bufbuild/protobuf"],
    "ts-proto": ["@bufbuild/protobuf/wire", "@grpc/grpc-js"],
  };
  return [...names[flavour], ...Object.keys(dependencies[flavour])]
    .map((name) => `import "${name}";\n`)
    .join("");
}
