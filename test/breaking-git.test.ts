import { mkdtempSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { addTo, api, type Files, gateway, remove, replace } from "./support/contract-edits.js";
import { type Outcome, Scratch } from "./support/scratch.js";

const made: Scratch[] = [];
afterAll(() => made.forEach((scratch) => void scratch.remove()));

function keep(scratch: Scratch): Scratch {
  made.push(scratch);
  return scratch;
}

/** A repository on main with the contract, and a second commit that leaves it alone. */
async function repository(): Promise<Scratch> {
  const scratch = keep(await Scratch.repository());
  await scratch.commit("Something else");
  return scratch;
}

const harmless = (files: Files) => addTo(files, api("chat"), "message Draft {\n  string body = 1;\n}");
const breaking = (files: Files) =>
  replace(files, api("threads"), "  string body = 4;\n", "", "message Message {");

/** Something on main that a branch that is behind seems to delete. */
const newer = (files: Files) => addTo(files, api("users"), "message Team {\n  string id = 1;\n}");

const short = async (scratch: Scratch, revision: string) =>
  (await scratch.git("rev-parse", revision)).slice(0, 7);

function expectPass({ code, stdout, stderr }: Outcome, comparedWith: string): void {
  expect(stderr).toBe("");
  expect(stdout).toContain(`compared with ${comparedWith}`);
  expect(code).toBe(0);
}

function expectBreak({ code, stdout, stderr }: Outcome, comparedWith: string): void {
  expect(stderr).toBe("");
  expect(stdout).toContain("proto/agynio/api/threads/v1/threads.proto");
  expect(stdout).toContain(`1 breaking change; compared with ${comparedWith}`);
  expect(code).toBe(1);
}

function expectRefusal({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  for (const text of texts) {
    expect(stderr).toContain(text);
  }
  expect(stderr).toMatch(/^ {2}\S.*: (npm|git) /m);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe("");
  expect(code).toBe(2);
}

describe.concurrent("branches", () => {
  test("behind main, it does not delete what main has added", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    await scratch.git("switch", "--quiet", "main");
    scratch.edit(newer);
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    expectPass(await scratch.breaking(), "HEAD^ at");
    expect((await scratch.breaking()).stdout).toMatch(/, 34 files, none of them changed\n$/);
    expectPass(
      await scratch.breaking(["--against", "main"]),
      `main at ${await short(scratch, "topic")} (HEAD itself`,
    );
    scratch.edit(harmless);
    expectPass(await scratch.breaking(), `main at ${await short(scratch, "topic")} (merge base)`);
  });

  test("ahead of main, it is judged by all its commits", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    scratch.edit(breaking);
    await scratch.commit("Break");
    scratch.edit(harmless);
    await scratch.commit("More");
    expectBreak(await scratch.breaking(), `main at ${await short(scratch, "main")} (merge base)`);
  });

  test("diverged from main, it is judged by its own changes", async () => {
    const scratch = await repository();
    const base = await short(scratch, "HEAD");
    await scratch.git("switch", "--quiet", "--create", "topic");
    scratch.edit(harmless);
    await scratch.commit("Harmless");
    await scratch.git("switch", "--quiet", "main");
    scratch.edit(newer);
    await scratch.commit("Newer");
    await scratch.git("switch", "--quiet", "topic");
    expectPass(await scratch.breaking(), `main at ${base} (merge base)`);
    expectPass(await scratch.breaking(["--against", "main"]), `main at ${base} (merge base)`);
    scratch.edit(breaking);
    expectBreak(await scratch.breaking(), `main at ${base} (merge base)`);
  });

  test("with no history in common, it is compared with main as it is", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--orphan", "topic");
    await scratch.git("checkout", "main", "--", ".");
    scratch.edit(breaking);
    await scratch.commit("Another start");
    expectBreak(await scratch.breaking(), `main at ${await short(scratch, "main")} (no common history)`);
  });

  test("on a detached head", async () => {
    const scratch = await repository();
    scratch.edit(breaking);
    await scratch.git("switch", "--quiet", "--detach");
    await scratch.commit("Break");
    expectBreak(await scratch.breaking(), `main at ${await short(scratch, "main")} (merge base)`);
  });

  test("with a base 200 commits back", async () => {
    const scratch = await repository();
    const base = await short(scratch, "HEAD");
    await scratch.git("switch", "--quiet", "--create", "topic");
    scratch.edit(breaking);
    await scratch.commit("Break");
    for (let count = 0; count < 200; count++) {
      await scratch.git("commit", "--quiet", "--allow-empty", "--message=More");
    }
    expectBreak(await scratch.breaking(), `main at ${base} (merge base)`);
    expectBreak(await scratch.breaking(["--against", "HEAD~201"]), `HEAD~201 at ${base}`);
  });

  test("in a worktree", async () => {
    const scratch = await repository();
    const folder = mkdtempSync(join(tmpdir(), "agynio-api-scratch-"));
    await scratch.git("worktree", "add", "--quiet", "-b", "topic", folder);
    const worktree = keep(Scratch.equip(folder));
    worktree.edit(breaking);
    expectBreak(await worktree.breaking(), `main at ${await short(scratch, "main")} (merge base)`);
  });
});

