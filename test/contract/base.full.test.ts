import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { checkBreaking } from "../../scripts/lib/check/gates.ts";
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
remote() { git remote add $1 file:///missing; git update-ref refs/remotes/$1/main $2; }
trunk() { git branch --move main trunk; }
submodule() { git init --quiet ../super; cd ../super; git -c protocol.file.allow=always submodule --quiet add file://$PWD/../origin api; cd api; }
forget() { git reflog expire --expire=now --all; git prune; }
before() { git update-ref refs/old/before HEAD; }
rewind() { git reset --quiet --hard HEAD^; }
lose() { rm -f .git/objects/$(git rev-parse $1 | sed 's:..:&/:'); }
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
  const result = await run({ root, env: isolated }, "sh", [
    "-euc",
    `${functions}${script}\npwd -W 2> /dev/null || pwd`,
  ]);
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

interface Options {
  against?: string;
  env?: NodeJS.ProcessEnv;
  alsoCompared?: string[];
}

const find = (checkout: Checkout, { env, ...options }: Options = {}) =>
  findBase({ ...checkout, env: { ...checkout.env, ...env } }, options);

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
a merge of main, not committed | topic; commit; switch main; edit; commit; switch topic; git merge --quiet --no-commit main; rm -r proto || main at <main> (merge base)
a merge into main, not committed | topic; edit; commit; switch main; commit; git merge --quiet --no-commit topic || main at <HEAD> (merge base)
a branch that diverged, edited| topic; commit; switch main; commit; switch topic; edit |      | main at <topic^> (merge base)
a branch without common history | switch --orphan topic; commit |          | main at <main> (no common history)
a branch without common history | switch --orphan topic; commit | main     | main at <main> (no common history)
a branch of 200 commits       | topic; commits 200            |            | main at <main> (merge base)
a branch of 200 commits       | topic; commits 200            | HEAD~201   | HEAD~201 at <main^>
a detached head               | switch --detach; commit       |            | main at <main> (merge base)
a detached head at a tag      | git tag v1; commit; switch --detach v1 |   | HEAD^ at <HEAD^> (BEFORE main)
a bisection                   | commits 4; git bisect start HEAD HEAD~4 |  | HEAD^ at <HEAD^> (BEFORE main)
a linked worktree             | git worktree add --quiet -b topic ../tree; cd ../tree; edit     || main at <main> (merge base)
a main behind origin/main     | clone; topic; git branch --quiet --force main HEAD^; edit       || origin/main at <origin/main> (merge base)
origin/main without main      | clone; topic; git branch --quiet --delete main; edit            || origin/main at <origin/main> (merge base)
origin/main without main      | clone; topic; git branch --quiet --delete main; edit | origin/main | origin/main at <origin/main>
main without origin           | clone; git remote remove origin; edit      || main at <main> (merge base)
an origin/main that is stale  | clone; edit; commit; remote upstream HEAD; edit || upstream/main at <HEAD> (merge base)
an origin/main that is stale  | clone; edit; commit; commit; remote upstream HEAD || HEAD^ at <HEAD^> (BEFORE upstream/main)
a fork's main that is ahead   | clone; remote upstream HEAD; edit; commit; commit; git update-ref refs/remotes/origin/main HEAD || upstream/main at <HEAD~2> (merge base)
a fork's main that is ahead   | clone; edit; commit; commit; remote alice HEAD || origin/main at <HEAD~2> (merge base)
a fork's main that is ahead   | clone --origin=github; edit; commit; commit; remote alice HEAD || github/main at <HEAD~2> (merge base)
a branch that only a fork's main has | clone; topic; edit; commit; commit; remote alice HEAD || origin/main at <HEAD~2> (merge base)
a fork's main that is behind  | clone; remote alice HEAD^; edit; commit; git update-ref refs/remotes/origin/main HEAD || HEAD^ at <HEAD^> (BEFORE origin/main)
an upstream/main that is stale | clone; remote upstream HEAD^; edit        || origin/main at <HEAD> (merge base)
equal mains of two remotes    | clone; remote upstream HEAD; edit          || origin/main at <HEAD> (merge base)
an upstream that diverged     | clone; topic; commit; git update-ref refs/remotes/origin/main HEAD; rewind; git commit --quiet --allow-empty -m Other; remote upstream HEAD; remote a HEAD^; edit || upstream/main at <HEAD> (merge base)
a remote without main         | clone; git remote add a file:///missing; edit || origin/main at <HEAD> (merge base)
a remote of another name      | clone --origin=github; edit                || github/main at <HEAD> (merge base)
a remote of another name      | clone; git remote rename origin team/api; edit | team/api/main | team/api/main at <HEAD>
origin/main without the remote | clone; git config --remove-section remote.origin; edit || origin/main at <HEAD> (merge base)
the default branch trunk      | trunk; clone; topic; edit; commit          || origin/trunk at <HEAD^> (merge base)
the default branch trunk      | trunk; clone                               || HEAD^ at <HEAD^> (BEFORE origin/trunk)
trunk with a local main       | trunk; clone; git branch main HEAD^; edit  || origin/trunk at <HEAD> (merge base)
trunk without origin/HEAD     | trunk; clone; git remote set-head origin --delete; edit || origin/trunk at <HEAD> (merge base)
trunk of which origin/HEAD is out of date | clone; git -C ../origin branch --move main trunk; git fetch --quiet --prune; topic; git branch -D main; edit || origin/trunk at <HEAD> (merge base)
a shallow clone of trunk      | trunk; clone --depth=1; edit               || origin/trunk at <HEAD> (merge base)
a shallow clone of trunk, offline | trunk; clone --depth=1; git remote set-url origin file:///missing; edit || origin/trunk at <HEAD> (merge base)
a clone of a branch from trunk | trunk; git branch topic; clone --single-branch --branch=topic; edit || origin/trunk at <HEAD> (merge base)
a shallow clone of a branch from trunk | trunk; topic; edit; commit; switch trunk; clone --depth=1 --branch=topic || origin/trunk at <HEAD^> (merge base)
a submodule                   | submodule; switch --detach; edit           || origin/main at <HEAD> (merge base)
a submodule                   | trunk; submodule; switch --detach HEAD^; edit || origin/trunk at <HEAD> (merge base)
an edit that git status hides | edit; commit; git update-index --skip-worktree ${file}; edit || main at <HEAD> (merge base)
an edit that git status hides | edit; commit; git update-index --assume-unchanged ${file}; edit || main at <HEAD> (merge base)
a branch before its first commit | git checkout --quiet --orphan topic; git rm -rq --cached . || main at <main> (no common history)
a branch before its first commit | git checkout --quiet --orphan topic; git rm -rq --cached . | main | main at <main> (no common history)
a tag called main             | git tag main HEAD^; edit                   || main at <HEAD> (merge base)
a branch called HEAD          | git update-ref refs/heads/HEAD HEAD^; edit || main at <HEAD> (merge base)
a branch called origin/main   | clone; git branch origin/main HEAD^; edit  || origin/main at <HEAD> (merge base)
packed refs                   | clone; topic; git pack-refs --all; edit    || origin/main at <HEAD> (merge base)
a tag and a branch of one name | git branch v1; git tag v1 HEAD^           | v1 | v1 at <HEAD^>
a revision with a slash       | git branch release/1 HEAD^                 | release/1 | release/1 at <HEAD^>
a revision with a tilde       |                                            | main~1 | main~1 at <HEAD^>
the upstream of a branch      | clone; edit                                | @{u} | @{u} at <HEAD>
a message of a commit         | commit                                     | :/2 | :/2 at <HEAD^>
a clone of another branch     | topic; clone --single-branch; edit         || origin/main at <origin/main> (merge base)
a shallow clone of main       | clone --depth=1                            || HEAD^ at <HEAD^> (BEFORE origin/main)
a shallow clone of a branch   | git branch mark; topic; commits 60; switch main; commit; switch topic; clone --depth=1 --single-branch; git fetch --quiet --depth=1 origin mark:mark || origin/main at <mark> (merge base)
a shallow clone with a commit | topic; switch main; commit; switch topic; clone --depth=1 --no-single-branch; commit || origin/main at <origin/topic> (merge base)
a shallow clone               | commit; clone --depth=1                    | HEAD~2 | HEAD~2 at <HEAD~2>
a shallow clone without tags  | git tag v1 HEAD^; clone --depth=1 --no-tags | v1 | v1 at <HEAD^>
a shallow clone of a fork     | git branch mark; topic; commit; switch main; commits 60; git clone --quiet --bare . ../upstream; git update-ref HEAD mark; forget; switch topic; clone --depth=1; git remote add upstream file://$PWD/../upstream; git fetch --quiet --depth=1 upstream main; edit || upstream/main at <HEAD^> (merge base)
a shallow clone with a stale origin/main | git branch mark; commits 60; git clone --quiet --bare . ../upstream; git update-ref HEAD mark; forget; clone --depth=1; git remote add upstream file://$PWD/../upstream; git fetch --quiet --depth=1 upstream main; edit || upstream/main at <HEAD> (merge base)
a shallow clone with an older merge base | git branch side; edit; commit; git branch topic; commits 60; switch side; commit; switch main; git merge --quiet --no-edit side; switch topic; commit; clone --depth=5 --no-single-branch || origin/main at <HEAD^> (merge base)
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
      "lacks origin/release/2, the pull request's base, and",
    );
  });
});

