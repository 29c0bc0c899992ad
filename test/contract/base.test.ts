import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { type Checkout, outputOf, run } from "../../scripts/lib/cli/process.ts";
import { findBase } from "../../scripts/lib/contract/base.ts";
import { NoHistoryError } from "../../scripts/lib/contract/git.ts";
import { loadBase, loadWorkingTree, publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { expectUserError } from "../support/errors.ts";
import { isolated, Repository, temporaryFolder } from "../support/repository.ts";

const file = "proto/a.proto";
const text = 'syntax = "proto3";\n\npackage a.v1;\n\nmessage A {\n  string id = 1;\n}\n';

/** Functions of the scripts of these tests. */
const functions = `
n=0
commit() { n=$((n + 1)); git add --all; git commit --quiet --allow-empty --message=$n; }
commits() { id=HEAD; for i in $(seq $1); do id=$(git commit-tree -m Change -p $id HEAD^{tree}); done; git update-ref HEAD $id; }
edit() { echo "// More." >> ${file}; }
clone() { git clone --quiet "$@" file://$PWD ../clone; cd ../clone; }
topic() { git switch --quiet --create topic; }
switch() { git switch --quiet "$@"; }
`;

/** A repository on main, whose second commit does not edit the contract. */
const template = runIn(
  temporaryFolder(),
  `git init --quiet --initial-branch=main; mkdir proto; echo 'syntax = "proto3";' > ${file}; commit; commit`,
);

/** Runs a shell script in a copy of the template, and returns the folder that it ends in. */
const runScript = async (script: string) =>
  runIn(temporaryFolder(), `cp -R ${(await template).root} origin; cd origin\n${script}`);

async function runIn(root: string, script: string): Promise<Checkout> {
  const result = await run({ root, env: isolated }, "sh", ["-euc", `${functions}${script}\npwd`]);
  if (result.code !== 0) {
    throw new Error(outputOf(result));
  }
  return { root: result.stdout.toString().trim().split("\n").at(-1) ?? "", env: isolated };
}

type Row = [title: string, script: string, against: string, expected: string];

const parseTable = (table: string): Row[] =>
  table
    .trim()
    .split("\n")
    .map((row) => row.split("|").map((cell) => cell.trim()) as Row);

const compareWith = "npm run breaking -- --against";

interface Options {
  against?: string;
  env?: NodeJS.ProcessEnv;
  alsoCompared?: string[];
}

const find = (checkout: Checkout, { env, ...options }: Options = {}) =>
  findBase({ ...checkout, env: { ...checkout.env, ...env } }, { ...options, compareWith });

/** Expects a base, by its label, in which `<revision>` stands for the commit of a revision. */
async function expectBase(checkout: Checkout, expected: string, options?: Options): Promise<void> {
  const base = await find(checkout, options);
  const revision = /<(.+)>/.exec(expected)?.[1] ?? "";
  const { stdout } = await run(checkout, "git", ["rev-parse", `${revision}^{commit}`]);
  const commit = stdout.toString().trim();
  const label = expected.replace(`<${revision}>`, commit.slice(0, 7));
  expect(base).toMatchObject({ kind: "revision", commit, label });
}

/** The layouts, each with its script, the revision to compare with if there is one, and its base. */
const layouts = `
main                          |                               |            | HEAD^ at <HEAD^> (BEFORE main)
main, edited                  | edit                          |            | main at <HEAD> (merge base)
main with a new .proto file   | echo > proto/b.proto          |            | main at <HEAD> (merge base)
main with another new file    | echo > a.ts                   |            | HEAD^ at <HEAD^> (BEFORE main)
a merged pull request         | topic; edit; commit; switch main; commit; git branch mark; git merge --quiet --no-edit topic || HEAD^ at <mark> (BEFORE main)
a branch behind main          | git branch topic; commit; switch topic       |      | HEAD^ at <HEAD^> (BEFORE main)
a branch behind main          | git branch topic; commit; switch topic       | main | main at <topic> (ITSELF)
a branch behind main, edited  | git branch topic; commit; switch topic; edit |      | main at <topic> (merge base)
a branch ahead of main        | topic; edit; commit; commit                  |      | main at <main> (merge base)
a branch that diverged        | topic; commit; switch main; commit; switch topic       |      | main at <topic^> (merge base)
a branch that diverged        | topic; commit; switch main; commit; switch topic       | main | main at <topic^> (merge base)
a branch that diverged, edited| topic; commit; switch main; commit; switch topic; edit |      | main at <topic^> (merge base)
a branch without common history | switch --orphan topic; commit |          | main at <main> (no common history)
a branch without common history | switch --orphan topic; commit | main     | main at <main> (no common history)
a branch of 200 commits       | topic; commits 200            |            | main at <main> (merge base)
a branch of 200 commits       | topic; commits 200            | HEAD~201   | HEAD~201 at <main^>
a detached head               | switch --detach; commit       |            | main at <main> (merge base)
a linked worktree             | git worktree add --quiet -b topic ../tree; cd ../tree; edit     || main at <main> (merge base)
a main behind origin/main     | clone; topic; git branch --quiet --force main HEAD^; edit       || origin/main at <origin/main> (merge base)
origin/main without main      | clone; topic; git branch --quiet --delete main; edit            || origin/main at <origin/main> (merge base)
origin/main without main      | clone; topic; git branch --quiet --delete main; edit | origin/main | origin/main at <origin/main>
main without origin           | clone; git remote remove origin; edit      || main at <main> (merge base)
a clone of another branch     | topic; clone --single-branch; edit         || origin/main at <origin/main> (merge base)
a shallow clone of main       | clone --depth=1                            || HEAD^ at <HEAD^> (BEFORE origin/main)
a shallow clone of a branch   | git branch mark; topic; commits 60; switch main; commit; switch topic; clone --depth=1 --single-branch; git fetch --quiet --depth=1 origin mark:mark || origin/main at <mark> (merge base)
a shallow clone with a commit | topic; switch main; commit; switch topic; clone --depth=1 --no-single-branch; commit || origin/main at <origin/topic> (merge base)
a shallow clone               | commit; clone --depth=1                    | HEAD~2 | HEAD~2 at <HEAD~2>
a shallow clone without tags  | git tag v1 HEAD^; clone --depth=1 --no-tags | v1 | v1 at <HEAD^>
a shallow clone without origin| clone --depth=1; git remote remove origin; edit || main at <main> (merge base)
`;

test.concurrent.each(parseTable(layouts))(
  "finds the base of %s, by: %s; --against %s",
  async (_, script, against, base) => {
    const expected = base
      .replace("ITSELF", "HEAD itself, and the contract has no uncommitted changes")
      .replace(
        /BEFORE (.*)\)/,
        "the commit before, as HEAD is on $1 and the contract has no uncommitted changes)",
      );
    await expectBase(await runScript(script), expected, against ? { against } : {});
  },
);