describe.concurrent("main itself", () => {
  test("with nothing uncommitted, it is compared with the commit before, and says so", async () => {
    const scratch = await repository();
    scratch.edit(breaking);
    const commit = await scratch.commit("Break");
    const said = `HEAD^ at ${await short(scratch, `${commit}^`)} (the commit before, as HEAD is on main and the contract has no uncommitted changes), 34 files, 1 of them changed`;
    expectBreak(await scratch.breaking(), said);
  });

  test("with a dirty tree, staged or not, it is compared with HEAD", async () => {
    const scratch = await repository();
    const said = `main at ${await short(scratch, "HEAD")} (merge base)`;
    scratch.edit(breaking);
    expectBreak(await scratch.breaking(), said);
    await scratch.git("add", "proto");
    const index = await scratch.git("status", "--porcelain=v2", "--untracked-files=no");
    expectBreak(await scratch.breaking(), said);
    expect(await scratch.git("status", "--porcelain=v2", "--untracked-files=no")).toBe(index);
  });

  test("with an untracked .proto file, it is compared with HEAD", async () => {
    const scratch = await repository();
    scratch.edit((files) =>
      files.set(
        api("billing"),
        'syntax = "proto3";\n\npackage agynio.api.billing.v1;\n\nmessage Invoice {}\n',
      ),
    );
    expectPass(await scratch.breaking(), `main at ${await short(scratch, "HEAD")} (merge base)`);
    await scratch.git("switch", "--quiet", "--create", "topic");
    scratch.edit(breaking);
    expectBreak(await scratch.breaking(), `main at ${await short(scratch, "main")} (merge base)`);
  });

  test("a merged pull request is compared with main before it", async () => {
    const scratch = await repository();
    await scratch.git("switch", "--quiet", "--create", "topic");
    scratch.edit(breaking);
    await scratch.commit("Break");
    await scratch.git("switch", "--quiet", "main");
    scratch.edit(newer);
    const before = await scratch.commit("Newer");
    await scratch.git("merge", "--quiet", "--no-edit", "topic");
    expectBreak(await scratch.breaking(), `HEAD^ at ${before.slice(0, 7)} (the commit before`);
  });
});

