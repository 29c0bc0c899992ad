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
  create(RequestSchema, { value: anyPack(input, create(input, init)) });

/** Calls the plugin without input, and returns its output as text. */
const print = async (...args: string[]) =>
  Buffer.from(await plugin(args, async () => Buffer.of())).toString();

/** Calls a procedure of a plugin in the binary format. */
const callBytes = async (path: string, input: Uint8Array, called = plugin) =>
  fromBinary(ResponseSchema, await called([path], async () => input));

const callMethod = <Method extends DescMethod>(
  method: Method,
  init?: MessageInitShape<Method["input"]>,
  called = plugin,
) => callBytes(pathOf(method), toBinary(RequestSchema, request(method, init)), called);

/** Calls a procedure in the format JSON. */
async function callJson(path: string, input: string) {
  const output = await plugin([path, "--format", "json"], async () => Buffer.from(input));
  return fromJsonString(ResponseSchema, Buffer.from(output).toString(), { registry });
}

describe("the plugin", () => {
  test("returns the protocol's version and its procedures", async () => {
    expect(await print("--protocol")).toBe("1\n");
    const spec = fromJsonString(SpecSchema, await print("--spec", "--format", "json"));
    expect(spec.procedures.map(({ path }) => path)).toEqual(protocol.CheckService.methods.map(pathOf));
    const binary = await plugin(["--spec", "--format", "binary"], async () => Buffer.of());
    expect(fromBinary(SpecSchema, binary)).toEqual(spec);
  });

  test("returns its rules in pages, and its category", async () => {
    const listed: string[][] = [];
    let pageToken = "";
    do {
      const { value } = await callMethod(listRules, { pageSize: 4, pageToken });
      const page = value && anyUnpack(value, protocol.ListRulesResponseSchema);
      listed.push((page?.rules ?? []).map(({ id }) => id));
      pageToken = page?.nextPageToken ?? "";
    } while (pageToken !== "");
    expect(listed).toEqual([ids.slice(0, 4), ids.slice(4, 8), ids.slice(8)]);
    const { value } = await callMethod(listCategories);
    expect(value && anyUnpack(value, protocol.ListCategoriesResponseSchema)).toMatchObject({
      categories: [{ id: "AGYN" }],
      nextPageToken: "",
    });
  });

  test("accepts and returns JSON, and takes no input as an empty request", async () => {
    const response = await callMethod(listRules);
    const json = toJsonString(RequestSchema, request(listRules), { registry });
    expect(await callJson(pathOf(listRules), json)).toEqual(response);
    expect(await callJson(pathOf(listRules), "")).toEqual(response);
    expect(await callBytes(pathOf(listRules), Buffer.of())).toEqual(response);
  });

  const garbage = Buffer.from("garbage \0\x01\xff %s \\0 \n\n", "latin1");
  const importing = { name: "a.proto", syntax: "proto3", dependency: ["b.proto"] };
  test.each([
    [
      "bytes that are not a request",
      () => callBytes(pathOf(check), garbage),
      /^standard input is not a binary pluginrpc\.v1\.Request: /,
    ],
    [
      "text that is not a request",
      () => callJson(pathOf(check), garbage.toString()),
      /^standard input is not a json pluginrpc\.v1\.Request: /,
    ],
    [
      "a message that has unknown fields only",
      () => callBytes(pathOf(check), Buffer.of(0x78, 1)),
      /^unknown field 15 of pluginrpc\.v1\.Request$/,
    ],
    [
      "the request of another procedure",
      () => callBytes(pathOf(check), toBinary(RequestSchema, request(listRules))),
      /^the request must be a \S+\.CheckRequest, not "type\.googleapis\.com\/\S+\.ListRulesRequest"$/,
    ],
    [
      "files without a file that they import",
      () => callMethod(check, { fileDescriptors: [{ fileDescriptorProto: importing }] }),
      /^the files cannot be resolved: Cannot find b\.proto, imported by a\.proto$/,
    ],
    ["an unknown rule", () => callMethod(check, { ruleIds: ["NONE"] }), /^unknown rule "NONE"$/],
    ["an invalid page token", () => callMethod(listRules, { pageToken: "x" }), /^invalid page_token "x"$/],
    [
      "an unknown procedure",
      () => callBytes("/a.Service/Fix", Buffer.of()),
      /^unknown procedure \/a\.Service\/Fix; known procedures: \S+\/Check, /,
      Code.UNIMPLEMENTED,
    ],
  ])("rejects %s", async (_, call, message, code = Code.INVALID_ARGUMENT) => {
    const { error, value } = await call();
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(value).toBeUndefined();
  });

  test.each([[[]], [["--spec", "--format", "yaml"]], [["--spec", "--colour"]]])(
    "rejects the arguments %j with its usage",
    async (args) => {
      const message = expect.stringMatching(
        /^This is a pluginrpc plugin.*\n {2}Usage: --protocol \| --spec /,
      );
      await expect(print(...args)).rejects.toMatchObject({ exitCode: 2, message });
    },
  );

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
    expect((await callMethod(check, { fileDescriptors }, failing)).error).toMatchObject({
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
  });

  test("runs the bundle if no source is newer", async () => {
    const folder = copyPlugin({ "lint/dist/plugin.cjs": "console.log('the bundle')" });
    expect(outputOf(await launch(folder))).toBe("the bundle\n");
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
