// What changeset:check requires, in different layouts of a repository.
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkChangesets } from "../../scripts/lib/changesets/check.ts";
import { draftChangeset } from "../../scripts/lib/changesets/draft.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { expectUserError } from "../support/errors.ts";
import {
  addSource,
  check,
  contract,
  createRepository,
  edits,
  newChangeset,
  writeChangeset,
} from "./repository.ts";

/** Windows has no such characters in the names of files. */
const isWindows = process.platform === "win32";

test.concurrent("changesets cover the changes since the contract that an argument or CONTRACT_BASE names", async () => {
  const repository = await createRepository("main");
  repository.edit(contract, ...edits.minor);
  await repository.commit("Not covered");
  addSource(repository);
  await repository.commit("Not covered either");
  const since = (against: string) => checkChangesets(repository.checkout(), against);
  await expectUserError(check(repository), 1, "No changeset since HEAD^ at ", `${newChangeset}     to write`);
  const missing = [
    "No changeset since HEAD~2 at ",
    "in addition: src/more.ts",
    "Run: CONTRACT_BASE=HEAD~2 npm run changeset:new ",
  ];
  await expectUserError(since("HEAD~2"), 1, ...missing);
  const env = { CONTRACT_BASE: "published" };
  const published = [
    `(${publishedImage}), from CONTRACT_BASE`,
    "Run: CONTRACT_BASE=published npm run changeset:new ",
  ];
  await expectUserError(
    check(repository, env),
    1,
    "minor: 1 message added\nNo changeset since",
    ...published,
  );
  expect(await draftChangeset(repository.checkout(), "HEAD~2")).toContain(" is new, and requests minor.");
  expect(await since("HEAD~2")).toContain(" requests minor; compared with HEAD~2 at ");
  expect(await check(repository, env)).toContain(" requests minor; compared with the contract of the last ");
});

const prelude = `
commit() { git add --all; git commit --quiet --allow-empty --message=$1; }
source() { echo "export {};" > src/$1.ts; }
changeset() { printf -- '---\n"@agynio/api": %s\n---\n\nAbout it.\n' \${2:-patch} > .changeset/$1.md; }
main() { switch main; echo 'message Team {}' >> ${contract}; changeset main minor; commit main; switch -c next; }
switch() { git switch --quiet "$@"; }
`;

/** The layouts, which begin on a new branch, each with its script and a text of the result. */
const layouts = `
a branch behind main         | switch main; source a; changeset a; commit main; switch topic; commit docs           | no changeset is needed
a branch behind main         | switch main; source a; changeset a; commit main; switch topic; commit docs; source b | No changeset since main at
a branch that merged main    | source b; commit b; switch main; source a; changeset a; commit main; switch topic; git merge -q --no-edit main | No changeset since main at
a branch without commits     | switch main; source a; changeset a; commit main; switch -c new; source b             | No changeset since main at
a branch with a deleted changeset | source a; changeset a; commit a; git rm -q .changeset/a.md                      | No changeset since main at
a branch that renamed main's changeset | main; git mv .changeset/main.md .changeset/b.md; source b                      | No changeset since main at
a branch that renamed and edited main's changeset | main; git rm -q .changeset/main.md; changeset b major; source b     | .changeset/b.md requests major
a branch that lowered main's changeset | main; changeset main patch; commit next                                | The changesets make a patch release of 1.0.0, but compared with the contract of the last release
a branch that lowered main's changeset | main; changeset main none; commit next                                 | The changesets make no release, but
a branch that lowered main's changeset | main; changeset main; source b                                         | The changesets make a patch release
a branch that emptied main's changeset | main; printf -- '---\\n---\\n' > .changeset/main.md; commit next       | Run: npm run changeset:new -- --against published
a branch that deleted main's changeset | main; rm .changeset/main.md; commit next                               | It was edited or deleted since main at
a branch that deleted main's changeset | main; rm .changeset/main.md; changeset b minor; commit next            | no changeset is needed
a branch that raised main's changeset | main; changeset main major; commit next                                | no changeset is needed
main, after a covered commit | switch main; source a; changeset a; commit a; source b; commit b                     | No changeset since HEAD^ at
main with a merged branch    | source a; commit a; changeset a; commit c; switch main; git merge -q --no-ff --no-edit topic | .changeset/a.md requests patch; compared with HEAD^ at
main with its first commit   | switch --orphan first; git checkout main -- .; git branch -D main; commit a; switch -c main | no earlier contract to compare with: HEAD at
a merge that is not committed | source b; commit b; switch main; source a; changeset a; commit a; switch topic; git merge -q --no-commit main 2> /dev/null | patch: src/b.ts
a branch whose main has no JSON | switch main; echo oops > package.json; commit a; switch topic; git merge -q main; git checkout -q HEAD^ package.json; source a | package.json at main at
a sparse checkout            | git update-index -q --refresh; git sparse-checkout set --no-cone '/*' '!/src/'       | no changeset is needed: nothing in the package differs
main without a commit, by a branch | switch main; git update-ref -d HEAD                                            | There is no branch main to compare with here
main without a commit        | switch main; git update-ref -d HEAD; git branch -q -D topic                          | no earlier contract to compare with: nothing is committed yet
`;