describe.concurrent("remotes", () => {
  test("origin/main goes before a main that is behind", async () => {
    const clone = keep(await (await repository()).clone());
    await clone.git("switch", "--quiet", "--create", "topic");
    await clone.git("branch", "--quiet", "--force", "main", "HEAD^");
    clone.edit(breaking);
    expectBreak(await clone.breaking(), `origin/main at ${await short(clone, "origin/main")} (merge base)`);
  });

  test("no local main: origin/main will do", async () => {
    const clone = keep(await (await repository()).clone());
    await clone.git("switch", "--quiet", "--create", "topic");
    await clone.git("branch", "--quiet", "--delete", "main");
    clone.edit(breaking);
    expectBreak(await clone.breaking(), `origin/main at ${await short(clone, "origin/main")} (merge base)`);
    expectBreak(await clone.breaking(["--against", "origin/main"]), "origin/main at");
  });

  test("no origin: main will do", async () => {
    const clone = keep(await (await repository()).clone());
    await clone.git("remote", "remove", "origin");
    clone.edit(breaking);
    expectBreak(await clone.breaking(), `main at ${await short(clone, "main")} (merge base)`);
  });

  test("neither main nor origin/main: says how to get one", async () => {
    const scratch = await repository();
    await scratch.git("branch", "--move", "trunk");
    expectRefusal(
      await scratch.breaking(),
      "There is no origin/main or main to compare with",
      "git fetch origin",
    );
    scratch.edit(breaking);
    expectBreak(await scratch.breaking(["--against", "trunk"]), "trunk at");
  });

  test("a clone of another branch only fetches main", async () => {
    const origin = await repository();
    await origin.git("branch", "topic");
    const clone = keep(await origin.clone("--branch=topic", "--single-branch"));
    clone.edit(breaking);
    expectBreak(await clone.breaking(), `origin/main at ${await short(origin, "main")} (merge base)`);
  });
});

describe.concurrent("shallow clones", () => {
  test("of main, with a remote: fetches the commit before", async () => {
    const origin = await repository();
    origin.edit(breaking);
    await origin.commit("Break");
    const clone = keep(await origin.clone("--depth=1"));
    expectBreak(await clone.breaking(), `HEAD^ at ${await short(origin, "HEAD^")} (the commit before`);
  });

  test("of a branch, with a remote: fetches the merge base, however far back", async () => {
    const origin = await repository();
    const base = await short(origin, "HEAD");
    await origin.git("switch", "--quiet", "--create", "topic");
    origin.edit(breaking);
    await origin.commit("Break");
    for (let count = 0; count < 60; count++) {
      await origin.git("commit", "--quiet", "--allow-empty", "--message=More");
    }
    await origin.git("switch", "--quiet", "main");
    origin.edit(newer);
    await origin.commit("Newer");
    const clone = keep(await origin.clone("--depth=1", "--branch=topic", "--single-branch"));
    expectBreak(await clone.breaking(), `origin/main at ${base} (merge base)`);
  });

  test("with a commit of its own: fetches what is before the clone's end", async () => {
    const origin = await repository();
    await origin.git("branch", "topic");
    origin.edit(newer);
    await origin.commit("Newer");
    const clone = keep(await origin.clone("--depth=1", "--branch=topic", "--no-single-branch"));
    clone.edit(breaking);
    await clone.commit("Break");
    expectBreak(await clone.breaking(), `origin/main at ${await short(origin, "topic")} (merge base)`);
  });

  test("with a revision that is further back: fetches it", async () => {
    const origin = await repository();
    const first = await origin.git("rev-parse", "HEAD~1");
    await origin.git("tag", "v1", first);
    origin.edit(breaking);
    await origin.commit("Break");
    const clone = keep(await origin.clone("--depth=1"));
    expectBreak(await clone.breaking(["--against", first]), `${first} at ${first.slice(0, 7)}`);
    expectBreak(await clone.breaking(["--against", "HEAD~2"]), `HEAD~2 at ${first.slice(0, 7)}`);
    const other = keep(await origin.clone("--depth=1", "--no-tags"));
    expectBreak(await other.breaking(["--against", "v1"]), `v1 at ${first.slice(0, 7)}`);
  });

  test("without a remote: says which command to run", async () => {
    const clone = keep(await (await repository()).clone("--depth=1"));
    await clone.git("remote", "remove", "origin");
    expectRefusal(await clone.breaking(), "shallow", "git fetch --unshallow origin");
    clone.edit(breaking);
    expectBreak(await clone.breaking(), "main at");
  });

  test("with a remote that is gone: says which command to run", async () => {
    const clone = keep(await (await repository()).clone("--depth=1"));
    await clone.git("remote", "set-url", "origin", `file://${clone.folder}/gone`);
    expectRefusal(
      await clone.breaking(),
      "shallow",
      "origin could not be fetched",
      "git fetch --unshallow origin",
    );
  });
});

