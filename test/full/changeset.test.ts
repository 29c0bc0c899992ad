import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  addSource,
  Branches,
  changeset,
  edits,
  expectPass,
  expectRefusal,
  tell,
} from "../support/changesets.js";
import { api, replace } from "../support/contract-edits.js";
import { Scratch } from "../support/scratch.js";

const branches = new Branches();
afterAll(() => branches.remove());
const keep = (scratch: Scratch) => branches.keep(scratch);

/** A repository on main, whose last commit has nothing to tell. */
async function repository(): Promise<Scratch> {
  const scratch = keep(await Scratch.whole());
  await scratch.git("commit", "--quiet", "--allow-empty", "--message=Something else");
  return scratch;
}

/** Expects that the check refuses what is there now, and passes once a changeset tells of it. */
async function expectToBeTold(scratch: Scratch, base: string, env: NodeJS.ProcessEnv = {}): Promise<void> {
  expectRefusal(await scratch.program("changeset-check", [], env), `No changeset that is new since ${base}`);
  tell(scratch, "patch", "now");
  expectPass(
    await scratch.program("changeset-check", [], env),
    ".changeset/now.md says patch; compared with ",
  );
}

const expectNothingToTell = async (scratch: Scratch, text: string) =>
  expectPass(await scratch.program("changeset-check"), "no changeset is needed", text);

describe.concurrent("a branch", () => {
  test("that is behind main need not tell of what main has", async () => {
    const scratch = await repository();
    await scratch.git("branch", "topic");
    addSource(scratch, "newer");
    tell(scratch, "patch");
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    await scratch.git("commit", "--quiet", "--allow-empty", "--message=Documentation");
    await expectNothingToTell(scratch, "(merge base)");
    addSource(scratch);
    await expectToBeTold(scratch, "main at ");
  });

  test("that has merged main tells of its own changes only", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    addSource(scratch);
    await scratch.commit("Own");
    await scratch.git("switch", "--quiet", "main");
    addSource(scratch, "newer");
    tell(scratch, "patch");
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    await scratch.git("merge", "--quiet", "--no-edit", "main");
    await expectToBeTold(scratch, "main at ");
  });

  test("that is new is compared with HEAD, once it has something uncommitted", async () => {
    const scratch = await repository();
    addSource(scratch);
    tell(scratch, "patch");
    await scratch.commit("Told");
    await scratch.git("switch", "--quiet", "--create", "topic");
    addSource(scratch, "other");
    await expectToBeTold(scratch, "main at ");
  });

  test("of which a changeset is deleted again has told nothing", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    addSource(scratch);
    tell(scratch, "patch");
    await scratch.commit("Told");
    await scratch.git("rm", "--quiet", ".changeset/told.md");
    await expectToBeTold(scratch, "main at ");
  });
});

describe.concurrent("main itself", () => {
  test("is compared with the commit before, and what that one tells does not count", async () => {
    const scratch = await repository();
    addSource(scratch, "earlier");
    tell(scratch, "patch");
    await scratch.commit("Told");
    addSource(scratch);
    await scratch.commit("Not told");
    await expectToBeTold(scratch, "HEAD^ at ");
  });

  test("passes with a merged pull request that has told", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    addSource(scratch);
    await scratch.commit("Own");
    tell(scratch, "patch");
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
  addSource(origin);
  await origin.commit("Change");
  await origin.git("switch", "--quiet", "main");
  addSource(origin, "newer");
  tell(origin, "patch");
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

describe.concurrent("the changesets", () => {
  test("count where the branch has written them, if in words that main has already", async () => {
    const scratch = await repository();
    tell(scratch, "major", "former");
    await scratch.commit("Told");
    await scratch.git("switch", "--quiet", "--create", "topic");
    addSource(scratch);
    scratch.write(".changeset/former.md", scratch.read(".changeset/former.md").replaceAll("\n", "\r\n"));
    expectRefusal(await scratch.program("changeset-check"), "No changeset that is new since main at");
    tell(scratch, "major", "own");
    expectPass(await scratch.program("changeset-check"), ".changeset/own.md says major");
    await scratch.commit("Told as well");
    expectPass(await scratch.program("changeset-check"), ".changeset/own.md says major");
  });

  test("have to name the package", async () => {
    const scratch = await branches.create();
    addSource(scratch);
    scratch.write(".changeset/empty.md", "---\n---\n\nNothing.\n");
    scratch.write(".changeset/other.md", changeset("major", "connect-v1"));
    expectRefusal(
      await scratch.program("changeset-check"),
      ".changeset/empty.md does not name @agynio/api.\n.changeset/other.md does not name @agynio/api.\nNo changeset",
    );
    tell(scratch, "minor");
    expectPass(await scratch.program("changeset-check"), ".changeset/told.md says minor");
  });

  test.each(["changeset-check", "changeset-new", "version"])(
    "that are damaged are named by %s",
    async (script) => {
      const scratch = await branches.create();
      for (const text of ["", "Told.", changeset("huge"), "---\n: [\n---\n"]) {
        scratch.write(".changeset/damaged.md", text);
        expectRefusal(await scratch.program(script), ".changeset/damaged.md: could not parse changeset");
      }
    },
  );

  test("that cannot be edited safely are left alone", async () => {
    const scratch = await branches.create();
    scratch.edit(edits.minor);
    const written = '---\n{ "@agynio/api": patch }\n---\n\nTold.\n';
    scratch.write(".changeset/odd.md", written);
    const { code, stderr } = await scratch.program("changeset-new");
    expect(stderr).toContain(
      '.changeset/odd.md: its bump could not be set.\n  Set it there to: "@agynio/api": minor',
    );
    expect(code).toBe(1);
    expect(scratch.read(".changeset/odd.md")).toBe(written);
  });
});

describe.concurrent("the version script", () => {
  test("says what it cannot release, and writes nothing", async () => {
    const scratch = await branches.create();
    scratch.write(".changeset/other.md", changeset("minor", "other"));
    await scratch.commit("A package that is not there");
    const unknown = await scratch.program("version");
    expect(unknown.stderr).toContain("other for package other which is not in the workspace");
    expect(unknown.code).toBe(1);
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    tell(scratch, "major", "other");
    await scratch.commit("A contract that does not compile");
    const damaged = await scratch.program("version");
    expect(damaged.stderr).toContain("The contract does not compile");
    expect(damaged.code).toBe(2);
    expect(await scratch.git("status", "--porcelain")).toBe("");
  });

  test("takes the greatest bump of all changesets", async () => {
    const scratch = await branches.create();
    scratch.edit(edits.major);
    tell(scratch, "patch", "a");
    tell(scratch, "minor", "b");
    await scratch.commit("Say too little");
    expectRefusal(await scratch.program("version"), "The changesets make a minor release", "major: ");
    tell(scratch, "major", "c");
    await scratch.commit("Say enough");
    expectPass(await scratch.program("version"), "All files have been updated");
  });
});
