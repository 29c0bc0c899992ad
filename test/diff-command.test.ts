import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Ajv } from "ajv";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "../scripts/lib/run.js";
import { addTo, api, append, type Files, replace } from "./support/contract-edits.js";
import { type Outcome, Scratch } from "./support/scratch.js";

/** What was published as 1.0.0 and 1.1.0: published.binpb moves with each release. */
const fixtures = ["1.0.0", "1.1.0"].map((version) => `test/fixtures/contract-${version}.binpb`);

const made: Scratch[] = [];
afterAll(() => made.forEach((scratch) => void scratch.remove()));

async function repository(): Promise<Scratch> {
  const scratch = await Scratch.repository();
  made.push(scratch);
  return scratch;
}

const addField = (files: Files) =>
  append(
    files,
    api("chat"),
    "message ChatMessage {",
    "\n  // UUID of the message that this one answers. Empty if none.\n  string reply_to_id = 7;",
  );
const addMessage = (files: Files) => addTo(files, api("users"), "message Badge {\n  string id = 1;\n}");

function expectDiff({ code, stdout, stderr }: Outcome, title: string, summary: string): void {
  expect(stderr).toBe("");
  expect(stdout.split("\n").slice(0, 2)).toEqual([expect.stringContaining(title), summary]);
  expect(code).toBe(0);
}