describe.concurrent("GitHub Actions", () => {
  /** A pull request whose branch is behind main, with the merge commit that GitHub makes for it. */
  async function pullRequest(change: (files: Files) => void): Promise<{ origin: Scratch; merge: string }> {
    const origin = await repository();
    await origin.git("switch", "--quiet", "--create", "topic");
    origin.edit(change);
    await origin.commit("Change");
    await origin.git("switch", "--quiet", "main");
    origin.edit(newer);
    await origin.commit("Newer");
    await origin.git("switch", "--quiet", "--detach");
    await origin.git("merge", "--quiet", "--no-edit", "topic");
    const merge = await origin.git("rev-parse", "HEAD");
    await origin.git("update-ref", "refs/pull/1/merge", merge);
    await origin.git("switch", "--quiet", "main");
    return { origin, merge };
  }

  /** What actions/checkout does. */
  async function checkout(origin: Scratch, merge: string, ...depth: string[]): Promise<Scratch> {
    const job = keep(Scratch.empty());
    await job.git("init", "--quiet", "--initial-branch=main");
    await job.git("remote", "add", "origin", `file://${origin.folder}`);
    const refspecs = depth.length > 0 ? [] : ["+refs/heads/*:refs/remotes/origin/*"];
    await job.git("fetch", "--quiet", ...depth, "origin", ...refspecs, `+${merge}:refs/remotes/pull/1/merge`);
    await job.git("checkout", "--quiet", "--force", "refs/remotes/pull/1/merge");
    return job;
  }

  const env = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main" };

  test.each([["--depth=1"], []])("the merge commit of a pull request, fetched with %s", async (...depth) => {
    const { origin, merge } = await pullRequest(breaking);
    const base = `origin/main at ${await short(origin, "main")} (merge base)`;
    expectBreak(await (await checkout(origin, merge, ...depth)).breaking([], env), base);
    // Main has moved on since GitHub made the merge commit.
    origin.edit((files) => addTo(files, gateway("users"), "// More."));
    await origin.commit("Newest");
    expectBreak(await (await checkout(origin, merge, ...depth)).breaking([], env), base);
  });

  test("a harmless pull request that is behind passes", async () => {
    const { origin, merge } = await pullRequest(harmless);
    expectPass(await (await checkout(origin, merge, "--depth=1")).breaking([], env), "origin/main at");
  });

  test("a pull request's base that is not main", async () => {
    const { origin, merge } = await pullRequest(breaking);
    await origin.git("branch", "release/1", "topic");
    const job = await checkout(origin, merge, "--depth=1");
    expectPass(
      await job.breaking([], { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "release/1" }),
      `origin/release/1 at ${await short(origin, "topic")} (merge base)`,
    );
  });
});

describe.concurrent("the contract of the last release", () => {
  test("needs no git", async () => {
    const scratch = keep(await Scratch.repository());
    scratch.edit(breaking);
    expectBreak(
      await scratch.breaking(["--against", "published"], await withoutGit()),
      "the contract of the last release (published.binpb)",
    );
  });

  test("cannot be compared with when it is damaged, empty or gone", async () => {
    const scratch = keep(await Scratch.repository());
    const compared = () => scratch.breaking(["--against", "published"]);
    const mend = "Run: git checkout HEAD -- published.binpb";
    truncateSync(join(scratch.folder, "published.binpb"), 5000);
    expectRefusal(await compared(), "published.binpb is damaged", mend);
    truncateSync(join(scratch.folder, "published.binpb"), 0);
    expectRefusal(await compared(), "published.binpb, the contract of the last release, is empty", mend);
    rmSync(join(scratch.folder, "published.binpb"));
    expectRefusal(await compared(), "published.binpb, the contract of the last release, is not here", mend);
  });
});

