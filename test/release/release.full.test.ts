// A release from a changeset to programs that use it, with a registry and a git remote of the test's own. Only the
// provenance is left out: npm's registry accepts it from a CI job only.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { getPackages } from "@manypkg/get-packages";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { compareTrees, writeFiles } from "../../scripts/lib/cli/files.ts";
import { run, runNpm, settleAll } from "../../scripts/lib/cli/process.ts";
import { packPackage } from "../../scripts/lib/package/pack.ts";
import { contract } from "../support/contract.ts";
import { versionsOf } from "../support/dependencies.ts";
import { here, isolated, Repository, root, temporaryFolder } from "../support/repository.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippets } from "../support/snippets.ts";
import { type Registry, runIn, startRegistry } from "./registry.ts";

const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name: string };
const text = "The release has this text.";

let registry: Registry;
let origin: Repository;
/** A clone of the commit that sets the version. */
let released: Repository;
let version = "";

beforeAll(async () => {
  [registry, origin] = await settleAll([startRegistry(), createOrigin()] as const);
});
afterAll(() => registry?.stop());

/** Makes a bare repository whose main is this repository's working tree after its next release's pull request. */
async function createOrigin(): Promise<Repository> {
  const bare = await (await Repository.whole()).clone("--bare");
  const clone = await bare.clone();
  clone.separateModules();
  clone.write({ ".changeset/release.md": `---\n"${name}": minor\n---\n\n${text}\n` });
  await clone.commit("Change");
  expect(await clone.npm("version")).toMatchObject({ code: 0, stderr: "" });
  version = JSON.parse(clone.read("package.json")).version;
  await clone.commit("Release");
  await clone.git("push", "--quiet", "origin", "main");
  return bare;
}

/** Runs the command of the workflow that publishes, in a clone. */
const release = (clone: Repository, env: NodeJS.ProcessEnv = {}) =>
  clone.npm("release", [], {
    npm_config_registry: registry.url,
    npm_config_userconfig: registry.userconfig,
    ...env,
  });

/** Returns what the registry has of the package, or undefined. */
async function readPackument() {
  const response = await fetch(`${registry.url}${name}`);
  return response.ok ? ((await response.json()) as Packument) : undefined;
}
interface Packument {
  "dist-tags": Record<string, string>;
  versions: Record<string, { dist: { integrity: string } }>;
}

/** Returns the tags that changesets/action 1.9.0 finds in the output of the release: it pushes them. */
const tagsIn = (stdout: string) => [...stdout.matchAll(/New tag: +(\S+)/g)].map(([, tag]) => tag);

test("a release that the registry refuses publishes nothing and creates no tag", async () => {
  const clone = await origin.clone();
  // Without the scripts of npm publish, which have nothing to do with the refusal.
  const { code, stdout } = await release(clone, {
    npm_config_userconfig: "/dev/null",
    npm_config_ignore_scripts: "true",
  });
  expect(stdout).not.toContain("New tag");
  expect(code).toBe(1);
  expect(await clone.git("tag")).toBe("");
  expect(await readPackument()).toBeUndefined();
});

test("the next run publishes the package and creates the tag that changesets/action pushes", async () => {
  released = await origin.clone();
  const { code, stdout, stderr } = await release(released);
  expect({ code, tags: tagsIn(stdout) }, stderr).toEqual({ code: 0, tags: [`v${version}`] });
  expect(await released.git("tag")).toBe(`v${version}`);
  expect(await released.git("status", "--porcelain")).toBe("");
  const { "dist-tags": tags, versions } = (await readPackument()) ?? {};
  expect(tags).toEqual({ latest: version });
  expect(Object.keys(versions ?? {})).toEqual([version]);
  const { integrity } = await packPackage(released.checkout());
  expect(versions?.[version]?.dist.integrity).toBe(integrity);
});

