// Pushes the contract to the schema registry, for services that do not use npm.
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { cannotRun, UserError } from "../cli/errors.ts";
import { listFiles, withTemporaryFolder, writeFiles } from "../cli/files.ts";
import { type Checkout, outputOf } from "../cli/process.ts";
import { findRevision, type Revision } from "../contract/base.ts";
import { buf } from "../contract/buf.ts";
import {
  fetchFrom,
  findCommitOfText,
  findMergeBases,
  isShallow,
  refs,
  textAt,
  trackingRefspec,
} from "../contract/git.ts";
import { publishedImage, writeSources } from "../contract/snapshot.ts";

/** Options of `npm run push`. */
export interface PushOptions {
  /** Print what would be pushed, without a token and without the network. */
  dryRun?: boolean;
  /** Host of the registry. Default: that of buf.yaml. */
  registry?: string;
}

/** The contract's module in a buf.yaml. */
interface Module {
  /** Path of its folder from the contract's folder. */
  path: string;
  /** Name on the registry. */
  name: string;
  /** Names of the modules that it depends on. */
  deps: string[];
  /** Replaces the host in the name of a module of the same registry. */
  rename: (name: string) => string;
}

/** A buf.lock: https://buf.build/docs/configuration/v2/buf-lock */
interface Lock {
  deps?: { name: string }[];
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
  const { GITHUB_REPOSITORY: current, BUF_TOKEN: token } = checkout.env;
  const head = await findRevision(checkout, "HEAD");
  const { repository, version } = await readManifest(checkout, head);
  if (current && current.toLowerCase() !== repository.toLowerCase()) {
    print(`Nothing is pushed: this is ${current}, and only ${repository} pushes to the schema registry.`);
    return;
  }
  const { name } = readModule(await requireText(checkout, head, "buf.yaml"), registry);
  if (!dryRun && !token) {
    throw cannotRun(
      `BUF_TOKEN is not set, and a push to ${name} needs a token.\n` +
        "  Run: BUF_TOKEN=<token> npm run push      with one of https://buf.build/settings/user; in GitHub Actions, " +
        "set the secret BUF_TOKEN\n  or:  npm run push -- --dry-run      to print what would be pushed",
    );
  }
  const newest = await findNewestOfMain(checkout, head, dryRun);
  const isPartial = dryRun && (await isShallow(checkout));
  if (isPartial) {
    print(`The label v${version} is unknown, as this clone is shallow.`);
  }
  const release = isPartial ? undefined : await findRelease(checkout, version);
  const isReleased =
    !dryRun &&
    (await buf(checkout, ["registry", "module", "commit", "resolve", `${name}:v${version}`])).code === 0;
  const targets = new Map<string, string[]>();
  if (newest === head.commit) {
    targets.set(head.commit, ["main"]);
  } else {
    print(`The label main stays: ${newest} is a newer commit of origin/main.`);
  }
  if (release !== undefined && !isReleased) {
    targets.set(release, [...(targets.get(release) ?? []), `v${version}`]);
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
      const options = [...labels.flatMap((label) => ["--label", label]), "--source-control-url", url];
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

/**
 * Returns the commit that set a version; undefined if it has no published image, as that of 1.1.0, which was released
 * before there was one and has another contract than npm.
 */
async function findRelease(checkout: Checkout, version: string): Promise<string | undefined> {
  const commit = await findCommitOfText(checkout, `## ${version}`, "CHANGELOG.md");
  const hasImage = commit !== undefined && (await findRevision(checkout, commit)).hasFile(publishedImage);
  return hasImage ? commit : undefined;
}

/** Returns the repository on GitHub and the version that a commit's package.json states. */
async function readManifest(checkout: Checkout, revision: Revision) {
  const { repository, version } = JSON.parse(await requireText(checkout, revision, "package.json")) as {
    repository?: string | { url?: string };
    version?: string;
  };
  const url = typeof repository === "string" ? repository : (repository?.url ?? "");
  const [, slug] = /^(?:.*\bgithub(?:\.com)?[:/])?([^/:]+\/[^/#]+?)(?:\.git)?(?:#.*)?$/.exec(url) ?? [];
  if (slug === undefined || version === undefined) {
    throw cannotRun('package.json has no "repository" on GitHub or no "version".\n  Add them.');
  }
  return { repository: slug, version };
}

async function requireText(checkout: Checkout, revision: Revision, path: string): Promise<string> {
  const text = await textAt(checkout, revision, path);
  if (text === undefined) {
    throw cannotRun(`There is no ${path} at ${revision.label}.\n  Run: git add ${path} && git commit`);
  }
  return text;
}

/**
 * Returns the newest commit of origin/main, which has HEAD. Without the network, HEAD may be missing there: it is then
 * the newest itself.
 */
async function findNewestOfMain(
  checkout: Checkout,
  { commit }: Revision,
  isOffline: boolean,
): Promise<string> {
  const main = trackingRefspec("origin", "main");
  const refusal = isOffline ? undefined : await fetchFrom(checkout, main);
  if (refusal !== undefined) {
    throw cannotRun(
      `origin/main cannot be fetched:\n${refusal}  Run: git remote --verbose      to see what origin is`,
    );
  }
  const name = "refs/remotes/origin/main";
  const tip = (await refs(checkout, name)).get(name)?.commit;
  if (tip !== undefined && (await findMergeBases(checkout, tip, [commit]))?.includes(commit)) {
    return tip;
  }
  if (isOffline) {
    return commit;
  }
  throw cannotRun(
    `HEAD at ${commit.slice(0, 7)} is not a commit of origin/main, and no other reaches the schema registry.\n` +
      "  Run: git switch main && git pull",
  );
}

/**
 * Returns the module of a buf.yaml that is not a dependency.
 *
 * @param registry Host that replaces that of the module's registry, also in its dependencies.
 */
function readModule(text: string, registry?: string): Module {
  if (registry !== undefined && !/^\w[\w.-]*(:\d+)?$/.test(registry)) {
    throw cannotRun(`"${registry}" is not the host of a registry.\n  Run: npm run push -- --registry <host>`);
  }
  const config = parse(text) as { modules?: Partial<Module>[] | null; deps?: string[] | null } | null;
  const deps = config?.deps ?? [];
  const own = (config?.modules ?? []).filter(
    ({ name }) => name && !deps.some((dep) => `${dep}:`.startsWith(`${name}:`)),
  );
  const [{ path = ".", name = "" } = {}] = own;
  if (own.length !== 1) {
    throw cannotRun(
      `buf.yaml names ${own.length} modules that are not in its deps, and the contract must be the only one.\n` +
        "  Fix its modules and deps.",
    );
  }
  const [host = ""] = name.split("/");
  const rename = (other: string) =>
    registry && other.startsWith(`${host}/`) ? registry + other.slice(host.length) : other;
  return { path, name: rename(name), deps: deps.map(rename), rename };
}

/**
 * Writes the module of a commit into a new folder: its .proto files as buf sees them, and what the registry shows about it.
 * In the workspace, buf would also look up the vendored module that the contract imports, and need its plugins; of
 * buf.yaml, a push reads name and dependencies only.
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
  const { path, name, deps, rename } = readModule(
    await requireText(checkout, revision, "buf.yaml"),
    registry,
  );
  const [workspace, staged] = [join(folder, "workspace"), join(folder, "staged")];
  await writeSources(checkout, workspace, revision);
  const cwd = join(workspace, revision.folder);
  const result = await buf(checkout, ["export", path, "--exclude-imports", "-o", staged], { cwd });
  if (result.code !== 0) {
    throw cannotRun(
      `buf cannot read the contract at ${revision.label}:\n${outputOf(result)}  Run: npm run lint`,
    );
  }
  const [lock, readme, license] = await Promise.all(
    ["buf.lock", "README.md", "LICENSE"].map((file) => textAt(checkout, revision, file)),
  );
  writeFiles(staged, {
    "buf.yaml": stringify({ version: "v2", modules: [{ path: ".", name }], deps }),
    ...(lock ? { "buf.lock": renameLocked(lock, rename) } : {}),
    ...(readme ? { "README.md": readme } : {}),
    ...(license ? { LICENSE: license } : {}),
  });
  return staged;
}

function renameLocked(text: string, rename: Module["rename"]): string {
  const { deps = [], ...lock } = parse(text) as Lock;
  return stringify({ ...lock, deps: deps.map((dep) => ({ ...dep, name: rename(dep.name) })) });
}
