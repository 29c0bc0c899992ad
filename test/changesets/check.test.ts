import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { checkChangesets } from "../../scripts/lib/changesets/check.ts";
import { draftChangeset } from "../../scripts/lib/changesets/draft.ts";
import { findPackageChanges } from "../../scripts/lib/changesets/package-changes.ts";
import { updateVersion } from "../../scripts/lib/changesets/version.ts";
import { run } from "../../scripts/lib/cli/process.ts";
import { findRevision } from "../../scripts/lib/contract/base.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { loadBase, loadWorkingTree, publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { expectUserError } from "../support/errors.ts";
import { type Repository, root, temporaryFolder } from "../support/repository.ts";
import {
  addSource,
  changesetText,
  check,
  contract,
  createRepository,
  edits,
  newChangeset,
  readme,
  writeChangeset,
} from "./repository.ts";

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