describe.concurrent("no ancestor", () => {
  test("the first commit passes and says so", async () => {
    const scratch = keep(await Scratch.repository());
    const { code, stdout } = await scratch.breaking();
    expect(stdout).toContain("no earlier contract to compare with: HEAD at ");
    expect(code).toBe(0);
  });

  test("nothing committed passes and says so", async () => {
    const scratch = keep(await Scratch.repository());
    await scratch.git("update-ref", "-d", "HEAD");
    const { code, stdout } = await scratch.breaking();
    expect(stdout).toContain("no earlier contract to compare with: nothing is committed yet");
    expect(code).toBe(0);
  });

  test("the first .proto files pass and say so", async () => {
    const scratch = keep(await Scratch.repository());
    await scratch.git("switch", "--quiet", "--orphan", "fresh");
    await scratch.git("commit", "--quiet", "--allow-empty", "--message=Nothing yet");
    await scratch.git("branch", "--force", "main");
    await scratch.git("checkout", "--quiet", "main@{1}", "--", ".");
    await scratch.commit("The contract");
    const { code, stdout } = await scratch.breaking();
    expect(stdout).toContain("has a .proto file");
    expect(code).toBe(0);
  });
});

describe.concurrent("what cannot be compared", () => {
  test("not a git repository", async () => {
    const scratch = keep(await Scratch.repository());
    scratch.removeGit();
    expectRefusal(await scratch.breaking(), "is not in a git repository", "--against published");
  });

  test("no git", async () => {
    const scratch = await repository();
    expectRefusal(await scratch.breaking([], await withoutGit()), "git is not installed");
  });

  test("no such revision", async () => {
    const scratch = await repository();
    for (const name of ["no-such-branch", "-x", "HEAD:proto", "HEAD~99"]) {
      expectRefusal(
        await scratch.breaking([`--against=${name}`]),
        `no revision called "${name}"`,
        "git fetch",
      );
    }
  });

  test("no .proto file at the base", async () => {
    const scratch = await repository();
    scratch.edit((files) =>
      [...files.keys()].filter((path) => path !== "buf.yaml").map((path) => remove(files, path)),
    );
    await scratch.commit("Nothing");
    await scratch.git("checkout", "--quiet", "HEAD^", "--", ".");
    expectRefusal(await scratch.breaking(["--against", "HEAD"]), "no .proto file at HEAD at");
    expectRefusal(await scratch.breaking(), "no .proto file at main at", "--against");
  });

  test("a base that does not compile", async () => {
    const scratch = await repository();
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    await scratch.commit("Damage");
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {{", "message FileInfo {"));
    expectRefusal(
      await scratch.breaking(),
      "does not compile",
      "proto/agynio/api/files/v1/files.proto:",
      "--against",
    );
  });

  test("a contract that does not compile", async () => {
    const scratch = await repository();
    scratch.edit((files) => replace(files, api("files"), "message FileInfo {", "message FileInfo {{"));
    expectRefusal(
      await scratch.breaking(),
      "The contract does not compile",
      "proto/agynio/api/files/v1/files.proto:",
    );
  });

  test("an unknown option", async () => {
    const { code, stderr } = await (await repository()).breaking(["--aginst", "main"]);
    expect(stderr).toContain("--against");
    expect(code).toBe(2);
  });
});

/** A PATH that has Node.js and no git. */
async function withoutGit(): Promise<NodeJS.ProcessEnv> {
  const folder = keep(Scratch.empty()).folder;
  symlinkSync(process.execPath, join(folder, "node"));
  return { PATH: folder };
}
