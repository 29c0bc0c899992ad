// Pushes the contract to the schema registry, for services that do not use npm.
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { cannotRun, UserError } from "../cli/errors.ts";
import { listFiles, withTemporaryFolder, writeFiles } from "../cli/files.ts";
import { type Checkout, outputOf } from "../cli/process.ts";
import { findRevision, type Revision } from "../contract/base.ts";
import { buf } from "../contract/buf.ts";
import {
  commitOf,
  fetchFrom,
  findCommitOfText,
  findNewest,
  isShallow,
  textAt,
  trackingRefspec,
} from "../contract/git.ts";
import { writeSources } from "../contract/snapshot.ts";

/** Options of `npm run push`. */
export interface PushOptions {
  /** Print what would be pushed, without a token and without the network. */
  dryRun?: boolean;
  /** Host of the registry. Default: that of buf.yaml. */
  registry?: string;
}

/**
 * Pushes the contract's module to the schema registry, from git objects: HEAD with the label `main` if it is the newest
 * commit of origin/main, and the commit that set the version in package.json with the label `v<version>`, unless the
 * registry has that label. In GitHub Actions of a fork, pushes nothing.
 *
 * @param print Gets each line of the report.
 * @throws UserError (exit code 2) without BUF_TOKEN, if HEAD is not a commit of origin/main, or if buf.yaml does not
 *   name the module; (exit code 1) if buf cannot push.
 */
export async function pushModule(
  checkout: Checkout,
  { dryRun = false, registry }: PushOptions,
  print: (line: string) => void,
): Promise<void> {
  if (registry !== undefined && !/^\w[\w.-]*(:\d+)?$/.test(registry)) {
    throw cannotRun(`"${registry}" is not the host of a registry.\n  Run: npm run push -- --registry <host>`);
  }
  const { GITHUB_REPOSITORY: current, BUF_TOKEN: token } = checkout.env;
  const head = await findRevision(checkout, "HEAD");
  const { repository, version, name } = await readConfiguration(checkout, head, registry);
  if (current && current.toLowerCase() !== repository.toLowerCase()) {
    print(`Nothing is pushed: this is ${current}, and only ${repository} pushes to the schema registry.`);
    return;
  }
  if (!dryRun && !token) {
    throw cannotRun(
      `BUF_TOKEN is not set, and a push to ${name} needs a token.\n` +
        "  Run: BUF_TOKEN=<token> npm run push      with one of https://buf.build/settings/user; in GitHub Actions, " +
        "set the secret BUF_TOKEN\n  or:  npm run push -- --dry-run      to print what would be pushed",
    );
  }
  const targets = new Map<string, string[]>();
  const newest = await findNewestOfMain(checkout, head.commit, dryRun);
  if (newest === head.commit) {
    targets.set(newest, ["main"]);
  } else {
    print(`The label main stays: ${newest} is a newer commit of origin/main.`);
  }
  const released = `v${version}`;
  const resolve = ["registry", "module", "commit", "resolve", `${name}:${released}`];
  if (dryRun && (await isShallow(checkout))) {
    print(`The label ${released} is unknown, as this clone is shallow.`);
  } else if (dryRun || (await buf(checkout, resolve)).code !== 0) {
    const release = await findCommitOfText(checkout, `## ${version}`, "CHANGELOG.md");
    if (release !== undefined) {
      targets.set(release, [...(targets.get(release) ?? []), released]);
    }
  }
  for (const [commit, labels] of targets) {
    const url = `https://github.com/${repository}/commit/${commit}`;
    print(`${name}, ${labels.join(" and ")}: ${url}`);
    await withTemporaryFolder(checkout.root, async (folder) => {
      const staged = await stageModule(checkout, folder, commit, registry);
      if (dryRun) {
        for (const file of listFiles(staged)) {
          print(`  ${file}`);
        }
        return;
      }
      const options = ["--source-control-url", url, ...labels.flatMap((label) => ["--label", label])];
      const result = await buf(checkout, ["push", ...options], { cwd: staged });
      if (result.code !== 0) {
        throw new UserError(
          `The push of ${name} failed:\n${outputOf(result)}  Run: npm run push      again, once that is fixed`,
        );
      }
      print(`  pushed as ${result.stdout.toString().trim()}`);
    });
  }
}

