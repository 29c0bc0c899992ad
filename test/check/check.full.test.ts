import { delimiter, join } from "node:path";
import { expect, test } from "vitest";
import { runPackage } from "../../scripts/lib/cli/process.ts";
import { Repository } from "../support/repository.ts";

const gates = ["breaking", "format:check", "generate:check", "lint", "typecheck"];
const users = "proto/agynio/api/users/v1/users.proto";

/** Returns the names of the steps that a run marked with ✓ or ✗, sorted. */
const marked = (mark: string, stdout: string) =>
  [...stdout.matchAll(new RegExp(`^${mark} (\\S+) +\\d+\\.\\d s`, "gm"))].map(([, name]) => name).sort();

test("check starts every program without node_modules/.bin, whose files Windows starts with a shell only", async () => {
  const copy = Repository.copy();
  copy.separateModules();
  copy.delete("node_modules/.bin");
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.endsWith(".bin"));
  const checkout = copy.checkout({ PATH: path.join(delimiter) });
  for (const script of ["check", "build"]) {
    const result = await runPackage(checkout, "jiti", "jiti", [`scripts/${script}.ts`]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
  }
});

test("check runs every gate, and prints a line for each, also to the summary of the job", async () => {
  const copy = Repository.copy();
  const summary = join(copy.root, "summary.md");
  const { code, stdout, stderr } = await copy.npm("check", [], { GITHUB_STEP_SUMMARY: summary });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(marked("✓", stdout)).toEqual([...gates, "image"].sort());
  expect(marked("    ✓", copy.read("summary.md"))).toEqual([...gates, "image"].sort());
  // Without git history, the contract must not break the last release.
  expect(stdout).toMatch(/✓ breaking .*compared with the contract of the last release/);
});

test("check prints the output of every failed gate, with places, and annotates them in GitHub Actions", async () => {
  const copy = Repository.copy();
  copy.edit(users, /(?<=^message User \{.*?string )photo_url/ms, "pictureUrl");
  copy.edit(
    "scripts/lib/cli/files.ts",
    "return {\n    stale",
    "const count: string = 1;\n  return {\n   stale",
  );
  copy.edit(".github/workflows/release.yml", "runs-on: ubuntu-latest", "runs-om: ubuntu-latest");
  const { code, stdout, stderr } = await copy.npm("check");
  expect(code).toBe(1);
  expect(marked("✗", stdout)).toEqual(gates);
  const sections = stderr.split(/^── (\S+) ──$/m).slice(1);
  expect(sections.filter((_, index) => index % 2 === 0).sort()).toEqual(gates);
  for (const [gate, ...texts] of [
    [
      "breaking",
      /^proto\/agynio\/api\/users\/v1\/users\.proto:\d+:3 FIELD_SAME_JSON_NAME, FIELD_SAME_NAME$/m,
    ],
    ["format:check", /scripts\/lib\/cli\/files\.ts/, /^ {2}Run: npm run format$/m],
    ["generate:check", /^stale {6}gen\/es\/agynio\/api\/users\/v1\/users_pb\.ts$/m],
    [
      "lint",
      /^proto\/agynio\/api\/users\/v1\/users\.proto:\d+:10:Field name "pictureUrl"/m,
      /^\.github\/workflows\/release\.yml:\d+:\d+:.*runs-om/m,
    ],
    ["typecheck", /^scripts\/lib\/cli\/files\.ts\(\d+,\d+\): error TS/m],
  ] as const) {
    for (const text of texts) {
      expect(sections[sections.indexOf(gate) + 1]).toMatch(text);
    }
  }
  expect(stderr).not.toContain("::error");

  const annotated = await copy.npm("check", [], { GITHUB_ACTIONS: "true" });
  for (const annotation of [
    /^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,endLine=\d+,col=3,endColumn=\d+,title=FIELD_SAME_JSON_NAME%2C FIELD_SAME_NAME::/m,
    /^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,col=10::Field name "pictureUrl"/m,
    /^::error file=\.github\/workflows\/release\.yml,line=\d+,col=\d+::.*runs-om/m,
    /^::error title=format,file=\S*scripts\/lib\/cli\/files\.ts,/m,
  ]) {
    expect(annotated.stderr).toMatch(annotation);
  }
});

test("check stops at a contract that does not compile, with its place", async () => {
  const copy = Repository.copy();
  copy.edit(users, /$/, "message {}\n");
  const { code, stdout, stderr } = await copy.npm("check", [], { GITHUB_ACTIONS: "true" });
  expect(code).toBe(1);
  expect(marked("✗", stdout)).toEqual(["image"]);
  expect(stderr).toMatch(
    /^The contract does not compile:\nproto\/agynio\/api\/users\/v1\/users\.proto:\d+:\d+:/m,
  );
  expect(stderr).toMatch(/^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,col=\d+::/m);
});

test("format fixes what format:check lists", async () => {
  const copy = Repository.copy();
  const before = copy.read(users);
  copy.edit(users, /^ {2}(?=\w)/m, "     ");
  copy.edit("buf.gen.yaml", "version: v2", "version:   v2");
  copy.edit("package.json", '  "name"', '      "name"');
  const { code, stderr } = await copy.npm("format:check");
  expect(code).toBe(1);
  for (const name of [users, "buf.gen.yaml", "package.json"]) {
    expect(stderr).toContain(name);
  }
  expect(await copy.npm("format")).toMatchObject({ code: 0, stderr: "" });
  expect(copy.read(users)).toBe(before);
  expect(await copy.npm("format:check")).toMatchObject({ code: 0, stderr: "" });
});
