import { cpSync, symlinkSync, unlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { createCheckPlugin } from "../../lint/plugin/check.ts";
import * as protocol from "../../lint/plugin/gen/buf/plugin/check/v1/check_pb.ts";
import {
  Code,
  RequestSchema,
  ResponseSchema,
  SpecSchema,
} from "../../lint/plugin/gen/pluginrpc/v1/pluginrpc_pb.ts";
import { plugin } from "../../lint/plugin/plugin.ts";
import * as rules from "../../lint/rules/index.ts";
import { compareTrees, listFiles, writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, root, temporaryFolder } from "../support/repository.ts";

const { check, listRules, listCategories } = protocol.CheckService.method;
const registry = createRegistry(protocol.CheckService.file);
const ids = Object.values(rules).map(({ id }) => id);

const pathOf = ({ parent, name }: DescMethod) => `/${parent.typeName}/${name}`;

const request = <Method extends DescMethod>({ input }: Method, init?: MessageInitShape<Method["input"]>) =>
  toBinary(RequestSchema, create(RequestSchema, { value: anyPack(input, create(input, init)) }));

/** Calls the plugin with the arguments and the input of a program. */
const callBytes = (args: string[], input: Uint8Array = Buffer.of(), called = plugin) =>
  called(args, async () => input);

/** Calls the plugin with the format JSON. */
const callText = async (args: string[], input = "") =>
  Buffer.from(await callBytes([...args, "--format", "json"], Buffer.from(input))).toString();

const call = async (method: DescMethod, input: Uint8Array, called = plugin) =>
  fromBinary(ResponseSchema, await callBytes([pathOf(method)], input, called));

const callJson = async (method: DescMethod, input: string) =>
  fromJsonString(ResponseSchema, await callText([pathOf(method)], input), { registry });

describe("the plugin", () => {
  test("returns the protocol's version and its procedures", async () => {
    expect(Buffer.from(await callBytes(["--protocol"])).toString()).toBe("1\n");
    const spec = fromBinary(SpecSchema, await callBytes(["--spec", "--format", "binary"]));
    expect(spec.procedures.map(({ path }) => path)).toEqual(protocol.CheckService.methods.map(pathOf));
    expect(fromJsonString(SpecSchema, await callText(["--spec"]))).toEqual(spec);
  });

  test("returns its rules in pages, and its category", async () => {
    const pages: string[][] = [];
    let pageToken = "";
    do {
      const { value } = await call(listRules, request(listRules, { pageSize: 5, pageToken }));
      const page = value && anyUnpack(value, protocol.ListRulesResponseSchema);
      pages.push((page?.rules ?? []).map(({ id }) => id));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(pages).toEqual([ids.slice(0, 5), ids.slice(5, 10), ids.slice(10)]);
    const { value } = await call(listCategories, request(listCategories));
    const list = value && anyUnpack(value, protocol.ListCategoriesResponseSchema);
    expect(list).toMatchObject({ categories: [{ id: "AGYN" }], nextPageToken: "" });
  });

  test("accepts and returns JSON, and takes no input as an empty request", async () => {
    const response = await call(listRules, request(listRules));
    const json = toJsonString(RequestSchema, fromBinary(RequestSchema, request(listRules)), { registry });
    expect(await callJson(listRules, json)).toEqual(response);
    expect(await callJson(listRules, "")).toEqual(response);
    expect(await call(listRules, Buffer.of())).toEqual(response);
    const { error } = await callJson(listRules, "garbage");
    expect(error?.message).toMatch(/^standard input is not a json pluginrpc\.v1\.Request: /);
  });

  const garbage = Buffer.from("garbage \0\x01\xff %s \\0 \n\n", "latin1");
  const fileDescriptorProto = { name: "a.proto", syntax: "proto3", dependency: ["b.proto"] };
  const unresolvable = request(check, { fileDescriptors: [{ fileDescriptorProto }] });
  const unknown = { ...check, name: "Fix" };
  test.each([
    ["garbage", check, garbage, /^standard input is not a binary pluginrpc\.v1\.Request: /],
    ["unknown fields", check, Buffer.of(0x78, 1), /^unknown field 15 of pluginrpc\.v1\.Request$/],
    ["another request", check, request(listRules), /^the request must be a \S+\.CheckRequest, not "\S+ListR/],
    ["unresolvable files", check, unresolvable, /^the files .+: Cannot find b\.proto, imported by a\.proto$/],
    ["an unknown rule", check, request(check, { ruleIds: ["NONE"] }), /^unknown rule "NONE"$/],
    ["a bad page token", listRules, request(listRules, { pageToken: "x" }), /^invalid page_token "x"$/],
    [
      "an unknown procedure",
      unknown,
      request(check),
      /^unknown procedure \S+\/Fix; known .+: \S+\/Check, /,
      Code.UNIMPLEMENTED,
    ],
  ])("rejects %s", async (_, method, input, message, code = Code.INVALID_ARGUMENT) => {
    const { error, value } = await call(method, input);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(value).toBeUndefined();
  });

  const badArguments = [[[]], [["--spec", "--format", "yaml"]], [["--spec", "--colour"]]];
  test.each(badArguments)("rejects the arguments %j with its usage", async (args) => {
    const message = expect.stringMatching(/^This is a pluginrpc plugin.*\n {2}Usage: --protocol \| --spec /);
    await expect(callBytes(args)).rejects.toMatchObject({ exitCode: 2, message });
  });

  test("resolves files in any order, and reports which rule failed at which element", async () => {
    const files = [
      { name: "c.proto", syntax: "proto3", dependency: ["b.proto", "a.proto"] },
      { name: "b.proto", syntax: "proto3", dependency: ["a.proto"] },
      { name: "a.proto", syntax: "proto3", package: "a", messageType: [{ name: "A" }] },
    ];
    const fail = () => {
      throw new Error("out of luck");
    };
    const rule = { id: "TEST_RULE", purpose: "Throws.", check: { message: fail } };
    const failing = createCheckPlugin([rule], { id: "TEST", purpose: "Tests." });
    const fileDescriptors = files.map((fileDescriptorProto) => ({ fileDescriptorProto }));
    const { error } = await call(check, request(check, { fileDescriptors }), failing);
    const message = "TEST_RULE failed at message a.A: Error: out of luck";
    expect(error).toMatchObject({ code: Code.INTERNAL, message });
  });

  const valid = { id: "TEST_RULE", purpose: "Tests.", check: {} };
  test.each([
    ["no rules", [], "The category TEST has no rules."],
    ["a rule with the ID of another", [valid, valid], "The ID TEST_RULE is not unique."],
    ["a rule with the ID of the category", [{ ...valid, id: "TEST" }], "The ID TEST is not unique."],
    [
      "a lower-case ID",
      [{ ...valid, id: "test" }],
      /^The ID "test" must be 3 to 64 capital letters, digits and/,
    ],
    ["an ID that ends in an underscore", [{ ...valid, id: "TEST_" }], /^The ID "TEST_" must be /],
    ["an ID of two letters", [{ ...valid, id: "AB" }], /^The ID "AB" must be /],
    [
      "a purpose without a period",
      [{ ...valid, purpose: "Tests" }],
      /^The purpose of TEST_RULE must be one line /,
    ],
    [
      "a purpose without a capital letter",
      [{ ...valid, purpose: "tests." }],
      /^The purpose of TEST_RULE must /,
    ],
    ["an empty purpose", [{ ...valid, purpose: "" }], /^The purpose of TEST_RULE must be one line /],
  ])("cannot have %s", (_, rules, message) => {
    expect(() => createCheckPlugin(rules, { id: "TEST", purpose: "Tests." })).toThrow(message);
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
    `export const rule = { id: "TEST_RULE", purpose: "Tests.", check: { ${check} } };`;

  /** Copies the plugin, without its bundle, to a folder with a link to the packages that it needs. */
  function copyPlugin(files: Record<string, string> = {}): string {
    const folder = temporaryFolder();
    for (const path of ["lint/plugin", "lint/rules", "scripts/lib/cli", "scripts/lib/contract"]) {
      cpSync(join(root, path), join(folder, path), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFiles(folder, files);
    return folder;
  }

  const launch = (folder: string) =>
    run(here, process.execPath, [join(folder, "lint/plugin/launcher.cjs"), "--protocol"]);

  test("builds the plugin if it is missing or a source is newer", async () => {
    const folder = copyPlugin({
      "lint/rules/index.ts": ruleText(`message() { throw new Error("out of luck"); }`),
      "buf.yaml": `{ version: v2, lint: { use: [AGYN] }, plugins: [{ plugin: [node, lint/plugin/launcher.cjs] }], modules: [{ path: proto }] }`,
      "proto/a.proto": `syntax = "proto3"; package a; message A {}`,
    });
    const failed = await buf(here, ["lint"], { cwd: folder });
    expect(failed.stderr).toContain("TEST_RULE failed at message a.A: Error: out of luck");
    expect(failed.code).toBe(1);
    writeFiles(folder, { "lint/rules/index.ts": ruleText("") });
    expect(await buf(here, ["lint"], { cwd: folder })).toMatchObject({ code: 0, stderr: "" });
    writeFiles(folder, { "lint/rules/index.ts": ruleText("").replace("Tests.", "tests") });
    expect(await launch(folder)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^The purpose of TEST_RULE must be one line .*\n$/),
    });
  });

  test("runs the bundle if no source is newer", async () => {
    const folder = copyPlugin({ "lint/dist/plugin.cjs": "console.log('the bundle')" });
    expect(outputOf(await launch(folder))).toBe("the bundle\n");
  });

  test("builds the plugin again if a source is replaced and keeps an earlier modification time", async () => {
    const folder = copyPlugin({ "lint/dist/plugin.cjs": "console.log('the bundle')" });
    // File systems record times in steps of some milliseconds.
    await sleep(50);
    writeFiles(folder, { "lint/rules/index.ts": ruleText("") });
    utimesSync(join(folder, "lint/rules/index.ts"), 0, 0);
    expect(outputOf(await launch(folder))).toBe("1\n");
  });

  test("prints why the plugin cannot be built, and writes no bundle", async () => {
    const folder = copyPlugin({ "lint/plugin/main.ts": `import "./missing.ts";` });
    const { code, stdout, stderr } = await launch(folder);
    expect(stderr).toMatch(/^The lint plugin cannot be built:\n[\s\S]*missing\.ts/);
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 1, stdout: "" });
    expect(listFiles(join(folder, "lint/dist"))).toEqual([]);
  });

  test("prints how to install the packages that it needs", async () => {
    const folder = copyPlugin();
    unlinkSync(join(folder, "node_modules"));
    const stderr = "The lint plugin needs the packages that package.json names.\n  Run: npm ci\n";
    expect(await launch(folder)).toMatchObject({ code: 1, stderr });
  });
});
