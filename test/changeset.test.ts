import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buf } from "../scripts/lib/buf.js";
import { addTo, api, type Files, replace } from "./support/contract-edits.js";
import { type Outcome, Scratch } from "./support/scratch.js";

const made: Scratch[] = [];
afterAll(() => made.forEach((scratch) => void scratch.remove()));

/** A repository on a branch of main that has nothing of its own. */
async function branch(): Promise<Scratch> {
  const scratch = await Scratch.whole();
  made.push(scratch);
  await scratch.git("switch", "--quiet", "--create", "topic");
  return scratch;
}

const addition = (files: Files) =>
  addTo(
    files,
    api("chat"),
    "// Draft is a message that is not sent yet.\nmessage Draft {\n  string body = 1;\n}",
  );
const documentation = (files: Files) =>
  files.set(api("users"), files.get(api("users"))?.replace(/^\/\/ .*$/m, "// Users live here.") ?? "");
const breaking = (files: Files) =>
  replace(files, api("threads"), "  string body = 4;\n", "", "message Message {");

const check = (scratch: Scratch, env?: NodeJS.ProcessEnv) => scratch.program("changeset-check", [], env);
const writeNew = (scratch: Scratch, ...args: string[]) => scratch.program("changeset-new", args);

const frontMatter = (bump: string, name = "@agynio/api") =>
  `---\n"${name}": ${bump}\n---\n\nIt is told here.\n`;
const say = (scratch: Scratch, bump: string, id = "told") =>
  scratch.write(`.changeset/${id}.md`, frontMatter(bump));

/** Names of the changesets in the working tree. */
const changesets = (scratch: Scratch) =>
  readdirSync(join(scratch.folder, ".changeset")).filter((name) => name.endsWith(".md"));