/** Returns the newest commit of origin/main, which must have HEAD. Without the network, HEAD may be newer. */
async function findNewestOfMain(checkout: Checkout, head: string, isOffline: boolean): Promise<string> {
  const refusal = isOffline ? undefined : await fetchFrom(checkout, trackingRefspec("origin", "main"));
  const main = (await commitOf(checkout, "refs/remotes/origin/main")) ?? head;
  const isOnMain = (await findNewest(checkout, [main, head])) === main;
  if (refusal !== undefined || !(isOnMain || isOffline)) {
    const problem = refusal ?? `HEAD at ${head.slice(0, 7)} is not a commit of origin/main.\n`;
    throw cannotRun(
      `Only commits of origin/main are pushed to the schema registry:\n${problem}  Run: git switch main && git pull`,
    );
  }
  return isOnMain ? main : head;
}

/**
 * Returns what package.json and buf.yaml of a commit state: the repository on GitHub, the version, and the module that is
 * not a dependency. `rename` replaces the host of its registry in a text.
 *
 * @throws UserError (exit code 2) if one of the files is invalid or lacks that.
 */
async function readConfiguration(checkout: Checkout, revision: Revision, registry?: string) {
  const [manifest = "", config = ""] = await Promise.all([
    textAt(checkout, revision, "package.json"),
    textAt(checkout, revision, "buf.yaml"),
  ]);
  try {
    const { repository, version }: { repository: { url: string }; version?: string } = parse(manifest);
    const { modules, deps }: { modules: { path?: string; name?: string }[]; deps?: string[] } = parse(config);
    const [, slug] = /github\.com\/([^/]+\/[^/]+?)(?:\.git)?$/.exec(repository.url) ?? [];
    const [{ path = ".", name = "" } = {}, ...others] = modules.filter(
      (module) => module.name && !deps?.some((dep) => `${dep}:`.startsWith(`${module.name}:`)),
    );
    if (slug && version && name && others.length === 0) {
      const [host = ""] = name.split("/");
      const rename = (text: string) => text.replaceAll(` ${host}/`, ` ${registry ?? host}/`);
      const renamed = `${registry ?? host}${name.slice(host.length)}`;
      return { repository: slug, version, path, name: renamed, deps: deps ?? [], rename };
    }
  } catch {
    // A syntax error, or a value of another type.
  }
  throw cannotRun(
    `At ${revision.label}, package.json must have a version and a repository with the URL\n` +
      "git+https://github.com/<owner>/<name>.git, and buf.yaml one named module that is not in its deps.\n" +
      "  Fix and commit them.",
  );
}

/**
 * Writes the module of a commit into a new folder, with what the registry shows about it. In the workspace, buf would
 * also look up the vendored module that the contract imports, and need its plugins.
 *
 * @param folder Empty folder, for that folder and for others.
 * @returns the path of the module's folder.
 * @throws UserError (exit code 2) if buf cannot read the workspace of the commit.
 */
export async function stageModule(
  checkout: Checkout,
  folder: string,
  commit: string,
  registry?: string,
): Promise<string> {
  const revision = await findRevision(checkout, commit);
  const { path, name, deps, rename } = await readConfiguration(checkout, revision, registry);
  const staged = join(folder, "staged");
  const workspace = join(folder, "workspace");
  await writeSources(checkout, workspace, revision);
  const cwd = join(workspace, revision.folder);
  const result = await buf(checkout, ["export", path, "--exclude-imports", "-o", staged], { cwd });
  if (result.code !== 0) {
    throw cannotRun(
      `buf cannot read the contract at ${revision.label}:\n${outputOf(result)}  Run: npm run lint`,
    );
  }
  const config = { version: "v2", modules: [{ path: ".", name }], deps };
  writeFiles(staged, { "buf.yaml": rename(stringify(config)) });
  for (const file of ["buf.lock", "README.md", "LICENSE"]) {
    const text = await textAt(checkout, revision, file);
    if (text !== undefined) {
      writeFiles(staged, { [file]: file === "buf.lock" ? rename(text) : text });
    }
  }
  return staged;
}