test.concurrent("finds HEAD if an uncommitted file is compared in addition to the contract", async () => {
  const checkout = await runScript("echo > a.ts");
  await expectBase(checkout, "main at <HEAD> (merge base)", { alsoCompared: ["a.ts"] });
});

test.concurrent("fetches a commit that a shallow clone lacks", async () => {
  const clone = await runScript("clone --depth=1");
  const { stdout } = await run({ ...clone, root: join(clone.root, "../origin") }, "git", [
    "rev-parse",
    "HEAD^",
  ]);
  const against = stdout.toString().trim();
  await expectBase(clone, `${against} at <HEAD^>`, { against });
});

test.concurrent("reads staged changes, and leaves the index unchanged", async () => {
  const checkout = await runScript("edit; git add proto");
  const readStatus = async () => outputOf(await run(checkout, "git", ["status", "--porcelain=v2"]));
  const status = await readStatus();
  await expectBase(checkout, "main at <HEAD> (merge base)");
  expect(await readStatus()).toBe(status);
});

describe.concurrent("in GitHub Actions", () => {
  // The branch of the pull request is behind main; GitHub makes the merge commit, which actions/checkout fetches.
  const pullRequest = `topic; edit; commit; switch main; commit
    switch --detach; git merge --quiet --no-edit topic; git update-ref refs/pull/1/merge HEAD; switch main`;
  const checkOut = (refspecs: string) => `
    git init --quiet ../job; cd ../job; git remote add origin file://$PWD/../origin
    git fetch --quiet ${refspecs} +refs/pull/1/merge:refs/remotes/pull/1/merge
    git checkout --quiet refs/remotes/pull/1/merge`;
  const fetches = { shallow: "--depth=1 origin", complete: "origin '+refs/heads/*:refs/remotes/origin/*'" };
  const env = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main" };

  test.each(Object.entries(fetches))(
    "finds the base of a merge commit in a %s clone",
    async (_, refspecs) => {
      const job = await runScript(`${pullRequest}\n${checkOut(refspecs)}`);
      await expectBase(job, "origin/main at <HEAD^1> (merge base)", { env });
      await expectBase(job, "origin/main at <origin/main> (merge base)", { env });
      const late = await runScript(`${pullRequest}; commit\n${checkOut(refspecs)}`);
      await expectBase(late, "origin/main at <HEAD^1> (merge base)", { env });
      const fork = await runScript(`${pullRequest}; git branch --quiet -D topic\n${checkOut(refspecs)}`);
      await expectBase(fork, "origin/main at <HEAD^1> (merge base)", { env });
    },
  );

  test("finds the base of a pull request into another branch than main", async () => {
    const job = await runScript(`${pullRequest}; git branch release/1 topic\n${checkOut(fetches.shallow)}`);
    const into = (branch: string) => ({ env: { ...env, GITHUB_BASE_REF: branch } });
    await expectBase(job, "origin/release/1 at <HEAD^2> (merge base)", into("release/1"));
    await expectUserError(
      find(job, into("release/2")),
      2,
      "no origin/release/2, the pull request's base, to compare with",
    );
  });
});