function expectPass({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  expect(stderr).toBe("");
  for (const text of texts) {
    expect(stdout).toContain(text);
  }
  expect(code).toBe(0);
}

function expectRefusal({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  for (const text of texts) {
    expect(stderr).toContain(text);
  }
  expect(stderr).toMatch(/^ {2}Run: .*npm run changeset:new/m);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

describe.concurrent("changeset:check and the contract", () => {
  test.each([
    ["an addition", addition, "minor", "patch"],
    ["documentation", documentation, "patch", "none"],
    ["a break", breaking, "major", "minor"],
  ])("%s needs no less than its weight", async (_, edit, enough, tooLittle) => {
    const scratch = await branch();
    expectPass(await check(scratch), "no changeset is needed");
    scratch.edit(edit);
    expectRefusal(await check(scratch), `${enough}: 1 `, "No changeset that is new since main at");
    say(scratch, tooLittle);
    expectRefusal(
      await check(scratch),
      `${enough}: 1 `,
      `.changeset/told.md says ${tooLittle}, which is less than ${enough}.`,
    );
    say(scratch, enough);
    expectPass(
      await check(scratch),
      `${enough}: 1 `,
      `.changeset/told.md says ${enough}; compared with main at`,
    );
    say(scratch, "major");
    expectPass(await check(scratch));
  });
});

describe.concurrent("changeset:check and the rest of the package", () => {
  /** Writes a file with something added to its end. */
  const grow = (scratch: Scratch, path: string, text: string) =>
    scratch.write(path, scratch.read(path) + text);
  const setField = (scratch: Scratch, name: string, value: unknown) => {
    const fields = JSON.parse(scratch.read("package.json"));
    scratch.write("package.json", JSON.stringify({ ...fields, [name]: value }, null, 2));
  };

  test("what is in it needs a patch", async () => {
    const scratch = await branch();
    const changes: [what: string, change: () => void][] = [
      ["src/redact.ts", () => grow(scratch, "src/redact.ts", "// More.\n")],
      ["src/more.ts", () => scratch.write("src/more.ts", "export const more = 1;\n")],
      ["gen/es/registry.ts", () => grow(scratch, "gen/es/registry.ts", "// More.\n")],
      [api("chat"), () => grow(scratch, api("chat"), "\n")],
      ["LICENSE", () => grow(scratch, "LICENSE", "\n")],
      ["package.json (sideEffects)", () => setField(scratch, "sideEffects", true)],
      ["package.json (bin)", () => setField(scratch, "bin", "./dist/bin.js")],
      ["package.json (scripts.postinstall)", () => setField(scratch, "scripts", { postinstall: "true" })],
    ];
    for (const [what, change] of changes) {
      change();
      expectRefusal(await check(scratch), `patch: ${what}\n`);
      await scratch.git("reset", "--quiet", "--hard");
      await scratch.git("clean", "--quiet", "-fd");
    }
    setField(scratch, "engines", { node: ">=22" });
    await scratch.commit("Change");
    expectRefusal(await check(scratch), "patch: package.json (engines)\n");
    say(scratch, "none");
    expectRefusal(await check(scratch), "says none, which is less than patch");
    say(scratch, "patch");
    expectPass(await check(scratch), ".changeset/told.md says patch");
  });

  test("what is not in it needs nothing", async () => {
    const scratch = await branch();
    grow(scratch, "README.md", "More.\n");
    grow(scratch, "CONTRIBUTING.md", "More.\n");
    grow(scratch, "CHANGELOG.md", "More.\n");
    grow(scratch, "third_party/README.md", "More.\n");
    scratch.write("third_party/opentelemetry/README.md", "More.\n");
    grow(scratch, "test/changeset.test.ts", "// More.\n");
    grow(scratch, "scripts/check.ts", "// More.\n");
    grow(scratch, ".github/workflows/release.yml", "# More.\n");
    setField(scratch, "devDependencies", {});
    setField(scratch, "scripts", { build: "true" });
    scratch.write("dist/esm/new.js", "ignored");
    expectPass(await check(scratch), "no changeset is needed: nothing that reaches the package differs from");
    await scratch.commit("Other things");
    expectPass(
      await check(scratch),
      "no changeset is needed: nothing that reaches the package differs from main",
    );
  });

  test("how it is made needs a word, which may be that nothing comes of it", async () => {
    const scratch = await branch();
    for (const path of ["tsconfig.build.json", "src/tsconfig.json", "scripts/lib/package.ts"]) {
      grow(scratch, path, "// More.\n");
      expectRefusal(await check(scratch), `how the package is made: ${path}\n`, 'set its bump to "none"');
      await scratch.git("checkout", "--quiet", "--", ".");
    }
    grow(scratch, "tsconfig.build.json", "// More.\n");
    say(scratch, "none");
    expectPass(await check(scratch), ".changeset/told.md says none");
  });
});

describe.concurrent("the changesets that count", () => {
  /** A branch that has something to tell, with changesets on main that tell of something else. */
  async function branchAfter(...ids: string[]): Promise<Scratch> {
    const scratch = await branch();
    await scratch.git("switch", "--quiet", "main");
    for (const id of ids) {
      say(scratch, "major", id);
    }
    await scratch.commit("Told");
    await scratch.git("switch", "--quiet", "--force-create", "topic");
    scratch.write("src/more.ts", "export const more = 1;\n");
    return scratch;
  }

  test("are new on the branch, committed or not, or edited there", async () => {
    const scratch = await branchAfter("former", "other");
    expectRefusal(await check(scratch), "No changeset that is new since main at");
    await scratch.git("mv", ".changeset/former.md", ".changeset/renamed.md");
    expectRefusal(await check(scratch), "No changeset that is new since main at");
    scratch.write(".changeset/other.md", scratch.read(".changeset/other.md").replaceAll("\n", "\r\n"));
    expectRefusal(await check(scratch), "No changeset that is new since main at");
    scratch.write(".changeset/other.md", `${scratch.read(".changeset/other.md")}And more.\n`);
    expectPass(await check(scratch), ".changeset/other.md says major");
    await scratch.git("checkout", "--quiet", "--", ".");
    say(scratch, "patch", "own");
    expectPass(await check(scratch), ".changeset/own.md says patch");
    await scratch.commit("Told as well");
    expectPass(await check(scratch), ".changeset/own.md says patch");
  });

  test("name the package", async () => {
    const scratch = await branchAfter();
    scratch.write(".changeset/other.md", frontMatter("major", "connect-v1"));
    expectRefusal(await check(scratch), ".changeset/other.md does not name @agynio/api.\nNo changeset");
    scratch.write(".changeset/empty.md", "---\n---\n\nNothing.\n");
    expectRefusal(await check(scratch), ".changeset/empty.md does not name @agynio/api.");
    say(scratch, "minor", "own");
    expectPass(await check(scratch), ".changeset/own.md says minor");
  });

  test("can be read", async () => {
    const scratch = await branchAfter();
    for (const text of ["", "Told.", frontMatter("huge"), "---\n: [\n---\n"]) {
      scratch.write(".changeset/damaged.md", text);
      expectRefusal(await check(scratch), ".changeset/damaged.md: could not parse changeset");
    }
  });
});

describe.concurrent("changeset:new", () => {
  test("writes what the check asks for, once", async () => {
    const scratch = await branch();
    const before = changesets(scratch);
    expectPass(await writeNew(scratch), "Nothing is written");
    scratch.edit(addition);
    scratch.write("src/more.ts", "export const more = 1;\n");
    const { code, stdout, stderr } = await scratch.script(["changeset:new"]);
    expect(stderr).toBe("");
    const written = changesets(scratch).filter((name) => !before.includes(name));
    expect(written).toHaveLength(1);
    expect(stdout).toContain(`.changeset/${written[0]} is new, and says minor.`);
    expect(stdout).toContain("Edit its text");
    expect(code).toBe(0);
    const text = scratch.read(`.changeset/${written[0]}`);
    expect(text).toMatch(/^---\n"@agynio\/api": minor\n---\n\n\S/);
    expect(text).toContain("Draft");
    expect(text).toContain("`src/more.ts`");
    expectPass(await scratch.script(["changeset:check"]), `.changeset/${written[0]} says minor`);
    expectPass(
      await writeNew(scratch),
      `Nothing is written, as .changeset/${written[0]} says minor already.`,
    );
    expect(changesets(scratch)).toHaveLength(before.length + 1);
  });

  test("raises the bump of the one that says too little, and leaves its text", async () => {
    const scratch = await branch();
    const before = changesets(scratch);
    scratch.edit(addition);
    say(scratch, "none", "a");
    const written = "---\r\n'@agynio/api':   \"patch\" # small\r\n---\r\n\r\n@agynio/api: patch\r\n";
    scratch.write(".changeset/b.md", written);
    expectPass(await writeNew(scratch), ".changeset/b.md said patch, and now says minor", "Draft");
    expect(scratch.read(".changeset/b.md")).toBe(written.replace("patch", "minor"));
    expect(scratch.read(".changeset/a.md")).toBe(frontMatter("none"));
    expect(changesets(scratch)).toEqual([...before, "a.md", "b.md"].sort());
    expectPass(await check(scratch), ".changeset/b.md says minor");
  });

  test("says what it cannot edit", async () => {
    const scratch = await branch();
    scratch.edit(addition);
    const written = '---\n{ "@agynio/api": patch }\n---\n\nTold.\n';
    scratch.write(".changeset/odd.md", written);
    const { code, stderr } = await writeNew(scratch);
    expect(stderr).toContain(
      '.changeset/odd.md: its bump could not be set.\n  Set it there to: "@agynio/api": minor',
    );
    expect(code).toBe(1);
    expect(scratch.read(".changeset/odd.md")).toBe(written);
  });
});

describe.concurrent("the version script", () => {
  /** A branch of a main whose contract is the published one, without changesets. */
  async function released(): Promise<Scratch> {
    const scratch = await branch();
    await scratch.git("switch", "--quiet", "main");
    await scratch.git("rm", "--quiet", "--ignore-unmatch", ".changeset/*.md");
    expect(await buf(["build", "-o", "published.binpb"], { cwd: scratch.folder })).toMatchObject({ code: 0 });
    await scratch.commit("Released");
    await scratch.git("switch", "--quiet", "--force-create", "topic");
    return scratch;
  }

  const makeVersion = (scratch: Scratch) => scratch.program("version");

  test("refuses to release more than the changesets say, and writes nothing", async () => {
    const scratch = await released();
    scratch.edit(addition);
    await scratch.commit("Add");
    expectRefusal(
      await makeVersion(scratch),
      "The changesets make no release",
      "the contract of the last release (published.binpb)",
      "minor: 1 ",
      "npm run diff -- published",
    );
    say(scratch, "patch");
    await scratch.commit("Say too little");
    const { version } = JSON.parse(scratch.read("package.json"));
    expectRefusal(await makeVersion(scratch), `make a patch release, ${version} to `, "minor: 1 ");
    scratch.edit(breaking);
    await scratch.commit("Break");
    say(scratch, "minor");
    await scratch.commit("Say too little still");
    expectRefusal(await makeVersion(scratch), `make a minor release, ${version} to `, "major: 1 ");
    expect(await scratch.git("status", "--porcelain")).toBe("");
  });

  test("says what of the changesets or the contract is damaged, and writes nothing", async () => {
    const scratch = await released();
    scratch.write(".changeset/other.md", frontMatter("minor", "other"));
    const damaged = await makeVersion(scratch);
    expect(damaged.stderr).toContain(
      "The changesets make no release:\nFound changeset other for package other",
    );
    expect(damaged.code).toBe(1);
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    say(scratch, "major", "other");
    const { code, stderr } = await makeVersion(scratch);
    expect(stderr).toContain("The contract does not compile");
    expect(code).toBe(2);
    expect((await scratch.git("status", "--porcelain")).split("\n")).toHaveLength(2);
  });

  test("makes the release that the changesets say, which needs no changeset itself", async () => {
    const scratch = await released();
    scratch.edit(addition);
    await scratch.commit("Add");
    expectPass(await writeNew(scratch, "--against", "published"), " is new, and says minor.");
    await scratch.commit("Say so");
    await scratch.git("branch", "--force", "main");
    const { code, stdout, stderr } = await scratch.script(["version"]);
    expect(stderr).toBe("");
    expect(stdout).toContain("All files have been updated");
    expect(code).toBe(0);
    const changed = await scratch.git("diff", "--name-only", "--diff-filter=M", "HEAD");
    expect(changed.split("\n")).toEqual([
      "CHANGELOG.md",
      "package-lock.json",
      "package.json",
      "published.binpb",
    ]);
    expect(changesets(scratch)).toEqual([]);
    const image = await buf(["build", "-o", "-#format=binpb"], { cwd: scratch.folder });
    expect(readFileSync(join(scratch.folder, "published.binpb")).equals(image.stdout)).toBe(true);

    await scratch.commit("Release");
    expectPass(
      await check(scratch),
      "no changeset is needed: nothing that reaches the package differs from main",
    );
    expectPass(await makeVersion(scratch));
    expect(await scratch.git("status", "--porcelain")).toBe("");
  });
});