function expectRefusal({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  for (const text of texts) {
    expect(stderr).toContain(text);
  }
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe("");
  expect(code).toBe(2);
}

test("what is compared", async () => {
  const scratch = await repository();
  scratch.edit(addField);
  await scratch.commit("A field");
  await scratch.git("tag", "v2");
  await scratch.git("branch", "topic");
  await scratch.git("reset", "--quiet", "--hard", "HEAD^");
  scratch.edit(addMessage);
  const short = async (name: string) => await scratch.git("rev-parse", "--short=7", name);

  // The working tree with main, as the breaking check resolves it.
  expectDiff(
    await scratch.diff(),
    `main at ${await short("main")} (merge base) → the working tree`,
    "minor: 1 message",
  );
  // With a revision: with what the two have in common.
  expectDiff(
    await scratch.diff(["topic"]),
    `topic at ${await short("main")} (merge base) → the working tree`,
    "minor: 1 message",
  );
  // Two revisions are taken as they are.
  expectDiff(
    await scratch.diff(["main", "v2"]),
    `main at ${await short("main")} → v2 at ${await short("v2")}`,
    "minor: 1 field",
  );
  expectDiff(await scratch.diff(["v2", "main"]), "v2 at", "major: 1 field removed");
  expectDiff(await scratch.diff(["main", "main"]), "main at", "no changes");
  // The contract of the last release, and images.
  const published = await scratch.diff(["published"]);
  expect(published.stdout).toContain(
    "the contract of the last release (published.binpb) → the working tree\n",
  );
  expect(published.stdout).toContain("+ message Badge: id\n");
  const images = fixtures.map((path) => resolve(path));
  expectDiff(
    await scratch.diff(images),
    images.join(" → "),
    "minor: 2 services (13 RPCs), 2 fields, 4 enums, 1 comment",
  );
  expect((await scratch.diff(["published.binpb", "v2"])).stdout).toContain("ChatMessage.reply_to_id");
});

test("nothing to compare with: all of the contract is new", async () => {
  const scratch = await repository();
  const { code, stdout } = await scratch.diff(["--format", "json"]);
  const { before, weight, entries } = JSON.parse(stdout);
  expect(before).toMatch(/^nothing: HEAD at .* is the first commit$/);
  expect(weight).toBe("minor");
  expect(entries.filter(({ kind }: { kind: string }) => kind === "service").length).toBeGreaterThan(20);
  expect(code).toBe(0);
});

test("for a terminal, as Markdown and as JSON", async () => {
  const scratch = await repository();
  scratch.edit((files) => {
    addField(files);
    replace(files, api("users"), "string photo_url = 5;", "string picture = 5;", "message User {");
  });
  const { stdout: text } = await scratch.diff();
  expect(text).toContain(`agynio.api.chat.v1
  ChatService · ChatMessage
    + field ChatMessage.reply_to_id, number 7, string · public surface
        UUID of the message that this one answers.
`);
  expect(text).toContain("    ~ field User.picture: renamed from photo_url · breaking · public surface\n");
  expect(text).toContain("        FIELD_SAME_NAME: ");

  const { stdout: markdown } = await scratch.diff(["--format", "markdown"]);
  expect(markdown.split("\n")[0]).toBe("**major**: 1 field renamed, 1 field added");
  expect(markdown).toContain(`### \`agynio.api.chat.v1\`

**ChatService · ChatMessage**

- added field \`ChatMessage.reply_to_id\`, number 7, \`string\` · public surface
  <br>UUID of the message that this one answers.
`);

  const { stdout, code } = await scratch.diff(["--format=json"]);
  const report = JSON.parse(stdout);
  expectValid(report);
  expect(report).toMatchObject({
    after: "the working tree",
    weight: "major",
    summary: "major: 1 field renamed, 1 field added",
    entries: [
      {
        kind: "field",
        action: "added",
        weight: "addition",
        element: "agynio.api.chat.v1.ChatMessage.reply_to_id",
        package: "agynio.api.chat.v1",
        service: "ChatService",
        resource: "ChatMessage",
        public: true,
        file: "agynio/api/chat/v1/chat.proto",
        number: 7,
        type: "string",
        comment: "UUID of the message that this one answers.",
      },
      { action: "renamed", weight: "breaking", from: "photo_url", to: "picture", breaks: [{}, {}] },
    ],
  });
  expect(code).toBe(0);
});

test("what the contract says can be no Markdown, and a comment may abbreviate", async () => {
  const scratch = await repository();
  scratch.edit((files) => {
    addTo(files, api("users"), 'option php_namespace = "a`<img>\\nb";');
    append(
      files,
      api("chat"),
      "service ChatService {",
      "\n  // Mute silences e.g. <b>Bots</b>. For ever.\n  rpc Mute(GetMessagesRequest) returns (GetMessagesResponse);",
    );
  });
  const { stdout, stderr } = await scratch.diff(["--format", "markdown"]);
  expect(stderr).toBe("");
  expect(stdout).toContain(
    "- added option `php_namespace` of `agynio/api/users/v1/users.proto`: `` a`<img> b ``",
  );
  expect(stdout).toContain("<br>Mute silences e.g. &lt;b>Bots&lt;/b>.\n");
  const json = await scratch.diff(["--format", "json"]);
  expect(JSON.parse(json.stdout).entries).toContainEqual(
    expect.objectContaining({
      kind: "rpc",
      contents: { rpcs: [expect.objectContaining({ comment: "Mute silences e.g. <b>Bots</b>." })] },
    }),
  );
});

test("the JSON of what came and went is what the schema says, and the schema is strict", async () => {
  const scratch = await repository();
  const images = fixtures.map((path) => resolve(path));
  for (const sides of [images, images.toReversed()]) {
    const { stdout } = await scratch.diff([...sides, "--format", "json"]);
    const report = JSON.parse(stdout);
    expectValid(report);
    const [entry] = report.entries;
    expect(validate({ ...report, entries: [{ ...entry, more: 1 }] })).toBe(false);
    expect(validate({ ...report, entries: [{ ...entry, kind: "thing" }] })).toBe(false);
  }
});

const schema = JSON.parse(readFileSync("scripts/lib/diff/schema.json", "utf8"));
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

function expectValid(report: unknown): void {
  validate(report);
  expect(validate.errors).toBeNull();
}

describe.concurrent("what cannot be compared", () => {
  test("no such side", async () => {
    const scratch = await repository();
    expectRefusal(await scratch.diff(["nonesuch"]), 'no revision called "nonesuch"', "git fetch");
    expectRefusal(await scratch.diff(["main", "nonesuch"]), 'no revision called "nonesuch"');
    expectRefusal(await scratch.diff(["nonesuch.binpb"]), "no descriptor image nonesuch.binpb", "buf build");
    expectRefusal(await scratch.diff(["package.json"]), "package.json is not a descriptor image");
  });

  test("bad usage", async () => {
    const scratch = await repository();
    expectRefusal(await scratch.diff(["main", "main", "main"]), "too many arguments");
    expectRefusal(await scratch.diff(["--format", "xml"]), "Allowed choices are terminal, markdown, json");
    expectRefusal(await scratch.diff(["--fromat", "json"]), "--format");
  });

  test("a contract that does not compile", async () => {
    const scratch = await repository();
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    expectRefusal(await scratch.diff(), "does not compile", "proto/agynio/api/files/v1/files.proto:");
    await scratch.commit("Damage");
    expectRefusal(await scratch.diff(["main", "published"]), "does not compile", "files.proto:");
  });

  test("no git: but the last release's and images can be", async () => {
    const scratch = await repository();
    scratch.removeGit();
    expectRefusal(await scratch.diff(), "is not in a git repository", "npm run diff -- published");
    expect((await scratch.diff(["published", join(scratch.folder, "published.binpb")])).code).toBe(0);
  });
});

test("README shows what the command says of 1.1.0", async () => {
  const { stdout } = await run("npm", ["run", "-s", "diff", "--", ...fixtures]);
  expect(stdout.toString()).toContain("minor: ");
  expect(readFileSync("README.md", "utf8")).toContain(
    `$ npm run -s diff -- ${fixtures.join(" ")}\n${stdout}`,
  );
});