test.concurrent.each([
  ["the first commit", "git update-ref HEAD HEAD^", /^HEAD at [0-9a-f]{7} is the first commit$/],
  ["a repository without commits", "git update-ref -d HEAD", /^nothing is committed yet$/],
  [
    "the first .proto files",
    `switch --orphan fresh; git commit --quiet --allow-empty --message=Nothing; git branch --force main
     git checkout --quiet main@{1} -- .; commit`,
    /^no commit up to main at [0-9a-f]{7} \(merge base\) has a \.proto file$/,
  ],
])("finds no base for %s", async (_, script, label) => {
  expect(await find(await runScript(script))).toEqual({ kind: "none", label: expect.stringMatching(label) });
});

const published = `${compareWith} published`;
/** The problems, each with its script, the revision to compare with if there is one, and texts of its message. */
const problems = `
neither origin/main nor main exists | topic; git branch --quiet --delete main  || There is no origin/main or main to compare with & Run: git fetch origin +refs/heads/main:refs/remotes/origin/main & or:  npm run breaking -- --against published
a shallow clone has no origin       | clone --depth=1; git remote remove origin || This clone is shallow & It lacks the commit before HEAD. & git fetch --unshallow origin
origin of a shallow clone is missing | clone --depth=1; git remote set-url origin file:///missing || This clone is shallow, and origin could not be fetched. & Run: git fetch --unshallow origin
the revision is a path              | | HEAD:proto | There is no revision called "HEAD:proto"
the revision is an option           | | -x         | There is no revision called "-x"
the revision is too far back        | | HEAD~99    | There is no revision called "HEAD~99"
the revision does not exist         | | v0         | There is no revision called "v0" & Run: git fetch origin --tags
the revision has no .proto file     | git rm -rq proto; commit; git checkout HEAD^ -- . | HEAD | no .proto file at HEAD at
only earlier commits have a .proto file | git rm -rq proto; commit; git checkout HEAD^ -- . || no .proto file at main at & or:  npm run breaking -- --against published
`;

test.concurrent.each(parseTable(problems))(
  "rejects with a command to run if %s",
  async (_, script, against, texts) => {
    const result = find(await runScript(script), against ? { against } : {});
    await expectUserError(result, 2, ...texts.split(" & "));
  },
);

test("rejects with a command to run if git is not installed", async () => {
  const result = find({ root: temporaryFolder(), env: { PATH: temporaryFolder() } });
  await expectUserError(result, 2, "git is not installed", `or:  ${published}`);
});

test("rejects as a NoHistoryError outside a git repository", async () => {
  const result = find({ root: temporaryFolder(), env: isolated });
  await expect(result).rejects.toBeInstanceOf(NoHistoryError);
  await expectUserError(result, 2, "is not in a git repository", `or:  ${published}`);
});

describe.concurrent("the contract", () => {
  const bufYaml = "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [FILE]\n";
  const create = () => Repository.create(new Map(Object.entries({ "buf.yaml": bufYaml, [file]: text })));
  const invalid = text.replace("{", "{{");
  const load = (repository: Repository, against?: string, env?: NodeJS.ProcessEnv) =>
    loadBase(repository.checkout(env), temporaryFolder(), { against, compareWith });

  test("of the working tree is compared with that of the base", async () => {
    const repository = await create();
    repository.edit(file, "  string id = 1;\n", "");
    const { image } = await loadWorkingTree(repository.checkout(), temporaryFolder());
    const comparison = await compareWithBase(repository.checkout(), image, await load(repository));
    expect(comparison).toMatchObject({ base: { kind: "revision" }, files: 1, changed: 1 });
    expect(comparison.findings).toMatchObject([
      { violations: [{ rule: "FIELD_NO_DELETE" }], severity: "wire", file },
    ]);
  });

  test("has to compile at the base and in the working tree", async () => {
    const repository = await create();
    repository.write({ [file]: invalid });
    const tree = loadWorkingTree(repository.checkout(), temporaryFolder());
    await expectUserError(tree, 2, "The contract does not compile:\nproto/a.proto:5:", "npm run lint");
    await repository.commit("Damage");
    repository.write({ [file]: text });
    const problem = "does not compile, so nothing can be compared with it:\nproto/a.proto:5:";
    await expectUserError(load(repository), 2, "The contract at main at", problem, `or:  ${published}`);
  });

  test("of the last release needs no git, and must not be damaged, empty or missing", async () => {
    const repository = await create();
    const label = `the contract of the last release (${publishedImage})`;
    const snapshot = await load(repository, "published", { PATH: temporaryFolder() });
    expect(snapshot).toMatchObject({ kind: "published", label });
    const problems = { damaged: Buffer.from([10, 100, 1]), empty: "", missing: undefined };
    for (const [problem, content] of Object.entries(problems)) {
      repository.delete(publishedImage);
      repository.write(content === undefined ? {} : { [publishedImage]: content });
      const message = `${publishedImage}, the contract of the last release, is ${problem}.`;
      await expectUserError(
        load(repository, "published"),
        2,
        message,
        `Run: git checkout HEAD -- ${publishedImage}`,
      );
    }
  });
});
