import { expect, test } from "vitest";
import { packPullRequest, pullRequestVersion } from "../../scripts/lib/package/pack.ts";
import { expectUserError } from "../support/errors.ts";
import { Repository } from "../support/repository.ts";

test.each([
  ["abc1234def", "1.1.0-pr.12.abc1234"],
  ["1234567def", "1.1.0-pr.12.1234567"],
  ["0a12345def", "1.1.0-pr.12.0a12345"],
  // A number with a leading zero is no semantic version.
  ["0123456def", "1.1.0-pr.12.g0123456"],
])("the package of a pull request whose last commit is %s has the version %s", (commit, version) => {
  expect(pullRequestVersion("1.1.0", "12", commit)).toBe(version);
});

test.each([
  ["0", "abc1234"],
  ["12", "abc123"],
  ["12", "main"],
  ["", ""],
])('rejects the number "%s" with the commit "%s"', async (number, commit) => {
  const repository = Repository.empty();
  repository.write({ "package.json": '{ "version": "1.1.0" }' });
  await expectUserError(
    packPullRequest(repository.checkout(), number, commit),
    2,
    `"${number}" and "${commit}" are not`,
    "  Run: npm run pack:pull-request -- ",
  );
});

test("packs no package of a pull request before a build", async () => {
  const repository = Repository.empty();
  repository.write({ "package.json": '{ "version": "1.1.0" }' });
  await expectUserError(packPullRequest(repository.checkout(), "12", "abc1234"), 2, "  Run: npm run build");
});