test("changesets/action finds the package and the text of the GitHub release", async () => {
  // In a repository with workspaces, the action would push the tag <name>@<version>.
  const { tool, packages } = await getPackages(released.root);
  expect(tool).toBe("root");
  expect(packages.map(({ packageJson }) => packageJson.name)).toEqual([name]);
  const section = released.read("CHANGELOG.md").split(/^(?=## )/m)[1];
  expect(section).toMatch(new RegExp(`^## ${version}\\n`));
  expect(section).toContain(text);
});

test("the next run creates the tag if a run published the package and did not push the tag", async () => {
  const before = await readPackument();
  const clone = await origin.clone();
  expect(await clone.git("tag")).toBe("");
  const { code, stdout } = await release(clone);
  expect({ code, tags: tagsIn(stdout) }).toEqual({ code: 0, tags: [`v${version}`] });
  expect(await readPackument()).toEqual(before);
  await clone.git("push", "--quiet", "origin", `v${version}`);
  expect(await origin.git("rev-parse", `v${version}^{commit}`, "main")).toMatch(/^(\w+)\n\1$/);
});

test("another run changes nothing", async () => {
  const before = await readPackument();
  const { code, stdout } = await release(await origin.clone());
  expect({ code, tags: tagsIn(stdout) }).toEqual({ code: 0, tags: [] });
  expect(await readPackument()).toEqual(before);
});

/** How to install packages with each package manager, and the options of Node.js that its programs need. */
const managers: Record<
  string,
  { files?: () => Record<string, string>; install: () => string[]; options?: string[] }
> = {
  npm: { install: () => ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"] },
  pnpm: { install: () => ["node", registry.pnpm, "install", "--prefer-offline"] },
  Yarn: { files: () => yarnFiles("node-modules"), install: () => ["node", registry.yarn, "install"] },
  "Yarn with Plug'n'Play": {
    files: () => yarnFiles("pnp"),
    install: () => ["node", registry.yarn, "install"],
    options: ["--require", "./.pnp.cjs", "--loader", "./.pnp.loader.mjs"],
  },
};

const yarnFiles = (nodeLinker: string) => ({
  // Marks the project's root.
  "yarn.lock": "",
  ".yarnrc.yml": JSON.stringify({
    nodeLinker,
    npmScopes: { agynio: { npmRegistryServer: registry.url } },
    unsafeHttpWhitelist: ["localhost"],
    // By default, Yarn installs no release that is younger than a day.
    npmPreapprovedPackages: [name],
  }),
});

/** Makes a project with dependencies, and installs them. The caches of pnpm and Yarn are in the folder. */
async function install(manager: string, dependencies: Record<string, string>): Promise<string> {
  const folder = temporaryFolder();
  const { files, install: command } = managers[manager] ?? {};
  writeFiles(folder, {
    "package.json": JSON.stringify({ private: true, dependencies }),
    ".npmrc": `${name.split("/")[0]}:registry=${registry.url}\n`,
    ...files?.(),
  });
  const [program = "", ...args] = command?.() ?? [];
  await runIn(folder, program, args, {
    YARN_GLOBAL_FOLDER: join(folder, ".yarn"),
    XDG_DATA_HOME: join(folder, ".data"),
    XDG_CACHE_HOME: join(folder, ".cache"),
    XDG_STATE_HOME: join(folder, ".state"),
  });
  return folder;
}

const runtimes = versionsOf([
  "@bufbuild/protobuf",
  "@connectrpc/connect",
  "@connectrpc/connect-node",
  "@connectrpc/connect-web",
]);

test.each(Object.keys(managers))(
  "README's client and server run in a project that %s installs",
  async (manager) => {
    const folder = await install(manager, { [name]: `^${version}`, ...runtimes });
    const port = await freePort();
    const snippets = readSnippets();
    // They are JavaScript too. The test of the documentation compiles them.
    for (const title of ["server", "client"]) {
      const { code = "" } = snippets.get(`README.md: A ${title} 0`) ?? {};
      writeFiles(folder, { [`${title}.mjs`]: code.replaceAll("8080", `${port}`) });
    }
    const options = managers[manager]?.options ?? [];
    onTestFinished(await serve(folder, [...options, "server.mjs"], port, isolated));
    const { values = [] } = contract.getEnum("agynio.api.runners.v1.WorkloadStatus") ?? {};
    expect(await runIn(folder, "node", [...options, "client.mjs"])).toBe(
      `w1 ${values.findLast(({ number }) => number === 2)?.localName}\n`,
    );
  },
);

test("a pull request's package installs with npm and with Plug'n'Play, and is no release to them", async () => {
  const result = await runNpm(here, ["run", "--silent", "pack:pull-request", "--", "12", "0123456789"], {
    env: { GITHUB_RUN_ID: "7", GITHUB_REPOSITORY: "agynio/api" },
  });
  const [heading, download, installation = ""] = result.stdout.toString().split("\n");
  expect(heading).toBe("# Install the package of this pull request:");
  expect(download).toBe("gh run download 7 --repo agynio/api --name package");
  const tarball = join(root, installation.replace("npm install ", ""));
  onTestFinished(() => rmSync(tarball, { force: true }));
  const { version: base } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const prerelease = `${base}-pr.12.g0123456`;
  const folders: Record<string, string> = {};
  for (const manager of ["npm", "Yarn with Plug'n'Play"]) {
    folders[manager] = await install(manager, { [name]: `file:${tarball}` });
  }
  const program = `console.log(require("${name}/package.json").version)`;
  for (const [manager, folder] of Object.entries(folders)) {
    const options = managers[manager]?.options ?? [];
    expect(await runIn(folder, "node", [...options, "-e", program])).toBe(`${prerelease}\n`);
  }

  // The same tarball as the release's, but for the version.
  const [packed, plain] = [tarball, inject("tarball")].map((path) => {
    const folder = temporaryFolder();
    execFileSync("tar", ["xzf", path, "-C", folder]);
    return folder;
  }) as [string, string];
  expect(compareTrees(plain, packed)).toEqual({ stale: ["package/package.json"], missing: [], leftOver: [] });
  const [theirs, ours] = [plain, packed].map((folder) =>
    JSON.parse(readFileSync(join(folder, "package/package.json"), "utf8")),
  );
  expect(ours).toEqual({ ...theirs, version: prerelease });

  // npm takes it for no version of the range that the release is in.
  const { npm: folder = "" } = folders;
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  writeFiles(folder, { "package.json": manifest.replace(`file:${tarball}`, `^${base}`) });
  const listed = await run(here, "npm", ["ls", name], { cwd: folder });
  expect(listed).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`invalid: ${name}@${prerelease}`),
  });
});
