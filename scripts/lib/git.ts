import { readFileSync } from "node:fs";
import { UserError } from "./errors.ts";
import { type Result, run } from "./run.ts";

/** A file as a commit holds it. */
export interface TreeEntry {
  /** Path from the current folder. */
  path: string;
  /** ID of the blob, which is a hash of its content. */
  blob: string;
}

/** Git is missing, or the current folder is in no repository: there is no history at all to ask. */
export class NoHistoryError extends UserError {
  constructor(message: string) {
    super(message, 2);
  }
}

/** How many commits a shallow clone fetches more at each try; after these, all there are. */
const deepening = ["--deepen=50", "--deepen=500", "--unshallow"];

/**
 * Runs git in the current folder. It neither writes the index nor asks for a password.
 *
 * @throws NoHistoryError when git is not installed or this is not a repository; UserError when git refuses
 *   to read the repository.
 */
export async function git(args: string[], input?: Uint8Array): Promise<Result> {
  const env = { GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
  const result = await run("git", args, { env, input });
  if (result.code === 127) {
    throw new NoHistoryError(
      "git is not installed, so there is no earlier contract to read.\n" +
        "  Install it (https://git-scm.com/downloads), or run: npm run breaking -- --against published",
    );
  }
  if (/^fatal: not a git repository/m.test(result.stderr)) {
    throw new NoHistoryError(
      `${process.cwd()} is not in a git repository, so there is no earlier contract to read.\n` +
        "  Work in a clone, or run: npm run breaking -- --against published",
    );
  }
  if (result.stderr.includes("detected dubious ownership")) {
    throw new UserError(
      `git does not read this repository, as it belongs to another user.\n` +
        `  Run: git config --global --add safe.directory ${process.cwd()}`,
      2,
    );
  }
  return result;
}

async function line(args: string[]): Promise<string | undefined> {
  const { code, stdout } = await git(args);
  return code === 0 ? stdout.toString().trim() : undefined;
}

/** The ID of the commit that a revision names, or undefined when it names none. */
export async function commitOf(revision: string): Promise<string | undefined> {
  return revision.startsWith("-")
    ? undefined
    : line(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
}

/** IDs of the commits that full ref names point to; refs that do not exist are left out. */
export async function refs(...names: string[]): Promise<Map<string, string>> {
  const listed = await line(["for-each-ref", "--format=%(refname) %(objectname)", ...names]);
  const pairs = (listed ?? "").split("\n").map((row) => row.split(" ") as [string, string]);
  return new Map(pairs.filter(([name]) => names.includes(name)));
}

/** The best commit that two commits have in common, or undefined when there is none in this clone. */
export function mergeBase(one: string, other: string): Promise<string | undefined> {
  return line(["merge-base", one, other]);
}

/** Whether files that match the pathspecs are changed, staged or untracked in the working tree. */
export async function isDirty(pathspecs: string[]): Promise<boolean> {
  const { stdout } = await git([
    "status",
    "--porcelain",
    "--untracked-files=all",
    "--no-renames",
    "--",
    ...pathspecs,
  ]);
  return stdout.length > 0;
}

/** Files that match the pathspecs and are not in the working tree what they are in the commit, sorted. */
export async function changedSince(commit: string, pathspecs: string[]): Promise<string[]> {
  const results = await Promise.all([
    git([
      // Modes are no content, and not every file system has them.
      ...["-c", "core.fileMode=false", "diff", "--name-only", "-z"],
      ...["--no-renames", "--no-ext-diff", "--relative", commit, "--", ...pathspecs],
    ]),
    git(["ls-files", "--others", "--exclude-standard", "-z", "--", ...pathspecs]),
  ]);
  const failed = results.find(({ code }) => code !== 0);
  if (failed !== undefined) {
    throw new UserError(`git could not compare the working tree with ${commit}:\n${failed.stderr}`, 2);
  }
  const paths = results.flatMap(({ stdout }) => stdout.toString().split("\0"));
  return [...new Set(paths.filter((path) => path !== ""))].sort();
}

/** Text of a file as a commit holds it, or undefined when it has none there. */
export async function textAt(commit: string, path: string): Promise<string | undefined> {
  const { code, stdout } = await git(["cat-file", "blob", `${commit}:./${path}`]);
  return code === 0 ? stdout.toString() : undefined;
}

/** Whether any ancestor of the commit, or it itself, touched files that match the pathspecs. */
export async function everHad(commit: string, pathspecs: string[]): Promise<boolean> {
  return (await line(["rev-list", "-1", commit, "--", ...pathspecs])) !== "";
}

/** Regular files under the current folder as a commit holds them. */
export async function listTree(commit: string): Promise<TreeEntry[]> {
  const { stdout } = await git(["ls-tree", "-r", "-z", commit]);
  return stdout
    .toString()
    .split("\0")
    .flatMap((entry) => {
      const [, blob, path] = /^100\d{3} blob (\w+)\t(.*)$/s.exec(entry) ?? [];
      return blob !== undefined && path !== undefined ? [{ blob, path }] : [];
    });
}

/** Reads blobs from the object store, in one process. */
export async function readBlobs(blobs: string[]): Promise<Buffer[]> {
  const { stdout, stderr } = await git(["cat-file", "--batch"], Buffer.from(`${blobs.join("\n")}\n`));
  const contents: Buffer[] = [];
  // Each is "<id> blob <size>\n<content>\n", or "<id> missing\n" where the object store is damaged.
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
    throw new UserError(`git could not read every file it names:\n${stderr}  Run: git fsck`, 2);
  }
  return contents;
}

/** Whether the clone has only a part of the history. */
export async function isShallow(): Promise<boolean> {
  return (await line(["rev-parse", "--is-shallow-repository"])) === "true";
}

/** What a question of the history is about. */
export interface Wanted {
  /** For people, where the history at hand is too short and cannot be fetched. */
  what: string;
  /** A branch of origin that the answer may be on. */
  branch?: string | undefined;
  /** Whether the answer may be a tag. */
  tags?: boolean;
}

/**
 * Asks a question of the history; in a shallow clone that cannot answer, fetches more of it from origin,
 * step by step, and asks again.
 *
 * @param ask Returns undefined when the history at hand gives no answer.
 * @throws UserError when the clone is shallow and origin cannot be fetched.
 */
export async function askDeepening<T>(
  wanted: Wanted,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  let answer = await ask();
  for (const depth of deepening) {
    if (answer !== undefined || !(await isShallow())) {
      break;
    }
    await deepen(wanted, depth);
    answer = await ask();
  }
  return answer;
}

async function deepen({ what, branch, tags }: Wanted, depth: string): Promise<void> {
  const remote = await line(["remote", "get-url", "origin"]);
  if (remote === undefined) {
    throw new UserError(
      `This clone is shallow and has no remote called origin to fetch the rest from; it lacks ${what}.\n` +
        "  Run: git remote add origin <url> && git fetch --unshallow origin\n" +
        "  or:  npm run breaking -- --against published",
      2,
    );
  }
  // What is checked out may be on no branch of origin (the merge commit of a pull request, a commit made
  // here): the commits at which the clone ends are asked for by their IDs, as they came from there.
  const ends = readFileSync((await line(["rev-parse", "--git-path", "shallow"])) ?? "", "utf8");
  const ids = ends.trim().split("\n");
  const options = ["--quiet", depth, ...(tags ? ["--tags"] : [])];
  let refusal = "";
  for (const refspecs of [branch === undefined ? ids : [...ids, trackingRefspec(branch)], ids, []]) {
    const { code, stderr } = await git(["fetch", ...options, "origin", ...refspecs]);
    if (code === 0) {
      return;
    }
    refusal ||= stderr;
  }
  throw new UserError(
    `This clone is shallow, and origin could not be fetched; it lacks ${what}.\n${refusal}` +
      "  Run: git fetch --unshallow origin      (in GitHub Actions: actions/checkout with fetch-depth: 0)",
    2,
  );
}

/** What git fetches a branch of origin with, and where to. */
export const trackingRefspec = (branch: string) => `+refs/heads/${branch}:refs/remotes/origin/${branch}`;

/** Fetches one branch of origin; returns whether it is there now. */
export async function fetchBranch(branch: string): Promise<boolean> {
  // Without a depth, a shallow clone would fetch the branch's whole history.
  const depth = (await isShallow()) ? ["--depth=50"] : [];
  const { code } = await git(["fetch", "--quiet", ...depth, "origin", trackingRefspec(branch)]);
  return code === 0;
}
