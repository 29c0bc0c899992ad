import {
  cpSync,
  existsSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import {
  create,
  createRegistry,
  type DescMethod,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { anyPack, anyUnpack, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { plugin } from "../lint/plugin.js";
import { createCheckPlugin } from "../lint/pluginrpc/check.js";
import {
  type CheckRequestSchema,
  CheckService,
  ListRulesResponseSchema,
} from "../lint/pluginrpc/gen/buf/plugin/check/v1/check_pb.js";
import {
  Code,
  RequestSchema,
  ResponseSchema,
  SpecSchema,
} from "../lint/pluginrpc/gen/pluginrpc/v1/pluginrpc_pb.js";
import type { Rule } from "../lint/pluginrpc/rule.js";
import * as rules from "../lint/rules/index.js";
import { buf } from "../scripts/lib/buf.js";
import { type Result, run } from "../scripts/lib/run.js";
import { withTemporaryFolder } from "../scripts/lib/temporary.js";
import { compareTrees } from "../scripts/lib/tree.js";
import { compileProtos, writeFiles } from "./support/scratch-contract.js";

const launcher = resolve("lint/plugin.sh");
const procedure = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`;
const { check, listRules, listCategories } = CheckService.method;

/** Starts the plugin as buf does. */
const start = (args: string[], input?: Uint8Array) => run(launcher, args, input ? { input } : {});

/** The error in what the plugin answered, which it ended well for all that. */
function errorIn({ code, stdout, stderr }: Result) {
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const { error, value } = fromBinary(ResponseSchema, stdout);
  expect(value).toBeUndefined();
  return error && { code: Code[error.code], message: error.message };
}

const request = ({ input }: Pick<DescMethod, "input">, init: Record<string, unknown> = {}) =>
  toBinary(RequestSchema, create(RequestSchema, { value: anyPack(input, create(input, init)) }));

/** Calls `body` with a folder that has a copy of the plugin, not built, and the packages that it needs. */
const withCopy = (body: (folder: string) => Promise<void>) =>
  withTemporaryFolder(async (folder) => {
    cpSync("lint", join(folder, "lint"), { recursive: true, filter: (path) => !path.endsWith("dist") });
    cpSync("scripts", join(folder, "scripts"), { recursive: true });
    symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
    await body(folder);
  });

describe("a call", () => {
  test("for the protocol and the procedures is answered", async () => {
    expect((await start(["--protocol"])).stdout.toString()).toBe("1\n");
    const paths = CheckService.methods.map(procedure).sort();
    const binary = fromBinary(SpecSchema, (await start(["--spec", "--format", "binary"])).stdout);
    expect(binary.procedures.map(({ path }) => path).sort()).toEqual(paths);
    const json = fromJsonString(SpecSchema, (await start(["--spec", "--format", "json"])).stdout.toString());
    expect(json).toEqual(binary);
  });

  test("that the shell answers is answered as the plugin would", async () => {
    for (const method of [listRules, listCategories]) {
      for (const input of [request(method, { pageSize: 250 }), request(method), new Uint8Array()]) {
        const args = [procedure(method), "--format", "binary"];
        const { stdout, stderr, code } = await start(args, input);
        expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
        expect(new Uint8Array(stdout)).toEqual(await plugin(args, async () => input));
      }
    }
    expect(existsSync(`lint/dist/answers/${procedure(listRules)} --format binary`)).toBe(true);
  });

  test("in JSON is answered in JSON", async () => {
    const registry = createRegistry(CheckService.file);
    const json = toJsonString(RequestSchema, fromBinary(RequestSchema, request(listRules)), { registry });
    const { stdout } = await start([procedure(listRules), "--format", "json"], Buffer.from(json));
    const { value } = fromJsonString(ResponseSchema, stdout.toString(), { registry });
    const answer = value && anyUnpack(value, ListRulesResponseSchema);
    expect(answer?.rules.map(({ id }) => id)).toEqual(Object.values(rules).map(({ id }) => id));
  });

  test("for a page gets that page, and with its token the next", async () => {
    const ids: string[] = [];
    let pageToken = "";
    do {
      const input = request(listRules, { pageSize: 4, pageToken });
      const { value } = fromBinary(ResponseSchema, (await start([procedure(listRules)], input)).stdout);
      const page = value && anyUnpack(value, ListRulesResponseSchema);
      expect(page?.rules.length).toBeLessThanOrEqual(4);
      ids.push(...(page?.rules ?? []).map(({ id }) => id));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(ids).toEqual(Object.values(rules).map(({ id }) => id));
    expect(errorIn(await start([procedure(listRules)], request(listRules, { pageToken: "x" })))).toEqual({
      code: "INVALID_ARGUMENT",
      message: `page_token "x" is none that this plugin gave out`,
    });
  });
});

describe("bad input", () => {
  const garbage = Buffer.from("garbage \0\x01\xff %s \\0 \n\n", "latin1");

  test.each(CheckService.methods.map((method) => [method.name, method] as const))(
    "to %s is an error that says so",
    async (_, method) => {
      for (const format of ["binary", "json"]) {
        const { code, message } = errorInFormat(
          await start([procedure(method), "--format", format], garbage),
          format,
        );
        expect(code).toBe(Code.INVALID_ARGUMENT);
        expect(message).toMatch(`standard input is not a ${format} pluginrpc.v1.Request: `);
      }
    },
  );

  function errorInFormat({ stdout, code }: Result, format: string) {
    expect(code).toBe(0);
    const { error } =
      format === "json"
        ? fromJsonString(ResponseSchema, stdout.toString())
        : fromBinary(ResponseSchema, stdout);
    return error ?? { code: undefined, message: "" };
  }

  test("that is a message of another kind is an error that says so", async () => {
    expect(errorIn(await start([procedure(check)], request(listRules)))).toEqual({
      code: "INVALID_ARGUMENT",
      message: `the request is a "type.googleapis.com/${listRules.input.typeName}", not a ${check.input.typeName}`,
    });
    // A valid message by chance, of fields that a request does not have.
    expect(errorIn(await start([procedure(check)], Buffer.from([0x78, 1])))).toEqual({
      code: "INVALID_ARGUMENT",
      message: "standard input is not a binary pluginrpc.v1.Request: it has a field 15",
    });
  });

  test("of files without one that they import, or of a rule that is none, is an error", async () => {
    const file = { name: "a.proto", syntax: "proto3", dependency: ["b.proto"] };
    const fileDescriptors = [{ fileDescriptorProto: create(FileDescriptorProtoSchema, file) }];
    expect(errorIn(await start([procedure(check)], request(check, { fileDescriptors })))).toEqual({
      code: "INVALID_ARGUMENT",
      message: "the files do not resolve: Cannot find b.proto, imported by a.proto",
    });
    expect(errorIn(await start([procedure(check)], request(check, { ruleIds: ["NONE"] })))).toEqual({
      code: "INVALID_ARGUMENT",
      message: "there is no rule NONE",
    });
  });

  test("naming a procedure that there is not is an error", async () => {
    expect(errorIn(await start(["/buf.plugin.check.v1.CheckService/Mend"], request(check)))).toEqual({
      code: "UNIMPLEMENTED",
      message: expect.stringMatching(/^there is no procedure \S+\/Mend; there are \S+\/Check, /),
    });
  });

  test.each([[], ["--spec", "--format", "yaml"], ["--spec", "--colour"]])(
    "of arguments %j is explained",
    async (...args: string[]) => {
      const { code, stdout, stderr } = await start(args);
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^This is a pluginrpc plugin.*\n {2}Usage: --protocol \| --spec .*\n$/);
    },
  );
});

describe("a rule", () => {
  const checkFile = async (rule: Rule) => {
    const registry = await compileProtos({
      "a.proto": `syntax = "proto3"; package a; message A { string b = 1; }`,
    });
    const fileDescriptors = [...registry.files].map((file) => ({ fileDescriptorProto: file.proto }));
    const input = request(check as { input: typeof CheckRequestSchema }, { fileDescriptors });
    return fromBinary(
      ResponseSchema,
      await createCheckPlugin([rule], [])([procedure(check)], async () => input),
    );
  };

  test.each([
    ["an Error", new Error("out of luck"), "TEST_RULE failed at field a.A.b: Error: out of luck"],
    ["anything else", "out of luck", "TEST_RULE failed at field a.A.b: out of luck"],
  ])("that throws %s is an error with its ID and the element", async (_, thrown, message) => {
    const { error } = await checkFile({
      id: "TEST_RULE",
      categories: [],
      purpose: "Throws.",
      check: {
        field() {
          throw thrown;
        },
      },
    });
    expect(error).toMatchObject({ code: Code.INTERNAL, message });
  });

  test("that throws fails buf lint with the cause", async () => {
    await withCopy(async (folder) => {
      writeFiles(folder, {
        "lint/rules/index.ts": `
          export const broken = {
            id: "BROKEN", categories: ["AGYN"], purpose: "Is broken.",
            check: { message() { throw new Error("out of luck"); } },
          };`,
        "buf.yaml": `{ version: v2, modules: [{ path: proto }], lint: { use: [AGYN] }, plugins: [{ plugin: [lint/plugin.sh] }] }`,
        "proto/a.proto": `syntax = "proto3"; package a; message A {}`,
      });
      const { code, stderr } = await buf(["lint"], { cwd: folder });
      expect(stderr).toContain("BROKEN failed at message a.A: Error: out of luck");
      expect(code).toBe(1);
    });
  });
});

describe("the launcher", () => {
  const protocol = (folder: string) => run(join(folder, "lint/plugin.sh"), ["--protocol"]);
  const stamp = (folder: string) => readFileSync(join(folder, "lint/dist/stamp"), "utf8");

  test("builds the plugin when it is not built, and again only when a source is newer", async () => {
    await withCopy(async (folder) => {
      expect(await protocol(folder)).toMatchObject({ code: 0, stdout: Buffer.from("1\n"), stderr: "" });
      const first = stamp(folder);
      await protocol(folder);
      expect(stamp(folder)).toBe(first);
      const soon = new Date(Date.now() + 1000);
      utimesSync(join(folder, "lint/rules/timestamp.ts"), soon, soon);
      expect(await protocol(folder)).toMatchObject({ code: 0, stdout: Buffer.from("1\n") });
      expect(stamp(folder)).not.toBe(first);
    });
  });

  test("says what to do where nothing is installed", async () => {
    await withCopy(async (folder) => {
      unlinkSync(join(folder, "node_modules"));
      expect(await protocol(folder)).toMatchObject({
        code: 1,
        stderr: "The plugin for our lint rules needs the packages that package.json names. Run: npm ci\n",
      });
    });
  });

  test("says why a plugin does not build, and leaves none behind", async () => {
    await withCopy(async (folder) => {
      writeFileSync(join(folder, "lint/main.ts"), `import "./missing.js";`);
      const { code, stdout, stderr } = await protocol(folder);
      expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^The plugin for our lint rules does not build:\n[\s\S]*missing\.js/);
      expect(existsSync(join(folder, "lint/dist"))).toBe(false);
    });
  });
});

test("the protocol's messages are as their descriptions generate them", async () => {
  await withTemporaryFolder(async (folder) => {
    const { code, stderr } = await buf([
      "generate",
      "--template",
      "lint/pluginrpc/buf.gen.yaml",
      "-o",
      folder,
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(compareTrees(join(folder, "lint/pluginrpc/gen"), "lint/pluginrpc/gen")).toEqual({
      stale: [],
      missing: [],
      leftOver: [],
    });
  });
});
