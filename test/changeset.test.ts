import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { buf } from "../scripts/lib/buf.js";
import {
  addSource,
  Branches,
  changeset,
  changesets,
  edits,
  expectPass,
  expectRefusal,
  tell,
} from "./support/changesets.js";
import { api } from "./support/contract-edits.js";
import type { Scratch } from "./support/scratch.js";

const branches = new Branches();
afterAll(() => branches.remove());

const check = (scratch: Scratch) => scratch.program("changeset-check");

describe.concurrent("changeset:check and the contract", () => {
  test.each([
    ["a break", "major", "minor"],
    ["an addition", "minor", "patch"],
    ["documentation", "patch", "none"],
  ] as const)("%s needs no less than a changeset that says %s", async (_, enough, tooLittle) => {
    const scratch = await branches.create();
    scratch.edit(edits[enough]);
    expectRefusal(await check(scratch), `${enough}: 1 `, "No changeset that is new since main at");
    tell(scratch, tooLittle);
    expectRefusal(
      await check(scratch),
      `${enough}: 1 `,
      `.changeset/told.md says ${tooLittle}, which is less than ${enough}.`,
    );
    tell(scratch, enough);
    expectPass(
      await check(scratch),
      `${enough}: 1 `,
      `.changeset/told.md says ${enough}; compared with main at`,
    );
  });
});

/** Writes a file with something added to its end. */
const grow = (scratch: Scratch, path: string, text: string) => scratch.write(path, scratch.read(path) + text);

/** Sets fields of package.json. */
const setFields = (scratch: Scratch, fields: Record<string, unknown>) =>
  scratch.write("package.json", JSON.stringify({ ...JSON.parse(scratch.read("package.json")), ...fields }));

describe.concurrent("changeset:check and the rest of the package", () => {
  test("what is in it needs a patch", async () => {
    const scratch = await branches.create();
    grow(scratch, "src/redact.ts", "// More.\n");
    addSource(scratch);
    grow(scratch, "LICENSE", "\n");
    setFields(scratch, { sideEffects: true, bin: "./dist/bin.js", scripts: { postinstall: "true" } });
    expectRefusal(
      await check(scratch),
      "patch: LICENSE, src/more.ts, src/redact.ts, package.json (sideEffects, bin, scripts.postinstall)\n",
    );
    await scratch.restore();
    grow(scratch, "gen/es/registry.ts", "// More.\n");
    grow(scratch, api("chat"), "\n");
    await scratch.commit("Change");
    expectRefusal(await check(scratch), `patch: gen/es/registry.ts, ${api("chat")}\n`);
    tell(scratch, "patch");
    expectPass(await check(scratch), ".changeset/told.md says patch");
  });

  test("what is not in it needs nothing", async () => {
    const scratch = await branches.create();
    for (const path of ["README.md", "CHANGELOG.md", "third_party/README.md", "test/changeset.test.ts"]) {
      grow(scratch, path, "More.\n");
    }
    scratch.write("third_party/opentelemetry/README.md", "More.\n");
    grow(scratch, "scripts/check.ts", "// More.\n");
    grow(scratch, ".github/workflows/release.yml", "# More.\n");
    setFields(scratch, { devDependencies: {}, scripts: { build: "true" } });
    scratch.write("dist/esm/new.js", "ignored");
    expectPass(
      await check(scratch),
      "no changeset is needed: nothing that reaches the package differs from main at",
    );
  });

  test("how it is made needs a word, which may be that nothing comes of it", async () => {
    const scratch = await branches.create();
    const recipe = [
      "scripts/lib/package.ts",
      "scripts/lib/pure.ts",
      "src/tsconfig.json",
      "tsconfig.build.json",
    ];
    recipe.forEach((path) => void grow(scratch, path, "// More.\n"));
    expectRefusal(
      await check(scratch),
      `how the package is made: ${recipe.join(", ")}\n`,
      'set its bump to "none" if the package stays as it was',
    );
    tell(scratch, "none");
    expectPass(await check(scratch), ".changeset/told.md says none");
  });
});

test.concurrent("a break that buf.yaml lets in is a break to those who use the package", async () => {
  const scratch = await branches.create();
  const rules = scratch.read("buf.yaml");
  scratch.write("buf.yaml", rules.replace(/^breaking:\n/m, "breaking:\n  ignore: [proto/agynio]\n"));
  await scratch.commit("Except all");
  await scratch.git("branch", "--force", "main");
  scratch.edit(edits.major);
  expect(await scratch.breaking()).toMatchObject({ code: 0 });
  tell(scratch, "minor");
  expectRefusal(
    await check(scratch),
    "major: 1 ",
    ".changeset/told.md says minor, which is less than major.",
  );
});

