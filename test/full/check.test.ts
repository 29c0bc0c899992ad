import { join } from "node:path";
import { expect, test } from "vitest";
import { api } from "../support/contract-edits.js";
import { WorkingCopy } from "../support/working-copy.js";

const gates = ["breaking", "format:check", "generate:check", "lint", "typecheck"];
const users = api("users");

/** Names of the steps that a run marked with ✓ or ✗, sorted. */
const marked = (mark: string, stdout: string) =>
  [...stdout.matchAll(new RegExp(`^${mark} (\\S+) +\\d+\\.\\d s`, "gm"))].map(([, name]) => name).sort();

test("check runs every gate, and says one line of each", async () => {
  const copy = new WorkingCopy();
  copy.env = { ...copy.env, GITHUB_STEP_SUMMARY: join(copy.folder, "summary.md") };
  const { code, stdout, stderr } = await copy.npm("check");
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  expect(marked("✓", stdout.toString())).toEqual([...gates, "image"].sort());
  expect(marked("    ✓", copy.read("summary.md"))).toEqual([...gates, "image"].sort());
  // Without a history it is the last release that must not be broken.
  expect(stdout.toString()).toMatch(/✓ breaking .*compared with the contract of the last release/);
});

test("check tells of everything that failed, with its place, and annotates it in GitHub Actions", async () => {
  const copy = new WorkingCopy();
  copy.edit(users, "string photo_url = 5;", "string pictureUrl = 5;");
  copy.edit("scripts/lib/tree.ts", "return {\n    stale", "const count: string = 1;\n  return {\n   stale");
  copy.edit(".github/workflows/release.yml", "runs-on: ubuntu-latest", "runs-om: ubuntu-latest");
  const plain = await copy.npm("check");
  expect(plain.code).toBe(1);
  expect(marked("✗", plain.stdout.toString())).toEqual(gates);
  const sections = plain.stderr.split(/^── (\S+) ──$/m).slice(1);
  expect(sections.filter((_, index) => index % 2 === 0).sort()).toEqual(gates);
  const said = (gate: string) => sections[sections.indexOf(gate) + 1];
  expect(said("breaking")).toMatch(/^proto\/agynio\/api\/users\/v1\/users\.proto:\d+:10 FIELD_SAME_NAME$/m);
  expect(said("format:check")).toContain("scripts/lib/tree.ts");
  expect(said("format:check")).toContain("Run: npm run format");
  expect(said("generate:check")).toContain("stale      gen/es/agynio/api/users/v1/users_pb.ts");
  expect(said("lint")).toMatch(
    /^proto\/agynio\/api\/users\/v1\/users\.proto:\d+:10:Field name "pictureUrl"/m,
  );
  expect(said("lint")).toMatch(/^\.github\/workflows\/release\.yml:\d+:\d+:.*runs-om/m);
  expect(said("typecheck")).toMatch(/^scripts\/lib\/tree\.ts\(\d+,\d+\): error TS/m);
  expect(plain.stderr).not.toContain("::error");

  copy.env = { ...copy.env, GITHUB_ACTIONS: "true" };
  const { stderr } = await copy.npm("check");
  for (const annotation of [
    /^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,endLine=\d+,col=10,endColumn=20,title=FIELD_SAME_NAME::/m,
    /^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,col=10::Field name "pictureUrl"/m,
    /^::error file=\.github\/workflows\/release\.yml,line=\d+,col=\d+::.*runs-om/m,
    /^::error title=format,file=\S*scripts\/lib\/tree\.ts,/m,
  ]) {
    expect(stderr).toMatch(annotation);
  }
});

test("check stops at a contract that does not compile, and gives the place", async () => {
  const copy = new WorkingCopy();
  copy.env = { ...copy.env, GITHUB_ACTIONS: "true" };
  copy.edit(users, "string photo_url = 5;", "string photo_url = ;");
  const { code, stdout, stderr } = await copy.npm("check");
  expect(code).toBe(1);
  expect(marked("✗", stdout.toString())).toEqual(["image"]);
  expect(stderr).toMatch(
    /^The contract does not compile:\nproto\/agynio\/api\/users\/v1\/users\.proto:\d+:\d+:/m,
  );
  expect(stderr).toMatch(/^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=\d+,col=\d+::/m);
});

test("format writes what format:check asks for", async () => {
  const copy = new WorkingCopy();
  const was = copy.read(users);
  copy.edit(users, "  string photo_url = 5;", "    string   photo_url=5;");
  copy.edit("buf.gen.yaml", "version: v2", "version:   v2");
  copy.edit("package.json", '  "name"', '      "name"');
  const before = await copy.npm("format:check");
  expect(before.code).toBe(1);
  for (const name of [users, "buf.gen.yaml", "package.json"]) {
    expect(before.stderr).toContain(name);
  }
  expect(await copy.npm("format")).toMatchObject({ code: 0, stderr: "" });
  expect(copy.read(users)).toBe(was);
  expect(await copy.npm("format:check")).toMatchObject({ code: 0, stderr: "" });
});
