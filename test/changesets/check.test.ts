import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { readChangesets } from "../../scripts/lib/changesets/changesets.ts";
import { checkChangesets } from "../../scripts/lib/changesets/check.ts";
import { draftChangeset } from "../../scripts/lib/changesets/draft.ts";
import { findPackageChanges } from "../../scripts/lib/changesets/package-changes.ts";
import { updateVersion } from "../../scripts/lib/changesets/version.ts";
import { outputOf, run, runPackage } from "../../scripts/lib/cli/process.ts";
import { findRevision } from "../../scripts/lib/contract/base.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { loadBase, loadWorkingTree, publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { expectUserError } from "../support/errors.ts";
import { type Repository, root, temporaryFolder } from "../support/repository.ts";
import { changesetText, contract, createRepository, edits, writeChangeset } from "./repository.ts";

const check = (repository: Repository, env?: NodeJS.ProcessEnv) => checkChangesets(repository.checkout(env));

/** Windows has no such characters in the names of files. */
const isWindows = process.platform === "win32";

const newChangeset = "  Run: npm run changeset:new ";

/** Changes the package without its contract, which needs a patch. */
const addSource = (repository: Repository, name = "more") =>
  repository.write({ [`src/${name}.ts`]: `export const ${name} = 1;\n` });

describe.concurrent("the contract", () => {
  test.each([
    ["a breaking change", "major", "minor"],
    ["an addition", "minor", "patch"],
    ["documentation", "patch", "none"],
  ] as const)("%s needs at least a %s changeset", async (_, enough, tooLittle) => {
    const repository = await createRepository();
    repository.edit(contract, ...edits[enough]);
    writeChangeset(repository, tooLittle);
    const problem = `.changeset/change.md requests ${tooLittle}, which is less than ${enough}.\n`;
    await expectUserError(check(repository), 1, `${enough}: 1 `, problem, newChangeset);
    writeChangeset(repository, enough);
    const covered = new RegExp(
      `^${enough}: 1 .*\n.changeset/change.md requests ${enough}; compared with main at `,
    );
    expect(await check(repository)).toMatch(covered);
  });

  test("a breaking change that buf.yaml allows needs a major changeset", async () => {
    const repository = await createRepository("main");
    repository.edit("buf.yaml", "  use: [FILE]\n", "  use: [FILE]\n  ignore: [proto/agynio]\n");
    await repository.commit("Allow all");
    repository.edit(contract, ...edits.major);
    const base = await loadBase(repository.checkout(), temporaryFolder());
    const { image } = await loadWorkingTree(repository.checkout(), temporaryFolder());
    const { changed, findings } = await compareWithBase(repository.checkout(), image, base);
    expect({ changed, findings }).toEqual({ changed: 1, findings: [] });
    writeChangeset(repository, "minor");
    await expectUserError(
      check(repository),
      1,
      ".changeset/change.md requests minor, which is less than major.",
    );
  });

  test("has to compile, and needs git and a repository", async () => {
    const repository = await createRepository();
    const expectNoComparison = async (text: string, env?: NodeJS.ProcessEnv) => {
      await expectUserError(check(repository, env), 2, text);
      await expectUserError(draftChangeset(repository.checkout(env)), 2, text);
    };
    await expectNoComparison("git is not installed", { PATH: temporaryFolder() });
    repository.edit(contract, "User {", "User {{");
    await expectNoComparison("The contract does not compile");
    repository.delete(".git");
    await expectNoComparison("is not in a git repository");
  });
});