test.concurrent("the contract of the last release is for a release to change", async () => {
  const scratch = await branches.create();
  const { code } = await buf(["build", "-o", "published.binpb"], { cwd: scratch.folder });
  expect(code).toBe(0);
  const refused = await check(scratch);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toMatch(
    /^published\.binpb is the contract of the last release, and nothing but a release changes it\.\n {2}Run: git checkout [0-9a-f]{40} -- published\.binpb\n$/,
  );
  await scratch.commit("Publish by hand");
  expect((await check(scratch)).stderr).toBe(refused.stderr);
});

test.concurrent("a changeset that names another package stops no release", async () => {
  const scratch = await branches.create();
  scratch.edit(edits.minor);
  tell(scratch, "minor");
  scratch.write(".changeset/odd.md", '---\n"@agynio/apii": minor\n---\n\nOdd.\n');
  expectRefusal(
    await check(scratch),
    ".changeset/odd.md names @agynio/apii, which is no package here",
    "  Call it @agynio/api there.",
    "npm run changeset:new",
  );
});

test.concurrent("a changeset that main has already does not count, one that the branch edits does", async () => {
  const scratch = await branches.create();
  tell(scratch, "major", "former");
  await scratch.commit("Told");
  await scratch.git("branch", "--force", "main");
  addSource(scratch);
  expectRefusal(await check(scratch), "No changeset that is new since main at");
  grow(scratch, ".changeset/former.md", "And more.\n");
  expectPass(await check(scratch), ".changeset/former.md says major");
});

describe.concurrent("changeset:new", () => {
  test("writes what the check asks for, once", async () => {
    const scratch = await branches.create();
    const before = changesets(scratch);
    scratch.edit(edits.minor);
    addSource(scratch);
    const { code, stdout, stderr } = await scratch.script(["changeset:new"]);
    expect(stderr).toBe("");
    const [id] = changesets(scratch).filter((name) => !before.includes(name));
    expect(stdout).toContain(`.changeset/${id} is new, and says minor.\n  Edit its text`);
    expect(code).toBe(0);
    const text = scratch.read(`.changeset/${id}`);
    expect(text).toMatch(/^---\n"@agynio\/api": minor\n---\n\n1 message\n.*`Draft`/s);
    expect(text).toContain("`src/more.ts`");
    expectPass(await scratch.script(["changeset:check"]), `.changeset/${id} says minor`);
    expectPass(
      await scratch.program("changeset-new"),
      `Nothing is written, as .changeset/${id} says minor already.`,
    );
    expect(changesets(scratch)).toHaveLength(before.length + 1);
  });

  test("raises the bump of the one that says too little, and leaves its text", async () => {
    const scratch = await branches.create();
    const before = changesets(scratch);
    scratch.edit(edits.minor);
    tell(scratch, "none", "a");
    const written = "---\r\n'@agynio/api':   \"patch\" # small\r\n---\r\n\r\n@agynio/api: patch\r\n";
    scratch.write(".changeset/b.md", written);
    expectPass(
      await scratch.program("changeset-new"),
      ".changeset/b.md said patch, and now says minor",
      "Draft",
    );
    expect(scratch.read(".changeset/b.md")).toBe(written.replace("patch", "minor"));
    expect(scratch.read(".changeset/a.md")).toBe(changeset("none"));
    expect(changesets(scratch)).toEqual([...before, "a.md", "b.md"].sort());
    expectPass(await check(scratch), ".changeset/b.md says minor");
  });
});

describe.concurrent("the version script", () => {
  /** A branch whose contract is the published one, with an addition that no changeset tells of. */
  async function withAddition(): Promise<Scratch> {
    const scratch = await branches.create();
    await scratch.git("rm", "--quiet", "--ignore-unmatch", ".changeset/*.md");
    expect(await buf(["build", "-o", "published.binpb"], { cwd: scratch.folder })).toMatchObject({ code: 0 });
    scratch.edit(edits.minor);
    await scratch.commit("Add");
    return scratch;
  }

  test("refuses to release more than the changesets say, and writes nothing", async () => {
    const scratch = await withAddition();
    expectRefusal(
      await scratch.program("version"),
      "The changesets make no release",
      "the contract of the last release (published.binpb)",
      "minor: 1 ",
    );
    tell(scratch, "patch");
    await scratch.commit("Say too little");
    const { version } = JSON.parse(scratch.read("package.json"));
    expectRefusal(await scratch.program("version"), `make a patch release, ${version} to `, "minor: 1 ");
    expect(await scratch.git("status", "--porcelain")).toBe("");
  });

  test("makes the release that the changesets say, which needs no changeset itself", async () => {
    const scratch = await withAddition();
    expectPass(
      await scratch.program("changeset-new", ["--against", "published"]),
      " is new, and says minor.",
    );
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
    expectPass(await check(scratch), "no changeset is needed: nothing that reaches the package differs from");
    expectPass(await scratch.program("version"));
    expect(await scratch.git("status", "--porcelain")).toBe("");
  });
});
