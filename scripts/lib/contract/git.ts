import { cannotRun, UserError } from "../cli/errors.ts";
import { type Checkout, type Result, run, settleAll } from "../cli/process.ts";

/** A file as a commit holds it. */
export interface TreeEntry {
  /** Path from the checkout's root. */
  path: string;
  /** ID of the blob, which is a hash of its content. */
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
 * Runs git in a checkout. It neither writes the index nor prompts for a password.
 *
 * @throws NoHistoryError if git is not installed or the checkout is not in a repository; UserError if git refuses
 *   to read the repository.
 */
export async function git(checkout: Checkout, args: string[], input?: Uint8Array): Promise<Result> {
  const env = { GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  const result = await run(checkout, "git", args, { env, ...(input ? { input } : {}) });
  if (result.code === 127) {
    throw new NoHistoryError(
      "git is not installed, so there is no earlier contract to read.",
      "Install it: https://git-scm.com/downloads",
    );
  }
  if (/^fatal: not a git repository/m.test(result.stderr)) {
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
  return result;
}

/** Returns the output of git without the last line break, or undefined if git fails. */
async function readOutput(checkout: Checkout, args: string[]): Promise<string | undefined> {
  const { code, stdout } = await git(checkout, args);
  return code === 0 ? stdout.toString().trim() : undefined;
}

/** Returns the ID of the commit that a revision names, or undefined if there is no such revision. */
export async function commitOf(checkout: Checkout, revision: string): Promise<string | undefined> {
  return revision.startsWith("-")
    ? undefined
    : readOutput(checkout, ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
}

/** Returns the IDs of the commits that full ref names point to. Refs that do not exist are left out. */
export async function refs(checkout: Checkout, ...names: string[]): Promise<Map<string, string>> {
  const listed = await readOutput(checkout, ["for-each-ref", "--format=%(refname) %(objectname)", ...names]);
  const pairs = (listed ?? "").split("\n").map((row) => row.split(" ") as [string, string]);
  return new Map(pairs.filter(([name]) => names.includes(name)));
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

/** Returns the files that match the pathspecs and differ between a commit and the working tree, sorted. */
export async function changedSince(
  checkout: Checkout,
  commit: string,
  pathspecs: string[],
): Promise<string[]> {
  const results = await settleAll([
    git(checkout, [
      // Modes are not content, and not every file system has them.
      ...["-c", "core.fileMode=false", "diff", "--name-only", "-z"],
      ...["--no-renames", "--no-ext-diff", "--relative", commit, "--", ...pathspecs],
    ]),
    git(checkout, ["ls-files", "--others", "--exclude-standard", "-z", "--", ...pathspecs]),
  ]);
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) {
    throw cannotRun(`git could not compare the working tree with ${commit}:\n${failed.stderr}`);
  }
  const paths = results.flatMap(({ stdout }) => stdout.toString().split("\0"));
  return [...new Set(paths.filter((path) => path !== ""))].sort();
}

/** Returns the text of a file at a commit, or undefined if the commit does not have the file. */
export async function textAt(checkout: Checkout, commit: string, path: string): Promise<string | undefined> {
  const { code, stdout } = await git(checkout, ["cat-file", "blob", `${commit}:./${path}`]);
  return code === 0 ? stdout.toString() : undefined;
}

/** Returns whether the commit or any ancestor of it touched files that match the pathspecs. */
export async function hasHistoryOf(
  checkout: Checkout,
  commit: string,
  pathspecs: string[],
): Promise<boolean> {
  return (await readOutput(checkout, ["rev-list", "-1", commit, "--", ...pathspecs])) !== "";
}

/** Returns the regular files of a commit, in the checkout's root and below. */
export async function listTree(checkout: Checkout, commit: string): Promise<TreeEntry[]> {
  const { stdout } = await git(checkout, ["ls-tree", "-r", "-z", commit]);
  return stdout
    .toString()
    .split("\0")
    .flatMap((entry) => {
      const [, blob, path] = /^100\d{3} blob (\w+)\t(.*)$/s.exec(entry) ?? [];
      return blob !== undefined && path !== undefined ? [{ blob, path }] : [];
    });
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

/** Returns whether the clone has only a part of the history. */
async function isShallow(checkout: Checkout): Promise<boolean> {
  return (await readOutput(checkout, ["rev-parse", "--is-shallow-repository"])) === "true";
}

/** What a query of the history looks for. */
interface Wanted {
  /** Description for the error message, if the history is too short and cannot be fetched. */
  what: string;
  /** A branch of origin that may hold the result. */
  branch?: string | undefined;
  /** Whether the result may be a tag. */
  tags?: boolean;
}

/**
 * Queries the history. If a shallow clone has no result, fetches more of it from origin, step by step, and queries
 * again.
 *
 * @param query Returns undefined if the history in this clone has no result.
 * @throws UserError (exit code 2) if the clone is shallow and origin cannot be fetched.
 */
export async function queryDeepening<T>(
  checkout: Checkout,
  wanted: Wanted,
  query: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let result = await query();
  for (const depth of deepening) {
    if (result !== undefined || !(await isShallow(checkout))) {
      break;
    }
    await deepen(checkout, wanted, depth);
    result = await query();
  }
  return result;
}

async function deepen(checkout: Checkout, { what, branch, tags }: Wanted, depth: string): Promise<void> {
  const remote = await readOutput(checkout, ["remote", "get-url", "origin"]);
  if (remote === undefined) {
    throw cannotRun(
      `This clone is shallow and has no remote called origin to fetch the rest from. It lacks ${what}.\n` +
        "  Run: git remote add origin <url> && git fetch --unshallow origin",
    );
  }
  const options = ["--quiet", depth, ...(tags ? ["--tags"] : [])];
  let refusal = "";
  for (const refspecs of branch === undefined ? [[]] : [[trackingRefspec(branch)], []]) {
    const { code, stderr } = await git(checkout, ["fetch", ...options, "origin", ...refspecs]);
    if (code === 0) {
      return;
    }
    refusal ||= stderr;
  }
  throw cannotRun(
    `This clone is shallow, and origin could not be fetched. The clone lacks ${what}.\n${refusal}` +
      "  Run: git fetch --unshallow origin      (in GitHub Actions: actions/checkout with fetch-depth: 0)",
  );
}

/** Returns the refspec that fetches a branch of origin into its remote-tracking branch. */
export const trackingRefspec = (branch: string) => `+refs/heads/${branch}:refs/remotes/origin/${branch}`;

/** Fetches one branch of origin, and returns whether that succeeded. */
export async function fetchBranch(checkout: Checkout, branch: string): Promise<boolean> {
  // Without a depth, a shallow clone would fetch the whole history of the branch.
  const depth = (await isShallow(checkout)) ? ["--depth=50"] : [];
  const { code } = await git(checkout, ["fetch", "--quiet", ...depth, "origin", trackingRefspec(branch)]);
  return code === 0;
}
