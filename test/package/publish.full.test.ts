import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { outputOf, run, runNpm } from "../../scripts/lib/cli/process.ts";
import { publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { Repository } from "../support/repository.ts";
import { unusedPackage } from "../support/unused.ts";

const users = "proto/agynio/api/users/v1/users.proto";
const teams = `proto/agynio/api/${unusedPackage("teams")}/v1/teams.proto`;

const versionOf = (repository: Repository): string => JSON.parse(repository.read("package.json")).version;

/** Runs `npm publish --dry-run`, which runs check and build before. */
async function publish(repository: Repository): Promise<{ code: number; output: string }> {
  const result = await runNpm(repository.checkout(), ["publish", "--dry-run"]);
  return { code: result.code, output: outputOf(result) };
}

test("two builds of one commit in different folders, with different umasks, have the same bytes", async () => {
  const repository = await Repository.whole();
  const tarballs: Buffer[] = [];
  for (const umask of ["022", "077"]) {
    const clone = await repository.clone();
    const script = `umask ${umask}; git rm -rq .; git checkout -q HEAD -- .; npm run --silent build`;
    const result = await run(clone.checkout(), "sh", ["-euc", script]);
    const tarball = `agynio-api-${versionOf(clone)}.tgz`;
    expect(outputOf(result)).toContain(tarball);
    expect(result.code).toBe(0);
    tarballs.push(readFileSync(join(clone.root, tarball)));
  }
  expect(tarballs[0]?.equals(tarballs[1] ?? Buffer.alloc(0))).toBe(true);
});

test("in CI, build rejects a gen/ that is not what the contract generates, and writes nothing", async () => {
  const copy = Repository.copy();
  copy.edit("gen/es/registry.ts", "createRegistry(", "createRegistry( ");
  const text = copy.read("gen/es/registry.ts");
  const { code, stdout, stderr } = await copy.npm("build", [], { CI: "true" });
  expect(stderr).toContain("stale      gen/es/registry.ts\n  Run: npm run generate\n");
  expect(stdout).toMatch(/^✗ generate /m);
  expect(code).toBe(1);
  expect(copy.read("gen/es/registry.ts")).toBe(text);
  expect(existsSync(join(copy.root, "dist"))).toBe(false);
});

test("npm publish rejects what check rejects, and builds nothing", async () => {
  const clone = await (await Repository.whole()).clone();
  clone.edit(users, /^ *string photo_url = 5\b/m, "string picture_url = 5");
  clone.edit("buf.gen.yaml", "version: v2", "version:   v2");
  clone.write({ ".changeset/break.md": '---\n"@agynio/api": major\n---\n' });
  const rejected = await publish(clone);
  expect(rejected.output).toMatch(/^✗ breaking /m);
  expect(rejected.output).toMatch(/^✗ format:check /m);
  expect(rejected.output).not.toContain("+ @agynio/api@");
  expect(rejected.code).not.toBe(0);
  expect(existsSync(join(clone.root, "dist"))).toBe(false);
});

test("npm run version updates only the version, the changelog and the published image, and needs no changeset", async () => {
  const copy = await Repository.whole();
  copy.separateModules();
  const before = versionOf(copy);
  copy.write({
    ".changeset/teams.md": '---\n"@agynio/api": minor\n---\n\nTeams are new.\n',
    [teams]: `syntax = "proto3";\n\npackage agynio.api.${unusedPackage("teams")}.v1;\n\nmessage Team {}\n`,
  });
  await copy.commit("Add teams");
  expect(await copy.npm("version")).toMatchObject({ code: 0, stderr: "" });
  const version = versionOf(copy);
  expect(version).not.toBe(before);
  expect(JSON.parse(copy.read("package-lock.json")).version).toBe(version);
  expect(copy.read("CHANGELOG.md")).toMatch(
    new RegExp(`^## ${version}\\n(?:.*\\n)*?.*Teams are new\\.`, "m"),
  );
  expect(copy.read(publishedImage)).toContain(teams.replace("proto/", ""));
  const changed = await copy.git("diff", "--name-only", "HEAD", "--", ":!.changeset/*.md");
  expect(changed.split("\n")).toEqual(["CHANGELOG.md", "package-lock.json", "package.json", publishedImage]);
  expect(await copy.git("ls-files", "--others", "--exclude-standard")).toBe("");

  await copy.commit("Release");
  expect((await copy.npm("changeset:check")).stdout).toContain(
    "no changeset is needed: nothing in the package",
  );
  expect(await copy.npm("version")).toMatchObject({ code: 0 });
  expect(await copy.git("status", "--porcelain")).toBe("");
});
