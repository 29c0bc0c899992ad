// The packed package in projects of its users, with their compilers and bundlers.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { run, runPackage } from "../../scripts/lib/cli/process.ts";
import { Consumer, manifestWith } from "../support/consumer.ts";
import { specifiers } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import type { FlavourName } from "../support/flavours.ts";
import { type Project, printed, program, projects, withoutGrpc } from "./programs.ts";

const typescripts = ["5.4", "5.8", "5.9", "6", "7"];

/** Returns the name under which a version of TypeScript is installed. */
const compilerOf = (version: string) =>
  // ts-jest imports the package `typescript`.
  version === "5.9" ? "typescript" : `typescript-${version}`;

const tools = {
  ...Object.fromEntries(typescripts.map((version) => [compilerOf(version), `npm:typescript@${version}`])),
  "@types/node": "^20.19.0",
  esbuild: "^0.28.0",
  jest: "^30.0.0",
  "ts-jest": "^29.4.0",
  vite: "^8.0.0",
  webpack: "^5.0.0",
  "webpack-cli": "^7.0.0",
};

/** Options of TypeScript that are stricter than --strict. */
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
].flatMap((option) => [`--${option}`, "true"]);

/** Options that check the declarations of packages, but not those that TypeScript has itself. */
const settings = [
  ...[...strict, "--skipLibCheck", "false", "--skipDefaultLibCheck", "true"],
  ...["--target", "es2022", "--types", "node"],
];

/** How a project compiles with a value of `moduleResolution`. */
interface Resolution {
  module: string;
  extensions: string[];
  /** More options. */
  options: string[];
  versions: string[];
}

const exact = ["--verbatimModuleSyntax", "true"];
/** The versions of projects that have left `node`. TypeScript 5.8 resolves modules as 5.9 does. */
const current = ["5.4", "5.9", "6", "7"];
const resolutions: Record<string, Resolution> = {
  nodenext: { module: "nodenext", extensions: ["mts", "cts"], options: exact, versions: current },
  // It differs from nodenext in what CommonJS may require.
  node16: { module: "node16", extensions: ["mts", "cts"], options: exact, versions: ["5.4"] },
  bundler: { module: "esnext", extensions: ["ts"], options: exact, versions: current },
  // TypeScript also calls it node10. It ignores the exports of a package.json.
  node: {
    module: "commonjs",
    extensions: ["ts", "cts"],
    options: ["--esModuleInterop", "true", "--resolveJsonModule", "true"],
    versions: typescripts.filter((version) => Number(version) < 7),
  },
};

/** The arguments of bundlers, which bundle each program with its imports for Node.js into bundled/<name>/. */
const bundlers = {
  esbuild: (flavours: string[]) => [
    ...["esbuild", ...flavours.map((flavour) => `${flavour}.mjs`), "--bundle", "--minify", "--platform=node"],
    ...["--outdir=bundled/esbuild", "--out-extension:.js=.cjs"],
  ],
  vite: () => ["vite", "build", "--logLevel", "warn"],
  webpack: () => ["webpack", "--config", "webpack.config.mjs"],
};

/** The options that NestJS writes into the tsconfig.json of a new project, and a full check of types. */
const nestOptions = {
  ...{ module: "commonjs", moduleResolution: "node", target: "es2022", esModuleInterop: true },
  ...{ emitDecoratorMetadata: true, experimentalDecorators: true, declaration: true, sourceMap: true },
  ...{ strict: true, types: ["node"] },
};

/** Returns a test with a class that is created by dependency injection: its metadata has the type of a message. */
function nestTest(flavour: FlavourName): string {
  const specifier = specifiers[flavour].find((name) => name.endsWith("/runners/v1"));
  return `import { expect, test } from "@jest/globals";
import { Workload as Message } from "${specifier}";
const Injectable = () => (_: object) => {};
@Injectable()
export class Service {
  constructor(readonly message: Message) {}
}
${program(flavour, "esm", `test("works", async () => expect(await main()).toBe("${printed[flavour]}"));`)}`;
}

/** Returns the files of a project: for each flavour, a program and an import of everything. */
function filesOf({ flavours }: Project): Record<string, string> {
  const files = flavours.flatMap((flavour) => {
    const names = specifiers[flavour];
    const all = names.map((name, i) => `export * as p${i} from "${name}";\n`).join("");
    const required = names.map((name, i) => `import p${i} = require("${name}");\n`).join("");
    return Object.entries({
      ...{ mjs: program(flavour, "esm"), cjs: program(flavour, "cjs") },
      ...{ ts: program(flavour, "esm"), mts: program(flavour, "esm"), cts: program(flavour, "cts") },
      "test.cjs": program(
        flavour,
        "cjs",
        `test("works", async () => expect(await main()).toBe("${printed[flavour]}"));`,
      ),
      ...{ "all.ts": all, "all.mts": all },
      "all.cts": `${required}export = [${names.map((_, i) => `p${i}`)}];\n`,
    }).map(([extension, text]) => [`${flavour}.${extension}`, text]);
  });
  const nest = flavours.map((flavour) => [`nest/${flavour}.test.ts`, nestTest(flavour)]);
  const entries = Object.fromEntries(flavours.map((flavour) => [flavour, `./${flavour}.mjs`]));
  return {
    ...Object.fromEntries([...files, ...nest]),
    "nest/jest.config.json": JSON.stringify({ preset: "ts-jest" }),
    "nest/tsconfig.json": JSON.stringify({ compilerOptions: nestOptions }),
    "manifest.ts": `import { version } from "@agynio/api/package.json";\nexport const v: string = version;\n`,
    "vite.config.mjs": `export default {
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: "bundled/vite",
    minify: true,
    rollupOptions: {
      input: ${JSON.stringify(entries)},
      output: { entryFileNames: "[name].mjs", chunkFileNames: "[name].mjs" },
    },
  },
};
`,
    "webpack.config.mjs": `export default {
  mode: "production",
  target: "node",
  entry: ${JSON.stringify(entries)},
  output: { path: import.meta.dirname + "/bundled/webpack", filename: "[name].cjs" },
};
`,
  };
}