describe.concurrent("in GitHub Actions, with an event,", () => {
  const zeros = "0".repeat(40);
  const readBefore = async ({ root, env }: Checkout) => {
    const { stdout } = await run({ root: join(root, "../origin"), env }, "git", [
      "rev-parse",
      "refs/old/before",
    ]);
    return stdout.toString().trim();
  };
  const writeEvent = (name: string, event: unknown): Options => {
    const path = join(temporaryFolder(), "event.json");
    writeFileSync(path, typeof event === "string" ? event : JSON.stringify(event));
    return { env: { GITHUB_ACTIONS: "true", GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path } };
  };
  const pushTo = (ref: string, before: string, default_branch = "main") =>
    writeEvent("push", { ref, before, repository: { default_branch } });

  const pushes = `
main         | before; edit; commit; commit; clone                    | main at <HEAD~2> (before this push)
main         | before; edit; commit; commit; clone; edit              | main at <HEAD~2> (before this push)
main         | before; topic; edit; commit; switch main; git merge --quiet --no-ff --no-edit topic; clone | main at <HEAD^1> (before this push)
main         | before; edit; commit; commit; clone --depth=1          | main at <BEFORE> (before this push)
main         | before; edit; commit; commits 60; clone --depth=1; git config protocol.version 0 | main at <BEFORE> (before this push)
main, forced | edit; commit; before; rewind; commit; commit; clone    | main at <BEFORE> (before this push)
main, forced | edit; commit; before; rewind; commit; clone --depth=1  | main at <BEFORE> (before this push)
main, forced | edit; commit; before; rewind; clone                    | main at <BEFORE> (before this push)
trunk        | trunk; before; edit; commit; commit; clone             | trunk at <HEAD~2> (before this push)
topic        | topic; edit; commit; before; commit; clone             | origin/main at <origin/main> (merge base)
`;
  test.each(parseTable(pushes))("finds the base of a push to %s, by: %s", async (title, script, expected) => {
    const job = await runScript(script);
    const before = await readBefore(job);
    const branch = title.split(",")[0];
    const options = pushTo(`refs/heads/${branch}`, before, branch === "trunk" ? branch : "main");
    await expectBase(job, expected.replace("BEFORE", before), options);
  });

  test("finds the default base of a push that created main, and of a push of a tag", async () => {
    const job = await runScript("before; edit; commit; commit; clone");
    const label =
      "HEAD^ at <HEAD^> (the commit before, as HEAD is on origin/main and the contract has no uncommitted changes)";
    await expectBase(job, label, pushTo("refs/heads/main", zeros));
    await expectBase(job, label, pushTo("refs/tags/main", await readBefore(job)));
    await expectBase(job, label, writeEvent("workflow_dispatch", ""));
  });

  test.each(["", "--depth=1"])("finds the base of a merge queue in a clone %s", async (depth) => {
    const job =
      await runScript(`topic; edit; commit; switch main; commit; switch --create queue; edit; commit; before
      git merge --quiet --no-edit topic || { git add --all; git commit --quiet --no-edit; }; clone ${depth} --branch=queue`);
    const merge_group = { base_sha: await readBefore(job), base_ref: "refs/heads/main" };
    const label = `main at <${merge_group.base_sha}> (base of the merge queue)`;
    await expectBase(job, label, writeEvent("merge_group", { merge_group }));
  });

  test("rejects a commit that cannot be fetched, and an event that cannot be read", async () => {
    const job = await runScript("clone");
    const unknown = "12345678".repeat(5);
    const fix = `git fetch origin ${unknown}`;
    await expectUserError(
      find(job, pushTo("refs/heads/main", unknown)),
      2,
      `lacks ${unknown}`,
      fix,
      `or:  ${published}`,
    );
    const shallow = await runScript("clone --depth=1");
    await expectUserError(find(shallow, pushTo("refs/heads/main", unknown)), 2, `lacks ${unknown}`, fix);
    const repository = { default_branch: "main" };
    const before = zeros;
    for (const [name, event] of [
      ["push", ""],
      ["push", "null"],
      ["push", { before, ref: "refs/heads/main" }],
      ["push", { ref: "refs/heads/main", repository }],
      ["push", { before, ref: "main", repository }],
      ["push", { before: "HEAD^", ref: "refs/heads/main", repository }],
      ["push", { before, ref: "refs/heads/main", repository: {} }],
      ["merge_group", { before, ref: "refs/heads/main", repository }],
      ["merge_group", { merge_group: { base_ref: "refs/heads/main" } }],
    ] as const) {
      const message = `The event "${name}" of this job cannot be read from GITHUB_EVENT_PATH, `;
      await expectUserError(find(job, writeEvent(name, event)), 2, message, `or:  ${published}`);
    }
    for (const path of [undefined, "", "/missing"]) {
      const env = { GITHUB_EVENT_NAME: "push", GITHUB_EVENT_PATH: path };
      await expectUserError(find(job, { env }), 2, "cannot be read from GITHUB_EVENT_PATH");
    }
  });
});

