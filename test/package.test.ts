import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { run } from "../scripts/lib/run.js";
import { Consumer } from "./support/consumer.js";
import { packages, specifiers } from "./support/contract.js";

/** What a consumer of each flavour has installed beside the package. */
const runtimes = {
  es: {
    "@bufbuild/protobuf": "^2.13.0",
    "@connectrpc/connect": "^2.1.0",
    "@connectrpc/connect-node": "2.1.2",
  },
  "connect-v1": {
    "@bufbuild/protobuf": "^1.10.0",
    "@connectrpc/connect": "^1.7.0",
    "@connectrpc/connect-node": "^1.7.0",
  },
  "ts-proto": { "@bufbuild/protobuf": "^2.13.0", "@grpc/grpc-js": "^1.12.0", "nice-grpc": "^2.1.0" },
};

type Flavour = keyof typeof runtimes;

/** A program in each flavour that makes a message, sends it through bytes, and names its service. */
const programs: Record<Flavour, { imports: [names: string[], from: string][]; body: string }> = {
  es: {
    imports: [
      [["create", "fromBinary", "toBinary"], "@bufbuild/protobuf"],
      [["RunnersService", "WorkloadSchema", "WorkloadStatus"], "@agynio/api/runners/v1"],
    ],
    body: `const workload = create(WorkloadSchema, { runnerId: "r1", status: WorkloadStatus.RUNNING });
const copy = fromBinary(WorkloadSchema, toBinary(WorkloadSchema, workload));
console.log(RunnersService.typeName, copy.runnerId, copy.status === WorkloadStatus.RUNNING);`,
  },
  "connect-v1": {
    imports: [[["RunnersService", "Workload", "WorkloadStatus"], "@agynio/api/connect-v1/runners/v1"]],
    body: `const workload = new Workload({ runnerId: "r1", status: WorkloadStatus.RUNNING });
const copy = Workload.fromBinary(workload.toBinary());
console.log(RunnersService.typeName, copy.runnerId, copy.status === WorkloadStatus.RUNNING);`,
  },
  "ts-proto": {
    imports: [
      [
        ["RunnersServiceDefinition", "RunnersServiceService", "Workload", "WorkloadStatus"],
        "@agynio/api/ts-proto/runners/v1",
      ],
    ],
    body: `const status = WorkloadStatus.WORKLOAD_STATUS_RUNNING;
const workload = Workload.fromPartial({ runnerId: "r1", status });
const copy = Workload.decode(Workload.encode(workload).finish());
const served = RunnersServiceService.getWorkload.path === "/agynio.api.runners.v1.RunnersService/GetWorkload";
console.log(RunnersServiceDefinition.fullName, copy.runnerId, served && copy.status === status);`,
  },
};

const printed = "agynio.api.runners.v1.RunnersService r1 true\n";

const esm = ({ imports, body }: (typeof programs)[Flavour]) =>
  `${imports.map(([names, from]) => `import { ${names.join(", ")} } from "${from}";`).join("\n")}\n${body}\n`;
const cjs = ({ imports, body }: (typeof programs)[Flavour]) =>
  `${imports.map(([names, from]) => `const { ${names.join(", ")} } = require("${from}");`).join("\n")}\n${body}\n`;

describe.each(Object.keys(runtimes) as Flavour[])("%s, installed from the tarball", (flavour) => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.install({
      ...runtimes[flavour],
      typescript: "7.0.2",
      "@types/node": "^20.0.0",
    });
  });
  afterAll(() => consumer?.remove());

  test("runs as ESM", async () => {
    consumer.write({ "program.mjs": esm(programs[flavour]) });
    expect(await consumer.output("node", ["program.mjs"])).toBe(printed);
  });

  test("runs as CommonJS", async () => {
    consumer.write({ "program.cjs": cjs(programs[flavour]) });
    expect(await consumer.output("node", ["program.cjs"])).toBe(printed);
  });

  const compile = (file: string, module: string, moduleResolution: string) =>
    consumer.run("tsc", [
      ...["--strict", "--noEmit", "--target", "es2022"],
      ...["--module", module, "--moduleResolution", moduleResolution, file],
    ]);

  test.each([
    ["program.mts", "nodenext", "nodenext"],
    ["program.cts", "nodenext", "nodenext"],
    ["program.ts", "esnext", "bundler"],
  ])("type-checks %s with module %s, resolution %s", async (file, ...settings) => {
    const everything = specifiers[flavour].map((from, i) => `export * as p${i} from "${from}";\n`).join("");
    consumer.write({ [file]: everything + esm(programs[flavour]) });
    expect(await compile(file, ...settings)).toMatchObject({ code: 0, stdout: Buffer.alloc(0) });
  });

  test("has types that say no to a misspelt field", async () => {
    consumer.write({ "broken.ts": esm(programs[flavour]).replace("runnerId: ", "runerId: ") });
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