describe.concurrent("the rest of the package", () => {
  const changesOf = async (repository: Repository) => {
    const checkout = repository.checkout();
    return findPackageChanges(checkout, await findRevision(checkout, "main"));
  };

  test("needs a patch changeset if a packed file or a published field of package.json differs", async () => {
    const repository = await createRepository();
    repository.edit("src/redact.ts", "{}", "{ }");
    repository.edit("LICENSE", "None", "Any");
    addSource(repository);
    const manifest = JSON.parse(repository.read("package.json"));
    const fields = { type: "module", bin: "./dist/bin.js", scripts: { postinstall: "true", build: "true" } };
    repository.write({ "package.json": JSON.stringify({ ...manifest, ...fields, devDependencies: {} }) });
    const sources = [
      "LICENSE",
      "src/more.ts",
      "src/redact.ts",
      "package.json (type, bin, scripts.postinstall)",
    ];
    expect(await changesOf(repository)).toEqual({ contract: [], sources, build: [] });
    await expectUserError(check(repository), 1, `patch: ${sources.join(", ")}\nNo changeset`);
    await repository.restore();
    repository.edit(contract, "  string id", "   string id");
    repository.write({ "gen/es/registry.ts": "" });
    await repository.commit("Change");
    expect(await changesOf(repository)).toEqual({
      contract: ["gen/es/registry.ts", contract],
      sources: [],
      build: [],
    });
    await expectUserError(
      check(repository),
      1,
      `patch: gen/es/registry.ts, ${contract}\nNo changeset since main at `,
    );
    writeChangeset(repository, "patch");
    expect(await check(repository)).toContain(".changeset/change.md requests patch; compared with main at ");
  });

  test("needs no changeset if only files that are not packed differ", async () => {
    const repository = await createRepository();
    const others = ["README.md", "CHANGELOG.md", "test/a.test.ts", "third_party/opentelemetry/README.md"];
    const ignored = ["scripts/check.ts", ".github/workflows/release.yml", "dist/esm/new.js"];
    repository.write(Object.fromEntries([...others, ...ignored].map((path) => [path, "// More.\n"])));
    const manifest = {
      ...JSON.parse(repository.read("package.json")),
      devDependencies: {},
      version: "1.0.1",
    };
    repository.write({ "package.json": JSON.stringify(manifest) });
    const problem =
      "package.json has version 1.0.1, which is not the newest in CHANGELOG.md: only a release sets the version.";
    await expectUserError(check(repository), 1, `${problem}\n  Set it to 1.0.0 again.`);
    repository.write({ "CHANGELOG.md": "# @agynio/api\n\n## 1.0.2\n\n## 1.0.1\n" });
    await expectUserError(check(repository), 1, problem);
    repository.write({ "CHANGELOG.md": "# @agynio/api\n\n## 1.0.1\n" });
    expect(await check(repository)).toContain(
      "no changeset is needed: nothing in the package differs from main at ",
    );
  });

  test("needs a changeset, which may request none, if only the way it is built differs", async () => {
    const repository = await createRepository();
    const build = [
      "connect-v1/tsconfig.json",
      "scripts/lib/package/compile.ts",
      "scripts/lib/package/pure.ts",
      "src/tsconfig.json",
      "tsconfig.build.json",
    ];
    repository.write(Object.fromEntries(build.map((path) => [path, ""])));
    const differs = `how the package is built: ${build.join(", ")}\n`;
    await expectUserError(
      check(repository),
      1,
      differs,
      'set its bump to "none" if the package is unchanged',
    );
    writeChangeset(repository, "none");
    expect(await check(repository)).toContain(".changeset/change.md requests none");
  });
});

describe.concurrent("the published image", () => {
  const problem = `${publishedImage} is the contract of the last release, and only a release changes it.\n  Run: `;

  /** Expects that the check rejects the image, and that the command in its message restores it. */
  async function expectEdited(repository: Repository): Promise<void> {
    const { message } = await expectUserError(check(repository), 1, problem);
    const edited = await run(repository.checkout(), "sh", ["-c", message.slice(problem.length)]);
    expect(edited).toMatchObject({ code: 0 });
    await check(repository);
  }

  test("cannot be edited or deleted by hand, committed or not", async () => {
    const repository = await createRepository();
    repository.edit(contract, ...edits.minor);
    writeChangeset(repository, "minor");
    await buildImage(repository.checkout(), join(repository.root, publishedImage));
    await repository.commit("Publish by hand");
    await expectEdited(repository);
    repository.delete(publishedImage);
    await expectEdited(repository);
  });

  test("can be moved to another folder, but not edited in the same change", async () => {
    const repository = await createRepository();
    await repository.git("mv", publishedImage, "published.binpb");
    await repository.commit("Before the move");
    await repository.git("branch", "--force", "main");
    await repository.git("mv", "published.binpb", publishedImage);
    expect(await check(repository)).toContain("no changeset is needed");
    repository.edit(contract, ...edits.minor);
    writeChangeset(repository, "minor");
    await buildImage(repository.checkout(), join(repository.root, publishedImage));
    await expectEdited(repository);
  });
});