describe.concurrent("CONTRACT_BASE", () => {
  const set = (CONTRACT_BASE: string) => ({
    env: { CONTRACT_BASE, GITHUB_BASE_REF: "none", GITHUB_EVENT_NAME: "push" },
  });

  test("names the base, in GitHub Actions as well; an argument wins", async () => {
    const checkout = await runScript("git tag v1; topic; edit; commit; commit");
    await expectBase(checkout, "HEAD^ at <HEAD^> (from CONTRACT_BASE)", set("HEAD^"));
    await expectBase(checkout, "v1 at <v1>", { ...set("HEAD^"), against: "v1" });
    await expectBase(checkout, "main at <main> (merge base)", { env: { CONTRACT_BASE: "" } });
    const problem = 'There is no revision called "nonesuch" (from CONTRACT_BASE) in this repository.';
    await expectUserError(find(checkout, set("nonesuch")), 2, problem);
  });

  test("is in messages with the command that runs", async () => {
    const checkout = await runScript("trunk");
    for (const script of ["breaking", "diff", "changeset:check", "changeset:new"]) {
      const options = { env: { npm_lifecycle_event: script } };
      await expectUserError(find(checkout, options), 2, `or:  CONTRACT_BASE=published npm run ${script}`);
    }
    await expectUserError(find(checkout, { env: { npm_lifecycle_event: "npx" } }), 2, `or:  ${published}`);
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

const published = "CONTRACT_BASE=published npm run check";
/** The problems, each with its script, the revision to compare with if there is one, and texts of its message. */
const problems = `
there is no main and no remote      | trunk; git branch topic || There is no branch main to compare with here, and no remote to fetch it from. & revisions here, such as topic, trunk & or:  CONTRACT_BASE=<a branch, tag or commit> npm run check & or:  CONTRACT_BASE=published npm run check
a remote without main cannot be fetched | clone --origin=a; git remote set-url a file:///missing; git branch --move main b; git branch -rd a/HEAD a/main || There is no branch main to compare with here. & The remote a has none to fetch: fatal: '/missing' & list the revisions here, such as b & or:  CONTRACT_BASE=published npm run check
a remote has neither main nor HEAD  | trunk; clone; git -C ../origin switch --quiet --detach; git remote set-head origin --delete || The remote origin has none to fetch: it has no branch main, and its HEAD names no branch
the mains of two remotes diverged   | clone; edit; commit; remote alice HEAD; rewind; commit; git update-ref refs/remotes/origin/main HEAD; remote bob HEAD^ || origin/main and alice/main and bob/main have diverged, and no remote is called upstream & Run: CONTRACT_BASE=origin/main npm run check & or:  CONTRACT_BASE=alice/main npm run check & or:  CONTRACT_BASE=bob/main npm run check
the forks of two remotes diverged   | clone; edit; commit; remote alice HEAD; rewind; commit; remote bob HEAD; rewind || Run: CONTRACT_BASE=origin/main npm run check
branches were merged crosswise      | topic; commit; git branch a; switch main; commit; git branch b; git merge --quiet --no-edit a; switch topic; git merge --quiet --no-edit b; edit; commit || HEAD and main were merged into each other, and have several merge bases. & Run: git merge main & or:  CONTRACT_BASE=published npm run check
the first .proto file may be older  | git rm -rq proto; commit; clone --depth=1; git remote set-url origin file:///missing; mkdir proto; echo > ${file} || lacks the first commit with a .proto file, and origin could not be fetched
the format of the repository is unknown | git config core.repositoryformatversion 1; git config extensions.refstorage reftable || unknown repository extension found
the configuration is damaged        | echo '[oops' >> .git/config || git ls-files failed: & bad config line & or:  CONTRACT_BASE=published npm run check
the branch is damaged               | : > .git/refs/heads/main  || appears to be broken
another branch is damaged           | topic; commit; : > .git/refs/heads/main || ignoring broken ref refs/heads/main
the index is damaged                | echo > .git/index || git ls-files failed:
the objects of another clone are lost | git clone --quiet --shared . ../clone; cd ../clone; mv ../origin ../away || bad object HEAD
HEAD is lost                        | lose HEAD || bad object HEAD
the commit before HEAD is lost      | lose HEAD^ || git log failed:
a commit before the merge base is lost | topic; commit; commit; commit; lose HEAD~2 || Could not read
a linked worktree was moved away from its repository | git worktree add --quiet -b topic ../tree; cd ../tree; mv ../origin ../away || tree/.git cannot be read: & Run: git worktree repair & or:  CONTRACT_BASE=published npm run check
the repository has no HEAD          | rm .git/HEAD || origin/.git cannot be read:
a part of the contract is not checked out | mkdir proto/b; echo > proto/b/b.proto; commit; git sparse-checkout set --no-cone '/*' '!/proto/b/' || leaves out a part of the contract: proto/b/b.proto & Run: git sparse-checkout disable
a shallow clone has no remote       | clone --depth=1; git remote remove origin || This clone is shallow and lacks the commit before HEAD, and there is no remote & git fetch --unshallow origin & or:  CONTRACT_BASE=published npm run check
origin of a shallow clone is missing | clone --depth=1; git remote set-url origin file:///missing || This clone is shallow and lacks the commit before HEAD, and origin could not be fetched: & Run: git fetch --unshallow origin & or:  CONTRACT_BASE=published npm run check
origin of a shallow clone is shallow | clone --depth=1; git clone --quiet file://$PWD ../third; cd ../third || This clone is shallow and lacks the commit before HEAD, and its remotes do not have the rest
the revision is a path              | | HEAD:proto | There is no revision called "HEAD:proto"
the revision is an option           | | -x         | There is no revision called "-x"
the revision is excluded            | | ^main      | There is no revision called "^main"
the branch has characters of the shell | clone | origin/fix(x)&y | Run: git fetch origin '+refs/heads/fix(x)&y:refs/remotes/origin/fix(x)&y'
the branch is of the remote with the longer name | clone --origin=a; git remote add a/b file:///missing | a/b/c | Run: git fetch a/b +refs/heads/c:refs/remotes/a/b/c
the revision is too far back        | | HEAD~99    | There is no revision called "HEAD~99"
the revision does not exist         | | v0         | There is no revision called "v0" & Run: git branch --all && git tag
the revision does not exist         | clone | v0    | There is no revision called "v0" & Run: git fetch origin --tags
the branch of a remote was not fetched | clone --origin=a; git -C ../origin branch b/c | a/b/c~1 | There is no revision called "a/b/c~1" & Run: git fetch a +refs/heads/b/c:refs/remotes/a/b/c
the revision has no .proto file     | git rm -rq proto; commit; git checkout HEAD^ -- . | HEAD | no .proto file at HEAD at
only earlier commits have a .proto file | git rm -rq proto; commit; git checkout HEAD^ -- . || no .proto file at main at & or:  CONTRACT_BASE=published npm run check
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

test("rejects if a signal ends git, whose exit code is then no result", async () => {
  const checkout = await runScript("topic; commit; edit");
  const folder = temporaryFolder();
  const git = `#!/bin/sh\n[ $1 = merge-base ] && kill -9 $$\nPATH='${isolated.PATH}' exec git "$@"\n`;
  writeFileSync(join(folder, "git"), git, { mode: 0o755 });
  const result = find(checkout, { env: { PATH: `${folder}:${isolated.PATH}` } });
  await expectUserError(result, 2, "git merge-base failed:\n\ngit was ended by SIGKILL");
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
    loadBase(repository.checkout(env), temporaryFolder(), { against });

  test("of the working tree is compared with that of the base", async () => {
    const repository = await create();
    repository.edit(file, "  string id = 1;\n", "");
    const { image } = await loadWorkingTree(repository.checkout(), temporaryFolder());
    const comparison = await compareWithBase(repository.checkout(), image, await load(repository));
    expect(comparison).toMatchObject({ base: { kind: "revision" }, files: 1, changed: 1 });
    expect(comparison.findings).toMatchObject([
      { severity: "wire", file, violations: [{ rule: "FIELD_NO_DELETE" }] },
    ]);
  });

  test("of the last release is the base of npm run check without git, unless another one is named", async () => {
    const repository = await create();
    const { image } = await loadWorkingTree(repository.checkout(), temporaryFolder());
    const checkIn = (env?: NodeJS.ProcessEnv, against?: string) =>
      checkBreaking(repository.checkout(env), temporaryFolder(), image, against);
    expect(await checkIn()).toContain("no earlier contract to compare with: HEAD at ");
    expect(await checkIn({}, "main")).toContain("compared with main at ");
    expect(await checkIn({ CONTRACT_BASE: "main" })).toContain("compared with main at ");
    await expectUserError(checkIn({ CONTRACT_BASE: "main" }, "published"), 1, "breaking changes");
    repository.delete(".git");
    await expectUserError(checkIn(), 1, "compared with the contract of the last release");
    await expectUserError(checkIn({ CONTRACT_BASE: "main" }), 2, "is not in a git repository");
    await expectUserError(checkIn({}, "main"), 2, "is not in a git repository");
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
