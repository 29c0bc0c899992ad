import { statSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { cannotRun, UserError } from "../cli/errors.ts";
import { type Checkout, type Result, run } from "../cli/process.ts";
import { describeAlternatives } from "./environment.ts";

/** A file in a commit. */
export interface TreeEntry {
  /** Path from the contract's folder. */
  path: string;
  /** ID of the blob, which is a hash of its content. Of a symbolic link to a file, the blob of that file. */
  blob: string;
}

/** What a path in a commit can be. A submodule is another repository, of which a commit holds only a commit ID. */
export type RawKind = "file" | "link" | "submodule";

/** A path as a commit holds it. */
export interface RawEntry {
  kind: RawKind;
  /** Path from the repository's top folder. */
  path: string;
  /** ID of the blob: of a symbolic link, its target is the content. */
  blob: string;
}

/** Git is not installed, or the checkout is in no repository: there is no history. */
export class NoHistoryError extends UserError {
  constructor(
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${problem}\n  ${fix}`, { exitCode: 2 });
  }
}

/** Options of `git fetch` that deepen a shallow clone, one for each attempt; the last fetches all commits. */
const deepening = ["--deepen=50", "--deepen=500", "--unshallow"];

/**
 * The variables of `git rev-parse --local-env-vars` that say where the repository is. Git sets them for its hooks, for
 * the folder that it starts them in: in another folder they mislead.
 */
const locations = ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_IMPLICIT_WORK_TREE"];
const hookVariables = [...locations, "GIT_INDEX_FILE", "GIT_PREFIX"];

/** Returns the variables of the environment that git must not get. */
function misleadingVariables({ root, env }: Checkout): string[] {
  const { GIT_DIR: folder = "", GIT_WORK_TREE: top = "" } = env;
  const isHere = isAbsolute(folder) && isAbsolute(top) && !/^\.\.|^\w:/.test(relative(top, root));
  return hookVariables.filter((name) => env[name] !== undefined && !(isHere && locations.includes(name)));
}

/**
 * Runs git in a checkout. It neither writes the index nor prompts for a password.
 *
 * @throws NoHistoryError if git is not installed or the checkout is not in a repository; UserError (exit code 2) if
 *   git refuses to read the repository, or needs an object of a partial clone that it cannot fetch.
 */
export async function git(checkout: Checkout, args: string[], input?: Uint8Array): Promise<Result> {
  const env = { GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  const misleading = misleadingVariables(checkout);
  const start = (names: string[]) => {
    const unset = Object.fromEntries(names.map((name) => [name, undefined]));
    return run(checkout, "git", args, { env: { ...env, ...unset }, ...(input ? { input } : {}) });
  };
  let result = await start(misleading);
  if (misleading.length > 0 && isOutsideRepository(result)) {
    // The variables were not set by git, but name a repository that has no .git in the folder.
    result = await start([]);
  }
  if (result.code === 127) {
    throw new NoHistoryError(
      "git is not installed, so there is no earlier contract to read.",
      "Install it: https://git-scm.com/downloads",
    );
  }
  if (isOutsideRepository(result)) {
    throw new NoHistoryError(
      `${checkout.root} is not in a git repository, so there is no earlier contract to read.`,
      "Run: git clone <url>      and work in the clone",
    );
  }
  if (result.stderr.includes("detected dubious ownership")) {
    throw cannotRun(
      "git does not read this repository, as it belongs to another user.\n" +
        `  Run: git config --global --add safe.directory ${checkout.root}`,
    );
  }
  if (/from promisor remote|lazy fetching disabled/.test(result.stderr)) {
    throw cannotRun(
      `This is a partial clone, which lacks objects that are needed, and they could not be fetched:\n${result.stderr}` +
        "  Run: git fetch --refetch --no-filter      with access to the remote, to fetch all objects",
    );
  }
  return result;
}

const isOutsideRepository = ({ stderr }: Result) => /^fatal: not a git repository/m.test(stderr);

/** Returns the output of git without the last line break, or undefined if git fails. */
async function readOutput(checkout: Checkout, args: string[]): Promise<string | undefined> {
  const { code, stdout } = await git(checkout, args);
  return code === 0 ? stdout.toString().replace(/\n$/, "") : undefined;
}

/** Returns the ID of the commit that a revision names, or undefined if there is no such revision. */
export async function commitOf(checkout: Checkout, revision: string): Promise<string | undefined> {
  if (revision.startsWith("-")) {
    return undefined;
  }
  // All text after ":/" is searched for in messages of commits.
  const commit = revision.startsWith(":/") ? revision : `${revision}^{commit}`;
  return readOutput(checkout, ["rev-parse", "--verify", "--quiet", commit]);
}

/** What a ref points to. */
export interface RefTarget {
  commit: string;
  /** Full name of the ref; of a symbolic ref, the full name of the ref that it names. */
  target: string;
}

/**
 * Returns what refs point to, by their full names. Refs that do not exist, and symbolic refs to them, are left out.
 *
 * @param names Full names, or folders of them: `refs/heads/`.
 */
export async function refs(checkout: Checkout, ...names: string[]): Promise<Map<string, RefTarget>> {
  const format = "--format=%(refname) %(objectname) %(symref)";
  const listed = (await readOutput(checkout, ["for-each-ref", format, ...names])) ?? "";
  const rows = listed.split("\n").filter((row) => row !== "");
  return new Map(
    rows.map((row) => {
      const [name = "", commit = "", symref] = row.split(" ");
      return [name, { commit, target: symref || name }];
    }),
  );
}

/** Returns those of several commits that no other of them contains. */
export async function independentCommits(checkout: Checkout, commits: string[]): Promise<string[]> {
  return (await readOutput(checkout, ["merge-base", "--independent", ...commits]))?.split("\n") ?? commits;
}

/** Returns the merge base of two commits, or undefined if there is none in this clone. */
export function mergeBase(checkout: Checkout, first: string, second: string): Promise<string | undefined> {
  return readOutput(checkout, ["merge-base", first, second]);
}

/** Returns whether files that match the pathspecs are changed, staged or untracked in the working tree. */
export async function isDirty(checkout: Checkout, pathspecs: string[]): Promise<boolean> {
  const { stdout } = await git(checkout, [
    "status",
    "--porcelain",
    "--untracked-files=all",
    "--no-renames",
    "--",
    ...pathspecs,
  ]);
  return stdout.length > 0;
}

/**
 * Returns the files at or below the paths that differ between a commit and the working tree, sorted. Line ends that git
 * converts, and modes, are not content.
 *
 * @param tree Files of the commit.
 */
export async function changedSince(
  checkout: Checkout,
  tree: TreeEntry[],
  paths: string[],
): Promise<string[]> {
  const isCompared = (path: string) => paths.some((top) => path === top || path.startsWith(`${top}/`));
  const before = new Map(tree.filter(({ path }) => isCompared(path)).map(({ path, blob }) => [path, blob]));
  const options = ["--cached", "--others", "--exclude-standard", "-z", "--"];
  const listed = await requireOutput(checkout, ["ls-files", ...options, ...paths]);
  const files = [...new Set(listed.split("\0"))].filter((path) =>
    statSync(join(checkout.root, path), { throwIfNoEntry: false })?.isFile(),
  );
  // The paths of this input are from the top folder.
  const top = await prefixOf(checkout);
  const quoted = files.map((path) => `"${(top + path).replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"\n`);
  const hashes = await requireOutput(
    checkout,
    ["hash-object", "--stdin-paths"],
    Buffer.from(quoted.join("")),
  );
  const after = new Map(hashes.split("\n").map((blob, index) => [files[index] ?? "", blob]));
  const all = [...new Set([...before.keys(), ...files])].sort();
  return all.filter((path) => before.get(path) !== after.get(path));
}

/** Returns the path of the checkout's root from the repository's top folder: "libs/api/", or "". */
export async function prefixOf(checkout: Checkout): Promise<string> {
  return (await requireOutput(checkout, ["rev-parse", "--show-prefix"])).replace(/\n$/, "");
}

/** Returns the output of git, or throws a UserError (exit code 2) if git fails. */
async function requireOutput(checkout: Checkout, args: string[], input?: Uint8Array): Promise<string> {
  const { code, stdout, stderr } = await git(checkout, args, input);
  if (code !== 0) {
    throw cannotRun(`git ${args[0]} failed:\n${stderr}  Run: git fsck`);
  }
  return stdout.toString();
}

/** Returns the text of a file of a commit, or undefined if the commit does not have the file. */
export async function textAt(
  checkout: Checkout,
  { tree }: { tree: TreeEntry[] },
  path: string,
): Promise<string | undefined> {
  const entry = tree.find((candidate) => candidate.path === path);
  return entry && String((await readBlobs(checkout, [entry.blob]))[0]);
}

/** Returns whether the commit or any ancestor of it touched files that match the pathspecs. */
export async function hasHistoryOf(
  checkout: Checkout,
  commit: string,
  pathspecs: string[],
): Promise<boolean> {
  return (await readOutput(checkout, ["rev-list", "-1", commit, "--", ...pathspecs])) !== "";
}

const rawKinds: Record<string, RawKind> = { "100": "file", "120": "link", "160": "submodule" };

/**
 * Returns the paths of a commit, in the checkout's root and below.
 *
 * @param whole Whether to return those of the whole repository.
 * @throws UserError (exit code 2) if a part of the commit is missing.
 */
export async function listTree(checkout: Checkout, commit: string, whole = false): Promise<RawEntry[]> {
  const scope = whole ? "--full-tree" : "--full-name";
  const output = await requireOutput(checkout, ["ls-tree", "-r", "-z", scope, commit]);
  return output.split("\0").flatMap((entry) => {
    const [, mode = "", blob = "", path = ""] = /^(\d{3})\d+ \w+ (\w+)\t(.*)$/s.exec(entry) ?? [];
    const kind = rawKinds[mode];
    return kind ? [{ kind, blob, path }] : [];
  });
}

/**
 * Returns the paths of the working tree of the whole repository that match the pathspecs, tracked or not, from the top
 * folder. Files that a sparse checkout leaves out are there.
 */
export async function listWorkingTree(checkout: Checkout, pathspecs: string[]): Promise<string[]> {
  const options = ["-z", "-t", "--cached", "--deleted", "--others", "--exclude-standard", "--full-name"];
  const output = await requireOutput(checkout, [
    "ls-files",
    ...options,
    "--",
    ...pathspecs.map((pathspec) => `:(top)${pathspec}`),
  ]);
  // Each is a tag, a space and a path. A deleted file is listed as cached too.
  const rows = output.split("\0").filter((row) => row !== "");
  const deleted = new Set(rows.filter((row) => row.startsWith("R ")).map((row) => row.slice(2)));
  return rows.map((row) => row.slice(2)).filter((path) => !deleted.has(path));
}

/**
 * Reads blobs from the object store, in one process.
 *
 * @throws UserError (exit code 2) if one is missing.
 */
export async function readBlobs(checkout: Checkout, blobs: string[]): Promise<Buffer[]> {
  if (blobs.length === 0) {
    return [];
  }
  const { stdout, stderr } = await git(
    checkout,
    ["cat-file", "--batch"],
    Buffer.from(`${blobs.join("\n")}\n`),
  );
  const contents: Buffer[] = [];
  // Each is "<id> blob <size>\n<content>\n", or "<id> missing\n" if the object store is damaged.
  for (let at = 0; at < stdout.length; ) {
    const start = stdout.indexOf("\n", at) + 1;
    const size = Number(stdout.subarray(at, start).toString().split(" ")[2]);
    if (Number.isNaN(size)) {
      break;
    }
    contents.push(stdout.subarray(start, start + size));
    at = start + size + 1;
  }
  if (contents.length !== blobs.length) {
    throw cannotRun(`git could not read every file of the commit:\n${stderr}  Run: git fsck`);
  }
  return contents;
}

/** Fetches the files of a commit that a partial clone lacks at once: `readBlobs` would fetch one after another. */
export async function fetchMissingFiles(
  checkout: Checkout,
  commit: string,
  pathspecs: string[],
): Promise<void> {
  const remotes = await readOutput(checkout, ["config", "--get-regexp", "^remote\\..*\\.promisor$"]);
  if (remotes !== undefined) {
    const nothing = await requireOutput(checkout, ["hash-object", "-t", "tree", "--stdin"]);
    const scope = pathspecs.map((pathspec) => `:(top)${pathspec}`);
    await git(checkout, ["diff-tree", "-r", "--numstat", nothing.trim(), commit, "--", ...scope]);
  }
}

/** Returns whether the clone has only a part of the history. */
async function isShallow(checkout: Checkout): Promise<boolean> {
  return (await readOutput(checkout, ["rev-parse", "--is-shallow-repository"])) === "true";
}

/** Returns the names of the remotes; origin is the first. */
export async function listRemotes(checkout: Checkout): Promise<string[]> {
  const names = (await readOutput(checkout, ["remote"]))?.split("\n").filter((name) => name !== "") ?? [];
  return names.sort((a, b) => Number(b === "origin") - Number(a === "origin"));
}

/** Returns the names of the remotes that a fetch gets every branch of, unlike those of `git clone --single-branch`. */
export async function listCompleteRemotes(checkout: Checkout): Promise<string[]> {
  const refspecs = await readOutput(checkout, ["config", "--get-regexp", "^remote\\..*\\.fetch$"]);
  return [...(refspecs ?? "").matchAll(/^remote\.(.*)\.fetch \+?refs\/(heads\/)?\*:/gm)].map(
    ([, name = ""]) => name,
  );
}

/** Commits of a remote, as `git fetch` takes them. */
export interface Refspec {
  remote: string;
  refspec: string;
}

/** Returns the refspec that fetches a branch of a remote into its remote-tracking branch. */
export const trackingRefspec = (remote: string, branch: string): Refspec => ({
  remote,
  refspec: `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`,
});

/** What a query of the history looks for. */
interface Wanted {
  /** Description for the error message, if the history is too short and cannot be fetched. */
  what: string;
  /** Commits that may hold the result. */
  from?: Refspec | undefined;
  /** Whether the result may be a tag. */
  tags?: boolean;
}

/**
 * Queries the history. If a shallow clone has no result, fetches more of it from every remote, step by step, and queries
 * again.
 *
 * @param query Returns undefined if the history in this clone has no result.
 * @throws UserError (exit code 2) if the clone is shallow, has no result, and cannot be completed.
 */
export async function queryDeepening<T>(
  checkout: Checkout,
  wanted: Wanted,
  query: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let result = await query();
  for (const depth of deepening) {
    if (result !== undefined || !(await isShallow(checkout))) {
      return result;
    }
    await deepen(checkout, wanted, depth);
    result = await query();
  }
  if (result === undefined && (await isShallow(checkout))) {
    throw tooShallow(checkout, wanted, "its remotes do not have the rest", "git remote --verbose");
  }
  return result;
}

async function deepen(checkout: Checkout, wanted: Wanted, depth: string): Promise<void> {
  const { from, tags } = wanted;
  const options = ["--quiet", depth, ...(tags ? ["--tags"] : [])];
  const remotes = await listRemotes(checkout);
  if (remotes.length === 0) {
    const fix = "git remote add origin <url> && git fetch --unshallow origin";
    throw tooShallow(checkout, wanted, "there is no remote to fetch the rest from", fix);
  }
  const results: Result[] = [];
  for (const remote of remotes) {
    const special = from?.remote === remote ? [from.refspec] : [];
    const result = await git(checkout, ["fetch", ...options, remote, ...special]);
    const isRefused = result.code !== 0 && special.length > 0;
    results.push(isRefused ? await git(checkout, ["fetch", ...options, remote]) : result);
  }
  if (results.every(({ code }) => code !== 0)) {
    const reason = `${remotes.join(" and ")} could not be fetched:\n${results.map(({ stderr }) => stderr.trim()).join("\n")}`;
    const fix = `git fetch --unshallow ${remotes[0]}      (in GitHub Actions: actions/checkout with fetch-depth: 0)`;
    throw tooShallow(checkout, wanted, reason, fix);
  }
}

const tooShallow = (checkout: Checkout, { what }: Wanted, reason: string, fix: string) =>
  cannotRun(
    `This clone is shallow and lacks ${what}, and ${reason}\n  Run: ${fix}\n${describeAlternatives(checkout)}`,
  );

/** Fetches commits of a remote, and returns undefined, or git's reason if that fails. */
export async function fetchFrom(
  checkout: Checkout,
  { remote, refspec }: Refspec,
): Promise<string | undefined> {
  // Without a depth, a shallow clone would fetch the whole history of the branch.
  const depth = (await isShallow(checkout)) ? ["--depth=50"] : [];
  const { code, stderr } = await git(checkout, ["fetch", "--quiet", ...depth, remote, refspec]);
  return code === 0 ? undefined : stderr;
}

/**
 * Fetches the main branch of a remote: `main`, else the branch that its HEAD names, which this clone then remembers.
 *
 * @returns undefined, or the reason if that fails.
 */
export async function fetchMain(checkout: Checkout, remote: string): Promise<string | undefined> {
  const listed = await git(checkout, ["ls-remote", "--symref", remote, "HEAD", "refs/heads/main"]);
  if (listed.code !== 0) {
    return listed.stderr.trim();
  }
  const text = listed.stdout.toString();
  const branch = text.includes("\trefs/heads/main\n")
    ? "main"
    : /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(text)?.[1];
  if (branch === undefined) {
    return "it has no branch main, and its HEAD names no branch";
  }
  const refusal = await fetchFrom(checkout, trackingRefspec(remote, branch));
  if (refusal === undefined && branch !== "main") {
    await git(checkout, ["remote", "set-head", remote, branch]);
  }
  return refusal?.trim();
}