describe.concurrent("a changeset", () => {
  test("counts if the branch added it, or edited more than its line ends", async () => {
    const repository = await createRepository("main");
    repository.write({ ".gitattributes": readFileSync(join(root, ".gitattributes")) });
    writeChangeset(repository, "major", "earlier");
    await repository.commit("Earlier");
    addSource(repository);
    repository.edit(".changeset/earlier.md", /\n/g, "\r\n");
    await expectUserError(check(repository), 1, "No changeset since main at");
    writeChangeset(repository, "major", "same-text");
    expect(await check(repository)).toContain(".changeset/same-text.md requests major");
    repository.delete(".changeset/same-text.md");
    repository.edit(".changeset/earlier.md", "change.", "change, edited.");
    expect(await check(repository)).toContain(".changeset/earlier.md requests major");
  });

  test("has to name the package", async () => {
    const repository = await createRepository();
    addSource(repository);
    repository.write({ ".changeset/a.md": "---\n---\n\nNothing.\n" });
    const unrelated = ".changeset/a.md does not name @agynio/api.\n";
    await expectUserError(check(repository), 1, `${unrelated}No changeset since`, newChangeset);
    writeChangeset(repository, "minor");
    expect(await check(repository)).toContain(".changeset/change.md requests minor");
  });

  const functions = [
    ["changeset:check", checkChangesets],
    ["changeset:new", draftChangeset],
    ["version", updateVersion],
  ] as const;

  test.each(functions)("is rejected by %s if no release would consume it", async (_, call) => {
    const repository = await createRepository();
    repository.write({
      ".changeset/README.md": readme,
      ".changeset/odd.md": changesetText("minor", "connect-v1"),
    });
    const error = await expectUserError(
      call(repository.checkout()),
      1,
      ".changeset/odd.md:2 names connect-v1, which is private or ignored: no release would consume the changeset.\n" +
        '  Write "@agynio/api": minor instead.\n' +
        "  Or run: rm -r .changeset/odd.md && npm run changeset:new ",
    );
    expect(error.annotations).toMatchObject([{ file: ".changeset/odd.md", line: 2 }]);
    expect(error.message).not.toContain("README");
  });

  test("is rejected if no release could be made at all", async () => {
    const repository = await createRepository();
    repository.write({ ".changeset/pre.json": "{" });
    await expectUserError(check(repository), 1, "The next release cannot be planned from .changeset:\n");
    repository.write({ ".changeset/config.json": '{ "ignore": ["@agynio/*"] }' });
    await expectUserError(
      check(repository),
      1,
      "No release would be made of @agynio/api: it is private or has ",
    );
    repository.write({ ".changeset/config.json": '{ "changelog": "missing" }' });
    await expectUserError(check(repository), 1, "config.json cannot be read:\nCannot find module 'missing'");
    repository.write({ ".changeset/config.json": '{ "ignore": 3 }' });
    await expectUserError(
      check(repository),
      1,
      ".changeset/config.json cannot be read:\n",
      "`ignore` option",
    );
  });
});

test.concurrent("a release is rejected if changes of a later release were merged before it", async () => {
  const repository = await createRepository("main");
  repository.edit(contract, ...edits.minor);
  writeChangeset(repository, "minor");
  await repository.commit("Add teams");
  await repository.git("switch", "--quiet", "--create", "release");
  repository.delete(".changeset/change.md");
  repository.edit("package.json", "1.0.0", "1.1.0");
  repository.write({ "CHANGELOG.md": "# @agynio/api\n\n## 1.1.0\n" });
  await buildImage(repository.checkout(), join(repository.root, publishedImage));
  await repository.commit("Release");
  expect(await check(repository)).toContain("no changeset is needed");
  await repository.git("switch", "--quiet", "main");
  repository.edit(contract, ...edits.patch);
  writeChangeset(repository, "patch", "later");
  await repository.commit("Later");
  await repository.git("merge", "--quiet", "--no-commit", "release");
  const problem =
    "Version 1.1.0 would contain changes of a later release: .changeset/later.md would remain.\n";
  const since = (against: string) => checkChangesets(repository.checkout(), against);
  await expectUserError(since("main"), 1, problem);
  repository.delete(".changeset/later.md");
  const unpublished = "The changesets make no release, but compared with the contract of the last release";
  await expectUserError(since("main"), 1, `${unpublished} (${publishedImage}), the contract is\npatch: `);
});

/** The README.md that `changeset init` writes. */
const readme =
  "# Changesets\n\nHello and welcome! This folder has been automatically generated by `@changesets/cli`.\n";

