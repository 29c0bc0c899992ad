import { cpSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import {
  create,
  createRegistry,
  type DescMethod,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  anyPack,
  anyUnpack,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { createCheckPlugin } from "../../lint/plugin/check.ts";
import { CheckService, ListRulesResponseSchema } from "../../lint/plugin/gen/buf/plugin/check/v1/check_pb.ts";
import {
  Code,
  RequestSchema,
  ResponseSchema,
  SpecSchema,
} from "../../lint/plugin/gen/pluginrpc/v1/pluginrpc_pb.ts";
import { plugin } from "../../lint/plugin/plugin.ts";
import * as rules from "../../lint/rules/index.ts";
import type { Rule } from "../../lint/rules/rule.ts";
import { compareTrees, writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, root, temporaryFolder } from "../support/repository.ts";

const { check, listRules } = CheckService.method;
const ids = Object.values(rules).map(({ id }) => id);

const procedure = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`;

const request = <Method extends DescMethod>({ input }: Method, init?: MessageInitShape<Method["input"]>) =>
  toBinary(RequestSchema, create(RequestSchema, { value: anyPack(input, create(input, init)) }));

/** Calls the plugin. */
const call = (args: string[], input: Uint8Array = new Uint8Array()) => plugin(args, async () => input);

/** Calls a procedure with a request that it rejects, and returns the error. */
async function errorOf(path: string, input: Uint8Array) {
  const { error, value } = fromBinary(ResponseSchema, await call([path], input));
  expect(value).toBeUndefined();
  return error && { code: Code[error.code], message: error.message };
}

describe("the plugin", () => {
  test("returns the protocol's version and its procedures", async () => {
    expect(new TextDecoder().decode(await call(["--protocol"]))).toBe("1\n");
    const spec = fromBinary(SpecSchema, await call(["--spec", "--format", "binary"]));
    expect(spec.procedures.map(({ path }) => path)).toEqual(CheckService.methods.map(procedure));
    const json = new TextDecoder().decode(await call(["--spec", "--format", "json"]));
    expect(fromJsonString(SpecSchema, json)).toEqual(spec);
  });

  test("accepts and returns JSON", async () => {
    const registry = createRegistry(CheckService.file);
    const json = toJsonString(RequestSchema, fromBinary(RequestSchema, request(listRules)), { registry });
    const response = await call([procedure(listRules), "--format", "json"], Buffer.from(json));
    const { value } = fromJsonString(ResponseSchema, new TextDecoder().decode(response), { registry });
    const list = value && anyUnpack(value, ListRulesResponseSchema);
    expect(list?.rules.map(({ id }) => id)).toEqual(ids);
  });

  test("paginates lists", async () => {
    const listed: string[] = [];
    let pageToken = "";
    do {
      const response = await call([procedure(listRules)], request(listRules, { pageSize: 4, pageToken }));
      const { value } = fromBinary(ResponseSchema, response);
      const page = value && anyUnpack(value, ListRulesResponseSchema);
      expect(page?.rules.length).toBeLessThanOrEqual(4);
      listed.push(...(page?.rules ?? []).map(({ id }) => id));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(listed).toEqual(ids);
  });

  test.each(
    CheckService.methods.flatMap((method) => [[method, "binary"] as const, [method, "json"] as const]),
  )("rejects invalid bytes for %s in %s", async (method, format) => {
    const garbage = Buffer.from("garbage \0\x01\xff %s \\0 \n\n", "latin1");
    const response = await call([procedure(method), "--format", format], garbage);
    const { error } =
      format === "json"
        ? fromJsonString(ResponseSchema, new TextDecoder().decode(response))
        : fromBinary(ResponseSchema, response);
    expect(error?.code).toBe(Code.INVALID_ARGUMENT);
    expect(error?.message).toMatch(`standard input is not a ${format} pluginrpc.v1.Request: `);
  });

  const importing = create(FileDescriptorProtoSchema, {
    name: "a.proto",
    syntax: "proto3",
    dependency: ["b.proto"],
  });
  test.each([
    [
      "another message",
      check,
      request(listRules),
      `the request must be a ${check.input.typeName}, not "type.googleapis.com/${listRules.input.typeName}"`,
    ],
    [
      "a message that has unknown fields only",
      check,
      Buffer.from([0x78, 1]),
      "standard input is not a binary pluginrpc.v1.Request: unknown field 15",
    ],
    [
      "files without a file that they import",
      check,
      request(check, { fileDescriptors: [{ fileDescriptorProto: importing }] }),
      "the files cannot be resolved: Cannot find b.proto, imported by a.proto",
    ],
    ["an unknown rule", check, request(check, { ruleIds: ["NONE"] }), `unknown rule "NONE"`],
    ["an invalid page token", listRules, request(listRules, { pageToken: "x" }), `invalid page_token "x"`],
  ])("rejects %s", async (_, method, input, message) => {
    expect(await errorOf(procedure(method), input)).toEqual({ code: "INVALID_ARGUMENT", message });
  });

  test("rejects an unknown procedure and lists the known ones", async () => {
    expect(await errorOf("/buf.plugin.check.v1.CheckService/Fix", request(check))).toEqual({
      code: "UNIMPLEMENTED",
      message: expect.stringMatching(/^unknown procedure \S+\/Fix; known procedures: \S+\/Check, /),
    });
  });

  test.each([[[]], [["--spec", "--format", "yaml"]], [["--spec", "--colour"]]])(
    "rejects the arguments %j with its usage",
    async (args) => {
      await expect(call(args)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/^This is a pluginrpc plugin.*\n {2}Usage: --protocol \| --spec /),
      });
    },
  );

  test("resolves files in any order, and reports which rule failed at which element", async () => {
    const { file } = create(FileDescriptorSetSchema, {
      file: [
        { name: "c.proto", syntax: "proto3", dependency: ["b.proto", "a.proto"] },
        { name: "b.proto", syntax: "proto3", dependency: ["a.proto"] },
        { name: "a.proto", syntax: "proto3", package: "a", messageType: [{ name: "A" }] },
      ],
    });
    const rule: Rule = {
      id: "TEST_RULE",
      categories: [],
      purpose: "Throws.",
      check: {
        message() {
          throw new Error("out of luck");
        },
      },
    };
    const input = request(check, {
      fileDescriptors: file.map((fileDescriptorProto) => ({ fileDescriptorProto })),
    });
    const response = await createCheckPlugin([rule], [])([procedure(check)], async () => input);
    const { error } = fromBinary(ResponseSchema, response);
    expect(error).toMatchObject({
      code: Code.INTERNAL,
      message: "TEST_RULE failed at message a.A: Error: out of luck",
    });
  });

  test("has messages that are generated from lint/plugin/proto", async () => {
    const folder = temporaryFolder();
    const result = await buf(here, ["generate", "--template", "lint/plugin/buf.gen.yaml", "-o", folder]);
    expect(outputOf(result)).toBe("");
    const [expected, actual] = [join(folder, "lint/plugin/gen"), join(root, "lint/plugin/gen")];
    expect(compareTrees(expected, actual)).toEqual({ stale: [], missing: [], leftOver: [] });
  });
});

describe("the launcher", () => {
  const ruleText = (check: string) =>
    `export const rule = { id: "TEST_RULE", categories: ["AGYN"], purpose: "Tests.", check: { ${check} } };`;

  /** Copies the plugin, without its bundle, to a folder with links to the packages that it needs. */
  function copyPlugin(): string {
    const folder = temporaryFolder();
    for (const path of ["lint/plugin", "lint/rules", "scripts/lib/cli", "scripts/lib/contract"]) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    return folder;
  }

  const launch = (folder: string) =>
    run(here, process.execPath, [join(folder, "lint/plugin/launcher.cjs"), "--protocol"]);

  test("builds the plugin if it is missing or a source is newer", async () => {
    const folder = copyPlugin();
    writeFiles(folder, {
      "lint/rules/index.ts": ruleText(`message() { throw new Error("out of luck"); }`),
      "buf.yaml": `{ version: v2, modules: [{ path: proto }], lint: { use: [AGYN] }, plugins: [{ plugin: [node, lint/plugin/launcher.cjs] }] }`,
      "proto/a.proto": `syntax = "proto3"; package a; message A {}`,
    });
    const failed = await buf(here, ["lint"], { cwd: folder });
    expect(failed.stderr).toContain("TEST_RULE failed at message a.A: Error: out of luck");
    expect(failed.code).toBe(1);
    writeFiles(folder, { "lint/rules/index.ts": ruleText("") });
    expect(await buf(here, ["lint"], { cwd: folder })).toMatchObject({ code: 0, stderr: "" });
  });

  test("runs the bundle if no source is newer", async () => {
    const folder = copyPlugin();
    writeFiles(folder, { "lint/dist/plugin.cjs": "console.log('the bundle')" });
    expect(outputOf(await launch(folder))).toBe("the bundle\n");
  });

  test("prints why the plugin cannot be built", async () => {
    const folder = copyPlugin();
    writeFiles(folder, { "lint/plugin/main.ts": `import "./missing.ts";` });
    const { code, stdout, stderr } = await launch(folder);
    expect(stderr).toMatch(/^The lint plugin cannot be built:\n[\s\S]*missing\.ts/);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: "" });
  });

  test("prints how to install the packages that it needs", async () => {
    const folder = copyPlugin();
    unlinkSync(join(folder, "node_modules"));
    expect(await launch(folder)).toMatchObject({
      code: 1,
      stderr: "The lint plugin needs the packages that package.json names.\n  Run: npm ci\n",
    });
  });
});
