import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../scripts/lib/run.js";
import { isolated } from "../support/environment.js";
import { WorkingCopy } from "../support/working-copy.js";

/** Clones a repository into a new folder, with node_modules as they are here. */
async function clone(from: string, umask = "022"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "agynio-api-clone-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const script = 'umask "$1" && git clone --quiet "$2" "$3"';
  expect(await run("sh", ["-c", script, "sh", umask, from, folder], { env: isolated })).toMatchObject({
    code: 0,
  });
  for (const modules of ["node_modules", "third_party/connect-v1/node_modules"]) {
    symlinkSync(resolve(modules), join(folder, modules));
  }
  return folder;
}

/** A repository whose only commit is the working tree as it is now. */
async function committed(): Promise<string> {
  const { folder } = new WorkingCopy();
  const git = (...args: string[]) => run("git", args, { cwd: folder, env: isolated });
  await git("init", "--quiet", "--initial-branch", "main");
  await git("add", "--all");
  const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
  expect(await git(...identity, "commit", "--quiet", "--message", "Everything")).toMatchObject({ code: 0 });
  return folder;
}

test("two builds of one commit in different folders, by people with different umasks, give the same tarball, byte for byte", async () => {
  const repository = await committed();
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));
  const tarballs: Buffer[] = [];
  for (const umask of ["022", "077"]) {
    const folder = await clone(repository, umask);
    const build = `umask ${umask} && npm run --silent build`;
    const { code, stdout, stderr } = await run("sh", ["-c", build], { cwd: folder, env: isolated });
    expect(stderr + stdout).toContain(`agynio-api-${version}.tgz`);
    expect(code).toBe(0);
    tarballs.push(readFileSync(join(folder, `agynio-api-${version}.tgz`)));
  }
  expect(tarballs[0]?.equals(tarballs[1] ?? Buffer.alloc(0))).toBe(true);
});

test("npm publish --dry-run passes in a fresh clone, and builds what it publishes", async () => {
  const folder = await clone(await committed());
  const { code, stdout, stderr } = await run("npm", ["publish", "--dry-run"], { cwd: folder, env: isolated });
  expect(stderr).toContain("dist/esm/es/registry.js");
  expect(stdout.toString()).toMatch(/\+ @agynio\/api@/);
  expect(code).toBe(0);
  expect(existsSync(join(folder, "dist/image.binpb"))).toBe(true);
});

test("npm run version moves the version, the changelog and the published contract, and nothing else", async () => {
  const folder = await clone(await committed());
  const read = (name: string) => readFileSync(join(folder, name));
  const former = JSON.parse(read("package.json").toString()).version;
  writeFileSync(join(folder, ".changeset/teams.md"), '---\n"@agynio/api": minor\n---\n\nTeams are new.\n');
  const teams = join(folder, "proto/agynio/api/teams/v1/teams.proto");
  mkdirSync(dirname(teams), { recursive: true });
  writeFileSync(teams, 'syntax = "proto3";\n\npackage agynio.api.teams.v1;\n\nmessage Team {}\n');
  expect(await run("npm", ["run", "version"], { cwd: folder, env: isolated })).toMatchObject({ code: 0 });

  const { version } = JSON.parse(read("package.json").toString());
  expect(version).not.toBe(former);
  expect(JSON.parse(read("package-lock.json").toString()).version).toBe(version);
  expect(read("CHANGELOG.md").toString()).toMatch(
    new RegExp(`^## ${version}\\n(?:.*\\n)*?.*Teams are new\\.`, "m"),
  );
  expect(read("published.binpb").includes("agynio/api/teams/v1/teams.proto")).toBe(true);
  const { stdout } = await run("git", ["status", "--porcelain", "--", ":!.changeset", ":!proto"], {
    cwd: folder,
    env: isolated,
  });
  expect(
    stdout
      .toString()
      .trim()
      .split(/\s*\n?\s?M /)
      .filter(Boolean),
  ).toEqual(["CHANGELOG.md", "package-lock.json", "package.json", "published.binpb"]);
});