describe.concurrent("as changesets itself does, readChangesets", () => {
  /** Runs `changeset version`, and returns its exit code and the files in .changeset after it. */
  async function consume(repository: Repository) {
    const { code } = await runPackage(repository.checkout(), "@changesets/cli", "changeset", ["version"]);
    return { code, files: readdirSync(join(repository.root, ".changeset")).sort() };
  }

  test("takes some files, which a release consumes, and leaves others", async () => {
    const repository = await createRepository();
    const text = changesetText("patch");
    const taken = {
      "before.md": `Text.\n${text}`,
      "crlf.md": `\uFEFF\r\n\r\n${text.replaceAll("\n", "\r\n")}`,
      "empty.md": "---\n---\n",
      "flow.md": '---\n{ "@agynio/api": minor }\n---\n',
      "none.md": changesetText("none"),
      ...(isWindows ? {} : { "two\nlines.md": text }),
    };
    const left = {
      "ReadMe.Md": readme,
      ".hidden.md": text,
      "a.MD": text,
      "a.markdown": text,
      "a.txt": "",
    };
    const files = Object.entries({ ...taken, ...left });
    repository.write(Object.fromEntries(files.map(([name, content]) => [`.changeset/${name}`, content])));
    const link = (target: string, name: string) =>
      symlinkSync(target, join(repository.root, ".changeset", name));
    link("../LICENSE", "z.text");
    link("../src", "folder");
    repository.write({ "linked.md": text });
    link("../linked.md", "link.md");
    const paths = (await readChangesets(repository.root)).map(({ path }) => path);
    expect(paths).toEqual([...Object.keys(taken), "link.md"].map((name) => `.changeset/${name}`).sort());
    const remaining = [...Object.keys(left), "z.text", "folder", "config.json"].sort();
    expect(await consume(repository)).toEqual({ code: 0, files: remaining });
  });

  const api = '"@agynio/api": patch';
  const [ignored, private_] = ['"ignored": patch', '"connect-v1": none'];
  const text = (...releases: string[]) => `---\n${releases.join("\n")}\n---\n`;
  test.each([
    [
      "a private package",
      "odd.md",
      text(private_),
      ":2 names connect-v1, which is",
      'Write "@agynio/api": none',
    ],
    [
      "an ignored package",
      "odd.md",
      text(ignored),
      ":2 names ignored, which is",
      'Write "@agynio/api": patch',
    ],
    ["a private package and another", "odd.md", text(api, private_), ":3 names connect-v1", "Remove it."],
    ["an ignored package and another", "odd.md", text(ignored, api), ":2 names ignored", "Remove it."],
    [
      "an unknown package",
      "odd.md",
      text('"@agynio/apii": major'),
      ":2 names @agynio/apii",
      '"@agynio/api": major',
    ],
    [
      "a name after its text",
      "odd.md",
      `About connect-v1.\n${text(private_)}`,
      ":3 names connect-v1",
      '"@agynio/api": none',
    ],
    ["a name within another", "odd.md", text(api, '"api": minor'), ":3 names api,", "Remove it."],
    [
      "an escaped name",
      "odd.md",
      text(api, '"connect\\u002dv1": none'),
      ":3 names connect-v1,",
      "Remove it.",
    ],
    [
      "flow style",
      "odd.md",
      text("{", "  connect-v1: none }"),
      ":3 names connect-v1,",
      '"@agynio/api": none',
    ],
    ["a package twice", "odd.md", text(api, api), " cannot be read: could not parse changeset", "Fix it."],
    [
      "an unknown bump",
      "odd.md",
      text('"@agynio/api": huge'),
      " cannot be read: could not parse changeset",
      "Fix it.",
    ],
    ["an empty file", "odd.md", "", " cannot be read: could not parse changeset", "Fix it."],
    ["text alone", "odd.md", "About.", " cannot be read: could not parse changeset", "Fix it."],
    ["invalid YAML", "odd.md", "---\n: [\n---\n", " cannot be read: could not parse changeset", "Fix it."],
    ["another name", "odd.mdx.md", text(api), " has .md inside its name", "Rename it."],
    ["a folder", "odd/file.md", text(api), " is a folder", "Move its files to another folder."],
    ["a hidden folder", ".odd/file", "", " is a folder", "Move its files to another folder."],
  ])("rejects %s, which no release consumes", async (_, name, content, ...texts) => {
    const repository = await createRepository();
    repository.edit(".changeset/config.json", "{", '{ "ignore": ["ign*"],');
    repository.edit("package.json", '"connect-v1"', '"connect-v1", "more/*"');
    repository.write({
      [`.changeset/${name}`]: content,
      "more/ignored/package.json": '{ "name": "ignored", "version": "1.0.0" }\n',
    });
    const [entry = ""] = name.split("/");
    const [problem, fix] = texts;
    await expectUserError(readChangesets(repository.root), 1, `.changeset/${entry}${problem}`, fix ?? "");
    const { files } = await consume(repository);
    expect(files).toContain(entry);
  });

  test("rejects a link to a missing file", async () => {
    const repository = await createRepository();
    symlinkSync("missing", join(repository.root, ".changeset/odd.md"));
    await expectUserError(readChangesets(repository.root), 1, ".changeset/odd.md cannot be read: ENOENT");
    expect(await consume(repository)).toMatchObject({ code: 1 });
  });
});

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
  await expectUserError(check(repository, env), 1, "minor: 1 message\nNo changeset since", ...published);
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
    "major: 1 field removed",
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