test.concurrent.each(
  layouts
    .trim()
    .split("\n")
    .map((row) => row.split(/ +\| /)),
)("on %s, made by: %s, the check prints: %s", async (_, script = "", text = "") => {
  const repository = await createRepository();
  const { code, stderr } = await run(repository.checkout(), "sh", ["-euc", prelude + script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(await check(repository).catch(({ message }: Error) => message)).toContain(text);
});

test.concurrent("a repository that was moved to a folder is compared with its former folder", async () => {
  const repository = await createRepository();
  const script = `changeset earlier; commit a; git branch --force main; mkdir -p libs/api
    git mv $(git ls-files | cut -d / -f 1 | sort -u) libs/api; mv node_modules libs/api`;
  const moved = await run(repository.checkout(), "sh", ["-euc", prelude + script]);
  expect(outputOf(moved)).toBe("");
  const checkout = { ...repository.checkout(), root: join(repository.root, "libs/api") };
  expect(await checkChangesets(checkout)).toMatch(
    /nothing in the package differs from main at .* \(merge base\), in its folder there: \.$/,
  );
  repository.edit(`libs/api/${contract}`, ...edits.major);
  repository.write({ "libs/api/src/more.ts": "" });
  const image = `libs/api/${publishedImage}`;
  await expectUserError(
    checkChangesets(checkout),
    1,
    "major: 1 breaking (1 field removed)",
    "in addition: src/more.ts\n",
    "No changeset since main at",
  );
  repository.write({ [image]: "" });
  const restore = `Run: git show ${await repository.git("rev-parse", "main")}:${publishedImage} > ${publishedImage}`;
  await expectUserError(checkChangesets(checkout), 1, restore);
});

test.concurrent("differences that git hides are found, and those that git makes are none", async () => {
  const repository = await createRepository();
  const { stdout } = await run(repository.checkout(), "sh", [
    "-euc",
    `git config core.autocrlf true; rm -r src LICENSE; git checkout -q .; tail -c 2 LICENSE | od -c
     mv LICENSE terms; ln -s terms LICENSE; chmod +x src/redact.ts`,
  ]);
  expect(stdout.toString()).toContain("\\r  \\n");
  expect(await check(repository)).toContain("no changeset is needed: nothing in the package differs");
  await repository.git("update-index", "--assume-unchanged", "src/redact.ts");
  repository.edit("src/redact.ts", "{}", "{ }");
  const odd = isWindows ? "src/odd é.ts" : 'src/"odd\n\té.ts';
  repository.write({ [odd]: "" });
  await expectUserError(check(repository), 1, `patch: ${odd}, src/redact.ts\n`);
});

test.concurrent("a change is not blamed for what main lacks", async () => {
  const repository = await createRepository("main");
  repository.edit(contract, ...edits.minor);
  await repository.commit("Uncovered");
  await repository.git("switch", "--quiet", "--create", "topic");
  await repository.commit("Docs");
  expect(await check(repository)).toContain("no changeset is needed");
});

test.concurrent("the merge commit of a pull request needs a changeset for its own changes", async () => {
  const origin = await createRepository();
  const script = `source b; commit b; switch main; source a; changeset a; commit a; switch --detach
    git merge -q --no-edit topic; git update-ref refs/pull/1/merge HEAD; switch main`;
  expect(await run(origin.checkout(), "sh", ["-euc", prelude + script])).toMatchObject({
    code: 0,
    stderr: "",
  });
  const job = await origin.clone("--no-checkout", "--depth=1");
  await job.git("fetch", "--quiet", "--depth=1", "origin", "refs/pull/1/merge");
  await job.git("checkout", "--quiet", "--force", "FETCH_HEAD");
  const env = { GITHUB_ACTIONS: "true", GITHUB_BASE_REF: "main" };
  await expectUserError(check(job, env), 1, "No changeset since origin/main at ", newChangeset);
  writeChangeset(job, "patch");
  expect(await check(job, env)).toContain(
    ".changeset/change.md requests patch; compared with origin/main at ",
  );
});
