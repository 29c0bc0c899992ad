import { cpSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import { findBase } from "../../scripts/lib/contract/base.ts";
import { NoHistoryError } from "../../scripts/lib/contract/git.ts";
import { loadBase, loadWorkingTree, publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { Repository, temporaryFolder } from "../support/repository.ts";

const file = "proto/a.proto";
const text = 'syntax = "proto3";\n\npackage a.v1;\n\nmessage A {\n  string id = 1;\n}\n';
const bufYaml = "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [FILE]\n";

const createFirstCommit = () =>
  Repository.create(new Map(Object.entries({ "buf.yaml": bufYaml, [file]: text })));

const template = createFirstCommit().then(async (repository) => {
  await repository.commit("Something else");
  return repository;
});

/** Makes a repository on main with a contract of one file, and a second commit that leaves it alone. */
async function createRepository(branch = "main"): Promise<Repository> {
  const repository = Repository.empty();
  const options = { recursive: true, filter: (path: string) => basename(path) !== "node_modules" };
  cpSync((await template).root, repository.root, options);
  if (branch !== "main") {
    await repository.git("switch", "--quiet", "--create", branch);
  }
  return repository;
}

/** Makes the contract differ from that of the last commit. */
const editContract = (repository: Repository) => repository.write({ [file]: `${text}// More.\n` });

/** Adds commits to the current branch. */
async function addCommits(repository: Repository, count: number): Promise<void> {
  const commit = "id=$(git commit-tree -m More -p $id HEAD^{tree})";
  const loop = `id=HEAD; for i in $(seq ${count}); do ${commit}; done; git update-ref HEAD $id`;
  await repository.git("-c", `alias.loop=!${loop}`, "loop");
}

const compareWith = "npm run breaking -- --against";
const mergeBase = "merge base";
const commitBefore = (main = "main") =>
  `the commit before, as HEAD is on ${main} and the contract has no uncommitted changes`;

interface Options {
  against?: string;
  env?: NodeJS.ProcessEnv;
  alsoCompared?: string[];
}

const find = (repository: Repository, { env, ...options }: Options = {}) =>
  findBase(repository.checkout(env), { ...options, compareWith });

/** Expects a base of this name, chosen for this reason; its commit is that of the name by default. */
async function expectBase(
  repository: Repository,
  name: string,
  reason: string,
  { commit = name, ...options }: Options & { commit?: string } = {},
): Promise<void> {
  const base = await find(repository, options);
  const id = await repository.git("rev-parse", `${commit}^{commit}`);
  const label = `${name} at ${id.slice(0, 7)}${reason && ` (${reason})`}`;
  expect(base).toMatchObject({ kind: "revision", label, commit: id });
}

/** Expects an error with exit code 2, with these texts and a command that fixes it. */
async function expectRefusal(result: Promise<unknown>, ...texts: string[]): Promise<void> {
  const error: unknown = await result.catch((reason) => reason);
  expect(error).toBeInstanceOf(UserError);
  const { message, exitCode } = error as UserError;
  for (const expected of texts) {
    expect(message).toContain(expected);
  }
  expect(message).toMatch(/^ {2}\S.*: +(git|npm) /m);
  expect(exitCode).toBe(2);
}

const withoutPrograms = () => ({ PATH: temporaryFolder() });

describe.concurrent("a branch", () => {
  test("behind main is compared with the merge base", async () => {
    const repository = await createRepository();
    await repository.git("branch", "topic");
    await repository.commit("Newer");
    await repository.git("switch", "--quiet", "topic");
    await expectBase(repository, "HEAD^", commitBefore());
    const itself = "HEAD itself, and the contract has no uncommitted changes";
    await expectBase(repository, "main", itself, { against: "main", commit: "HEAD" });
    editContract(repository);
    await expectBase(repository, "main", mergeBase, { commit: "topic" });
  });

  test("ahead of main is compared with main", async () => {
    const repository = await createRepository("topic");
    await repository.commit("Change");
    await repository.commit("More");
    await expectBase(repository, "main", mergeBase);
  });

  test("that diverged from main is compared with the merge base", async () => {
    const repository = await createRepository("topic");
    await repository.commit("Change");
    await repository.git("switch", "--quiet", "main");
    await repository.commit("Newer");
    await repository.git("switch", "--quiet", "topic");
    await expectBase(repository, "main", mergeBase, { commit: "topic^" });
    await expectBase(repository, "main", mergeBase, { commit: "topic^", against: "main" });
    editContract(repository);
    await expectBase(repository, "main", mergeBase, { commit: "topic^" });
  });

  test("without common history is compared with main itself", async () => {
    const repository = await createRepository();
    await repository.git("switch", "--quiet", "--orphan", "topic");
    await repository.commit("Another start");
    await expectBase(repository, "main", "no common history");
    await expectBase(repository, "main", "no common history", { against: "main" });
  });

  test("is not needed: a detached head is compared with the merge base", async () => {
    const repository = await createRepository();
    await repository.git("switch", "--quiet", "--detach");
    await repository.commit("Change");
    await expectBase(repository, "main", mergeBase);
  });

  test("of 200 commits is compared with the merge base", async () => {
    const repository = await createRepository("topic");
    await addCommits(repository, 200);
    await expectBase(repository, "main", mergeBase);
    await expectBase(repository, "HEAD~201", "", { against: "HEAD~201" });
  });

  test("in a linked worktree is compared with the merge base", async () => {
    const worktree = await (await createRepository()).worktree("topic");
    editContract(worktree);
    await expectBase(worktree, "main", mergeBase);
  });
});

describe.concurrent("main", () => {
  test("without uncommitted changes is compared with the commit before", async () => {
    await expectBase(await createRepository(), "HEAD^", commitBefore());
  });

  test("with unstaged or staged changes is compared with HEAD; the index is unchanged", async () => {
    const repository = await createRepository();
    editContract(repository);
    await expectBase(repository, "main", mergeBase);
    await repository.git("add", "proto");
    const index = await repository.git("status", "--porcelain=v2", "--untracked-files=no");
    await expectBase(repository, "main", mergeBase);
    expect(await repository.git("status", "--porcelain=v2", "--untracked-files=no")).toBe(index);
  });

  test("with an untracked .proto file is compared with HEAD", async () => {
    const repository = await createRepository();
    repository.write({ "proto/b/b.proto": 'syntax = "proto3";\n' });
    await expectBase(repository, "main", mergeBase);
  });

  test("with another uncommitted file is compared with HEAD only if the caller compares the file", async () => {
    const repository = await createRepository();
    repository.write({ "src/a.ts": "" });
    await expectBase(repository, "main", mergeBase, { alsoCompared: ["src"] });
    await expectBase(repository, "HEAD^", commitBefore());
  });

  test("with a merged pull request is compared with main before it", async () => {
    const repository = await createRepository("topic");
    editContract(repository);
    await repository.commit("Change");
    await repository.git("switch", "--quiet", "main");
    const commit = await repository.commit("Newer");
    await repository.git("merge", "--quiet", "--no-edit", "topic");
    await expectBase(repository, "HEAD^", commitBefore(), { commit });
  });
});

describe.concurrent("remotes", () => {
  test("origin/main takes precedence over main", async () => {
    const clone = await (await createRepository("topic")).clone();
    await clone.git("branch", "--quiet", "main", "HEAD^");
    editContract(clone);
    await expectBase(clone, "origin/main", mergeBase);
  });

  test("a local main is not needed", async () => {
    const clone = await (await createRepository("topic")).clone();
    editContract(clone);
    await expectBase(clone, "origin/main", mergeBase);
    await expectBase(clone, "origin/main", "", { against: "origin/main" });
  });

  test("origin is not needed", async () => {
    const clone = await (await createRepository()).clone();
    await clone.git("remote", "remove", "origin");
    editContract(clone);
    await expectBase(clone, "main", mergeBase);
  });

  test("without both, the error has the commands that fetch main or compare with another contract", async () => {
    const repository = await createRepository("trunk");
    await repository.git("branch", "--delete", "main");
    const problem = "There is no origin/main or main to compare with here";
    const fix = "Run: git fetch origin +refs/heads/main:refs/remotes/origin/main";
    await expectRefusal(find(repository), problem, fix, `or:  ${compareWith} published`);
    await expectBase(repository, "trunk~1", "", { against: "trunk~1" });
  });

  test("a clone of another branch fetches main", async () => {
    const clone = await (await createRepository("topic")).clone("--branch=topic", "--single-branch");
    editContract(clone);
    await expectBase(clone, "origin/main", mergeBase);
  });
});

describe.concurrent("a shallow clone", () => {
  test("of main fetches the commit before", async () => {
    const clone = await (await createRepository()).clone("--depth=1");
    await expectBase(clone, "HEAD^", commitBefore("origin/main"));
  });

  test("of a branch fetches the merge base, however far back", async () => {
    const origin = await createRepository("topic");
    await addCommits(origin, 60);
    await origin.git("switch", "--quiet", "main");
    const commit = await origin.git("rev-parse", "main");
    await origin.commit("Newer");
    const clone = await origin.clone("--depth=1", "--branch=topic", "--single-branch");
    await expectBase(clone, "origin/main", mergeBase, { commit });
  });

  test("with a local commit fetches the history before the commits of origin", async () => {
    const origin = await createRepository();
    await origin.git("branch", "topic");
    await origin.commit("Newer");
    const clone = await origin.clone("--depth=1", "--branch=topic", "--no-single-branch");
    await clone.commit("Change");
    await expectBase(clone, "origin/main", mergeBase, { commit: "origin/topic" });
  });

  test("fetches a revision that is further back, by its ID, as an ancestor or as a tag", async () => {
    const origin = await createRepository();
    const first = await origin.git("rev-parse", "HEAD^");
    await origin.git("tag", "v1", first);
    await origin.commit("Change");
    for (const against of [first, "HEAD~2", "v1"]) {
      const clone = await origin.clone("--depth=1", "--no-tags");
      await expectBase(clone, against, "", { against, commit: first });
    }
  });

  test("without a remote needs no more history if something is uncommitted, or has the command to run", async () => {
    const clone = await (await createRepository()).clone("--depth=1");
    await clone.git("remote", "remove", "origin");
    const problem = "It lacks the commit before HEAD.";
    await expectRefusal(find(clone), "shallow", problem, "git fetch --unshallow origin");
    editContract(clone);
    await expectBase(clone, "main", mergeBase);
  });

  test("with a remote that does not exist has the command to run", async () => {
    const clone = await (await createRepository()).clone("--depth=1");
    await clone.git("remote", "set-url", "origin", `file://${clone.root}/missing`);
    const problem = "origin could not be fetched";
    await expectRefusal(find(clone), "shallow", problem, "git fetch --unshallow origin");
  });
});

describe.concurrent("in GitHub Actions", () => {
  const env = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main" };

  /** Makes a pull request whose branch is behind main, with the merge commit that GitHub makes for it. */
  async function createPullRequest(): Promise<Repository> {
    const origin = await createRepository("topic");
    editContract(origin);
    await origin.commit("Change");
    await origin.git("switch", "--quiet", "main");
    await origin.commit("Newer");
    await origin.git("switch", "--quiet", "--detach");
    await origin.git("merge", "--quiet", "--no-edit", "topic");
    await origin.git("update-ref", "refs/pull/1/merge", "HEAD");
    await origin.git("switch", "--quiet", "main");
    return origin;
  }

  /** Checks out the merge commit as actions/checkout does. */
  async function checkOut(origin: Repository, ...depth: string[]): Promise<Repository> {
    const job = Repository.empty();
    await job.git("init", "--quiet", "--initial-branch=main");
    await job.git("remote", "add", "origin", `file://${origin.root}`);
    const branches = depth.length > 0 ? [] : ["+refs/heads/*:refs/remotes/origin/*"];
    const merge = "refs/remotes/pull/1/merge";
    await job.git("fetch", "--quiet", ...depth, "origin", ...branches, `+refs/pull/1/merge:${merge}`);
    await job.git("checkout", "--quiet", "--force", merge);
    return job;
  }

  test.each([
    ["without history", ["--depth=1"]],
    ["with all history", []],
  ])(
    "the merge commit of a pull request, fetched %s, is compared with main as it was then",
    async (_, depth) => {
      const origin = await createPullRequest();
      const commit = await origin.git("rev-parse", "main");
      await expectBase(await checkOut(origin, ...depth), "origin/main", mergeBase, { env });
      await origin.commit("Newest");
      await expectBase(await checkOut(origin, ...depth), "origin/main", mergeBase, { env, commit });
    },
  );

  test("a pull request can have another base than main", async () => {
    const origin = await createPullRequest();
    await origin.git("branch", "release/1", "topic");
    const job = await checkOut(origin, "--depth=1");
    const into = (branch: string) => ({ env: { ...env, GITHUB_BASE_REF: branch } });
    await expectBase(job, "origin/release/1", mergeBase, into("release/1"));
    await expectRefusal(find(job, into("release/2")), "no origin/release/2, the pull request's base,");
  });
});

describe.concurrent("there is no base", () => {
  const expectNone = async (repository: Repository, label: RegExp) =>
    expect(await find(repository)).toEqual({ kind: "none", label: expect.stringMatching(label) });

  test("for the first commit, or if nothing is committed", async () => {
    const repository = await createFirstCommit();
    await expectNone(repository, /^HEAD at [0-9a-f]{7} is the first commit$/);
    await repository.git("update-ref", "-d", "HEAD");
    await expectNone(repository, /^nothing is committed yet$/);
  });

  test("for the first .proto files", async () => {
    const repository = await createRepository();
    await repository.git("switch", "--quiet", "--orphan", "fresh");
    await repository.git("commit", "--quiet", "--allow-empty", "--message=Nothing yet");
    await repository.git("branch", "--force", "main");
    await repository.git("checkout", "--quiet", "main@{1}", "--", ".");
    await repository.commit("The contract");
    await expectNone(repository, /^no commit up to main at [0-9a-f]{7} \(merge base\) has a \.proto file$/);
  });
});

describe.concurrent("the base cannot be found", () => {
  test("outside a git repository", async () => {
    const folder = Repository.empty();
    await expectRefusal(find(folder), "is not in a git repository", `or run: ${compareWith} published`);
    await expect(find(folder)).rejects.toBeInstanceOf(NoHistoryError);
  });

  test("without git", async () => {
    const result = find(await createRepository(), { env: withoutPrograms() });
    await expectRefusal(result, "git is not installed", `or run: ${compareWith} published`);
  });

  test("if there is no revision of its name", async () => {
    const repository = await createRepository();
    for (const against of ["no-such-branch", "-x", "HEAD:proto", "HEAD~99"]) {
      const problem = `There is no revision called "${against}"`;
      await expectRefusal(find(repository, { against }), problem, "Run: git fetch origin --tags");
    }
  });

  test("if it has no .proto file and earlier commits have", async () => {
    const repository = await createRepository();
    repository.delete("proto");
    await repository.commit("Nothing");
    await repository.git("checkout", "--quiet", "HEAD^", "--", ".");
    await expectRefusal(find(repository, { against: "HEAD" }), "no .proto file at HEAD at");
    await expectRefusal(find(repository), "no .proto file at main at", `or:  ${compareWith} `);
  });
});

describe.concurrent("the contract", () => {
  const invalid = text.replace("{", "{{");
  const load = (repository: Repository, against?: string, env?: NodeJS.ProcessEnv) =>
    loadBase(repository.checkout(env), { against, compareWith });

  test("of the working tree is compared with that of the base", async () => {
    const repository = await createRepository();
    repository.edit(file, "  string id = 1;\n", "");
    const { image } = await loadWorkingTree(repository.checkout(), temporaryFolder());
    const comparison = await compareWithBase(repository.checkout(), image, await load(repository));
    expect(comparison).toMatchObject({ base: { kind: "revision" }, files: 1, changed: 1 });
    expect(comparison.findings).toMatchObject([{ rule: "FIELD_NO_DELETE", severity: "wire", file }]);
  });

  test("of the base has to compile", async () => {
    const repository = await createRepository();
    repository.write({ [file]: invalid });
    await repository.commit("Damage");
    repository.write({ [file]: text });
    const problem = "does not compile, so nothing can be compared with it:\nproto/a.proto:5:";
    await expectRefusal(load(repository), "at main at", problem, `or:  ${compareWith} published`);
  });

  test("of the working tree has to compile", async () => {
    const repository = await createRepository();
    repository.write({ [file]: invalid });
    const result = loadWorkingTree(repository.checkout(), temporaryFolder());
    await expectRefusal(result, "The contract does not compile:\nproto/a.proto:5:", "npm run lint");
  });

  test("of the last release needs no git", async () => {
    const label = `the contract of the last release (${publishedImage})`;
    const snapshot = await load(await createRepository(), "published", withoutPrograms());
    expect(snapshot).toMatchObject({ kind: "published", label });
  });

  test("of the last release must not be damaged, empty or missing", async () => {
    const repository = await createRepository();
    const image = Buffer.from([10, 100, 1]);
    for (const [problem, content] of [["damaged", image], ["empty", ""], ["missing"]] as const) {
      repository.delete(publishedImage);
      repository.write(content === undefined ? {} : { [publishedImage]: content });
      const fix = `Run: git checkout HEAD -- ${publishedImage}`;
      const text = `${publishedImage}, the contract of the last release, is ${problem}.`;
      await expectRefusal(load(repository, "published"), text, fix);
    }
  });
});