describe.each(Object.entries<Project>(projects))("%s", (_, project) => {
  const { flavours } = project;
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.install({ ...project.dependencies, ...tools });
    consumer.write(filesOf(project));
  });
  afterAll(() => consumer?.remove());

  describe.each(typescripts)("TypeScript %s", (version) => {
    test.each(Object.entries(resolutions).filter(([, { versions }]) => versions.includes(version)))(
      "compiles with %s and all strict options",
      async (resolution, { module, extensions, options, versions }) => {
        // Node.js does not run what is compiled for a bundler, and all versions write the same JavaScript.
        const outputs = version === versions.at(-1) && resolution !== "bundler" ? extensions : [];
        const { code, stdout, stderr } = await consumer.run("node", [
          `node_modules/${compilerOf(version)}/bin/tsc`,
          // TypeScript 6 refuses files next to a tsconfig.json, which may be in any parent folder.
          ...(Number(version) >= 6 ? ["--ignoreConfig"] : []),
          ...(version === "6" && resolution === "node" ? ["--ignoreDeprecations", "6.0"] : []),
          ...["--module", module, "--moduleResolution", resolution, ...settings, ...options],
          ...(outputs.length > 0 ? ["--outDir", resolution] : ["--noEmit"]),
          ...(resolution === "node" ? ["manifest.ts"] : []),
          ...flavours.flatMap((flavour) =>
            extensions.flatMap((extension) => [`${flavour}.${extension}`, `${flavour}.all.${extension}`]),
          ),
        ]);
        // The declarations of the newest runtimes need TypeScript 5.7; ours do not.
        const errors = stdout
          .toString()
          .split(/\n(?=\S)/)
          .filter((error) => error && !(version === "5.4" && /^node_modules\/(?!@agynio\/)/.test(error)));
        expect({ errors, stderr }).toEqual({ errors: [], stderr: "" });
        expect(code === 0 || version === "5.4").toBe(true);
        for (const flavour of flavours) {
          for (const extension of outputs) {
            const path = `${resolution}/${flavour}.${extension.replace("ts", "js")}`;
            expect(await consumer.output("node", [path])).toBe(`${printed[flavour]}\n`);
          }
        }
      },
    );
  });

  test("runs in ts-jest with the options of NestJS", async () => {
    const { code, stderr } = await consumer.run("node_modules/.bin/jest", [
      "--config",
      "nest/jest.config.json",
    ]);
    expect(stderr).toContain(`Tests:       ${flavours.length} passed, ${flavours.length} total`);
    expect(code).toBe(0);
  });

  test("runs in Jest as CommonJS", async () => {
    const { code, stderr } = await consumer.run("node_modules/.bin/jest", ["--testMatch", "**/*.test.cjs"]);
    expect(stderr).toContain(`Tests:       ${flavours.length} passed, ${flavours.length} total`);
    expect(code).toBe(0);
  });

  test.each(Object.entries(bundlers))("runs from a bundle of %s", async (name, argsOf) => {
    const [tool = "", ...args] = argsOf(flavours);
    await consumer.output(`node_modules/.bin/${tool}`, args);
    const folder = mkdtempSync(join(tmpdir(), "agynio-api-bundle-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(consumer.folder, "bundled", name), folder, { recursive: true });
    for (const flavour of flavours) {
      const file = `${flavour}.${name === "vite" ? "mjs" : "cjs"}`;
      const { code, stdout, stderr } = await run(checkout, "node", [file], { cwd: folder });
      expect({ code, stderr, stdout: `${stdout}` }).toEqual({
        code: 0,
        stderr: "",
        stdout: `${printed[flavour]}\n`,
      });
    }
  });
});

test("one npm workspace has services with Connect 2 and Connect 1, as docs/recipes.md describes", async () => {
  const folders: Record<string, Project> = { two: withoutGrpc, one: projects["protobuf-es 1"] };
  const files = Object.entries(folders).flatMap(([folder, { flavours, dependencies }]) => [
    [`${folder}/package.json`, manifestWith(dependencies, { name: folder, version: "1.0.0" })],
    [`${folder}/program.mjs`, program(flavours[0] as FlavourName, "esm")],
  ]);
  const consumer = await Consumer.install(
    {},
    {
      "package.json": JSON.stringify({ private: true, workspaces: Object.keys(folders) }),
      ".npmrc": "install-strategy=nested\n",
      ...Object.fromEntries(files),
    },
  );
  onTestFinished(() => consumer.remove());
  for (const [folder, { flavours }] of Object.entries(folders)) {
    const [flavour] = flavours as [FlavourName];
    expect(await consumer.output("node", [`${folder}/program.mjs`])).toBe(`${printed[flavour]}\n`);
  }
});

test("attw finds no problem in the tarball", async () => {
  const entrypoints = Object.values(specifiers)
    .flat()
    .map((specifier) => specifier.replace("@agynio/api/", ""));
  const args = [inject("tarball"), "--entrypoints", ...entrypoints, "--format", "json"];
  const { code, stdout } = await runPackage(checkout, "@arethetypeswrong/cli", "attw", args);
  const { analysis } = JSON.parse(stdout.toString());
  expect(analysis.problems).toEqual([]);
  expect(Object.keys(analysis.entrypoints).length).toBe(entrypoints.length);
  expect(code).toBe(0);
});
