import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { api, replace } from "../support/contract-edits.js";
import { Scratch } from "../support/scratch.js";

const made: Scratch[] = [];
afterAll(() => made.forEach((scratch) => void scratch.remove()));

function keep(scratch: Scratch): Scratch {
  made.push(scratch);
  return scratch;
}

/** A repository on main, whose last commit has nothing to tell. */
async function repository(): Promise<Scratch> {
  const scratch = keep(await Scratch.whole());
  await scratch.git("commit", "--quiet", "--allow-empty", "--message=Something else");
  return scratch;
}

const change = (scratch: Scratch, name = "more") =>
  scratch.write(`src/${name}.ts`, `export const ${name} = 1;\n`);
const tell = (scratch: Scratch, id = "told") =>
  scratch.write(`.changeset/${id}.md`, '---\n"@agynio/api": patch\n---\n\nIt is told here.\n');

/** Expects that the check refuses what is there now, and passes once a changeset tells of it. */
async function expectToBeTold(scratch: Scratch, base: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const refused = await scratch.program("changeset-check", [], env);
  expect(refused.stderr).toContain(`No changeset that is new since ${base}`);
  expect(refused.code).toBe(1);
  tell(scratch, "now");
  const passed = await scratch.program("changeset-check", [], env);
  expect(passed.stdout).toContain(".changeset/now.md says patch; compared with ");
  expect(passed.code).toBe(0);
}

async function expectNothingToTell(scratch: Scratch, ...texts: string[]): Promise<void> {
  const { code, stdout, stderr } = await scratch.program("changeset-check");
  expect(stderr).toBe("");
  for (const text of ["no changeset is needed", ...texts]) {
    expect(stdout).toContain(text);
  }
  expect(code).toBe(0);
}

describe.concurrent("a branch", () => {
  test("that is behind main need not tell of what main has", async () => {
    const scratch = await repository();
    await scratch.git("branch", "topic");
    change(scratch, "newer");
    tell(scratch);
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    await scratch.git("commit", "--quiet", "--allow-empty", "--message=Documentation");
    await expectNothingToTell(scratch, "(merge base)");
    change(scratch);
    await expectToBeTold(scratch, "main at ");
  });

  test("that has merged main tells of its own changes only", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    change(scratch);
    await scratch.commit("Own");
    await scratch.git("switch", "--quiet", "main");
    change(scratch, "newer");
    tell(scratch);
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    await scratch.git("merge", "--quiet", "--no-edit", "main");
    await expectToBeTold(scratch, "main at ");
  });

  test("that is new is compared with HEAD, once it has something uncommitted", async () => {
    const scratch = await repository();
    change(scratch);
    tell(scratch);
    await scratch.commit("Told");
    await scratch.git("switch", "--quiet", "--create", "topic");
    change(scratch, "other");
    await expectToBeTold(scratch, "main at ");
  });

  test("of which a changeset is deleted again has told nothing", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    change(scratch);
    tell(scratch);
    await scratch.commit("Told");
    await scratch.git("rm", "--quiet", ".changeset/told.md");
    await expectToBeTold(scratch, "main at ");
  });
});

describe.concurrent("main itself", () => {
  test("is compared with the commit before, and what that one tells does not count", async () => {
    const scratch = await repository();
    change(scratch, "earlier");
    tell(scratch);
    await scratch.commit("Told");
    change(scratch);
    await scratch.commit("Not told");
    await expectToBeTold(scratch, "HEAD^ at ");
  });

  test("passes with a merged pull request that has told", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    change(scratch);
    await scratch.commit("Own");
    tell(scratch);
    await scratch.commit("Told");
    await scratch.git("switch", "--quiet", "main");
    await scratch.git("merge", "--quiet", "--no-ff", "--no-edit", "topic");
    const { code, stdout } = await scratch.program("changeset-check");
    expect(stdout).toContain(".changeset/told.md says patch; compared with HEAD^ at ");
    expect(code).toBe(0);
  });

  test("with its first commit has nothing to tell", async () => {
    const scratch = keep(await Scratch.whole());
    await expectNothingToTell(scratch, "no earlier contract to compare with: HEAD at ");
    await scratch.git("update-ref", "-d", "HEAD");
    await expectNothingToTell(scratch, "nothing is committed yet");
    const { stdout, code } = await scratch.program("changeset-new");
    expect(stdout).toContain("Nothing is written, as no changeset is needed: nothing is committed yet.");
    expect(code).toBe(0);
  });
});

test.each([["--depth=1"], []])("the merge commit of a pull request, fetched with %s", async (...depth) => {
  const origin = await repository();
  await origin.git("switch", "--quiet", "--create", "topic");
  change(origin);
  await origin.commit("Change");
  await origin.git("switch", "--quiet", "main");
  change(origin, "newer");
  tell(origin);
  await origin.commit("Newer");
  await origin.git("switch", "--quiet", "--detach");
  await origin.git("merge", "--quiet", "--no-edit", "topic");
  const merge = await origin.git("rev-parse", "HEAD");
  await origin.git("update-ref", "refs/pull/1/merge", merge);
  await origin.git("switch", "--quiet", "main");

  const job = keep(await origin.clone("--no-checkout", ...depth));
  await job.git("fetch", "--quiet", ...depth, "origin", "refs/pull/1/merge");
  await job.git("checkout", "--quiet", "--force", "FETCH_HEAD");
  const env = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main" };
  await expectToBeTold(job, "origin/main at ", env);
});

describe.concurrent("what cannot be compared", () => {
  test.each(["changeset-check", "changeset-new"])("%s says why, and exits with 2", async (script) => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    const expectCannot = async (text: string, env: NodeJS.ProcessEnv = {}) => {
      const { code, stdout, stderr } = await scratch.program(script, [], env);
      expect(stderr).toContain(text);
      expect(stderr).not.toMatch(/^ +at /m);
      expect(stdout).toBe("");
      expect(code).toBe(2);
    };
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    await expectCannot("The contract does not compile");
    await scratch.git("checkout", "--quiet", "--", ".");
    const bin = keep(Scratch.empty()).folder;
    symlinkSync(process.execPath, join(bin, "node"));
    await expectCannot("git is not installed", { PATH: bin });
    scratch.removeGit();
    await expectCannot("is not in a git repository");
  });
});
