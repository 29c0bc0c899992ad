import { existsSync, lstatSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { cannotRun, quote, UserError } from "../cli/errors.ts";
import { type Checkout, type Result, run } from "../cli/process.ts";
import { compareCommand, describeAlternatives } from "./environment.ts";

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

/** The checkout is in no git repository, as in a tarball of the sources: there is no history. */
export class NoHistoryError extends UserError {
  constructor(message: string) {
    super(message, { exitCode: 2 });
  }
}

/** Options of `git fetch` that deepen a shallow clone, one for each attempt; the last fetches all commits. */
const deepening = ["--deepen=50", "--deepen=500", "--unshallow"];

const unset = (...names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));

/**
 * Variables that git sets for its hooks, for the folder that it starts them in: in another folder they mislead. They
 * are some of `git rev-parse --local-env-vars`.
 */
const hookVariables = unset(
  ...["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_IMPLICIT_WORK_TREE"],
  ...["GIT_INDEX_FILE", "GIT_PREFIX"],
);

/** Without questions, writes to the index, translated messages, and pathspecs that are read in another way. */
const settings = {
  ...{ GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" },
  ...unset("GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"),
};

/**
 * Runs git in a checkout. It neither writes the index nor prompts for a password.
 *
 * @throws NoHistoryError if the checkout is not in a repository; UserError (exit code 2) if git is not installed or
 *   refuses to read the repository, or needs an object of a partial clone that it cannot fetch.
 */
export async function git(checkout: Checkout, args: string[], input?: Uint8Array): Promise<Result> {
  // Without a .git, the variables were not set by git, but name a repository that is elsewhere.
  const env = findRepository(checkout.root) === undefined ? settings : { ...settings, ...hookVariables };
  const result = await run(checkout, "git", args, { env, ...(input ? { input } : {}) });
  if (result.code === 127 || /^fatal: not a git repository/m.test(result.stderr)) {
    throw explainMissingHistory(checkout, result);
  }
  const [, owned] = /detected dubious ownership in repository at '(.*)'/.exec(result.stderr) ?? [];
  if (owned !== undefined) {
    throw cannotRun(
      "git does not read this repository, as it belongs to another user.\n" +
        `  Run: git config --global --add safe.directory ${quote(owned)}`,
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

/** Returns the error for a checkout without git or without a repository. One that is there must be read. */
function explainMissingHistory(checkout: Checkout, { code, stderr }: Result): UserError {
  const repository = findRepository(checkout.root) ?? checkout.env.GIT_DIR;
  const [problem, fix] =
    code === 127
      ? [
          "git is not installed, so there is no earlier contract to read.",
          "Install it: https://git-scm.com/downloads",
        ]
      : repository === undefined
        ? [
            `${checkout.root} is not in a git repository, so there is no earlier contract to read.`,
            "Run: git clone <url>      and work in the clone",
          ]
        : [
            `${repository} cannot be read:\n${stderr.trim()}`,
            "Run: git worktree repair      in the main worktree, if one of the two was moved",
          ];
  const message = `${problem}\n  ${fix}\n  or:  ${compareCommand(checkout, "published")}`;
  return repository === undefined ? new NoHistoryError(message) : cannotRun(message);
}

/** Returns the path of the .git in a folder or above, whether or not it is a repository. */
function findRepository(folder: string): string | undefined {
  const entry = join(folder, ".git");
  const parent = dirname(folder);
  const isThere = lstatSync(entry, { throwIfNoEntry: false }) !== undefined;
  return isThere ? entry : parent === folder ? undefined : findRepository(parent);
}

/**
 * Returns the output of git without the last line break, or undefined if git finds nothing: its exit code is 1, or the
 * branch has no commit.
 *
 * @throws UserError (exit code 2) if git fails, or cannot read a part of what it searches.
 */
async function query(checkout: Checkout, args: string[], input?: Uint8Array): Promise<string | undefined> {
  const { code, stdout, stderr } = await git(checkout, args, input);
  const isNothing =
    (code === 1 && !/^(error|fatal): /m.test(stderr)) || stderr.includes("does not have any commits yet");
  if ((code !== 0 && !isNothing) || stderr.includes("ignoring broken ref")) {
    throw cannotRun(`git ${args[0]} failed:\n${stderr}  Run: git fsck\n${describeAlternatives(checkout)}`);
  }
  return isNothing ? undefined : stdout.toString().replace(/\n$/, "");
}

/** Returns the output of git, in which nothing is found if it is empty. */
const requireOutput = async (checkout: Checkout, args: string[], input?: Uint8Array): Promise<string> =>
  (await query(checkout, args, input)) ?? "";

/** Returns the ID of the commit that a revision names, or undefined if it names none that can be read. */
export async function commitOf(checkout: Checkout, revision: string): Promise<string | undefined> {
  if (/^[-^]/.test(revision)) {
    return undefined;
  }
  // All text after ":/" is searched for in messages of commits.
  const commit = revision.startsWith(":/") ? revision : `${revision}^{commit}`;
  const { code, stdout } = await git(checkout, ["rev-parse", "--verify", "--quiet", commit]);
  return code === 0 ? stdout.toString().trim() : undefined;
}

/** Returns the IDs of HEAD and its parents, as far as the clone has them; none before the first commit of a branch. */
export async function readHead(checkout: Checkout): Promise<string[]> {
  const output = await query(checkout, ["log", "-1", "--no-show-signature", "--format=%H %P"]);
  return output?.trim().split(" ") ?? [];
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
  const listed = await requireOutput(checkout, ["for-each-ref", format, ...names]);
  const rows = listed.split("\n").filter((row) => row !== "");
  return new Map(
    rows.map((row) => {
      const [name = "", commit = "", symref] = row.split(" ");
      return [name, { commit, target: symref || name }];
    }),
  );
}

/** Returns the commit among several that contains all others, or undefined if there is none in this clone. */
export async function findNewest(checkout: Checkout, commits: string[]): Promise<string | undefined> {
  const independent = await requireOutput(checkout, ["merge-base", "--independent", ...commits]);
  return independent.includes("\n") ? undefined : independent;
}

/**
 * Returns the merge bases of a commit and the merge of others: several if they were merged crosswise. Returns undefined
 * if there is none in this clone, or if the commits that a shallow clone lacks may have a better one.
 */
export async function findMergeBases(
  checkout: Checkout,
  commit: string,
  merged: string[],
): Promise<string[] | undefined> {
  const found = await query(checkout, ["merge-base", "--all", commit, ...merged]);
  const bases = found?.split("\n") ?? [];
  const newer = ["rev-list", "--max-parents=0", "-1", commit, ...merged, "--not", ...bases];
  const isCut = (await isShallow(checkout)) && (await requireOutput(checkout, newer)) !== "";
  return isCut || bases.length === 0 ? undefined : bases;
}

/** Returns the tracked files in the checkout's root and below that a sparse checkout leaves out of the working tree. */
export async function listOmitted(checkout: Checkout): Promise<string[]> {
  const rows = (await requireOutput(checkout, ["ls-files", "-t", "-z"])).split("\0");
  return rows
    .filter((row) => row.startsWith("S "))
    .map((row) => row.slice(2))
    .filter((path) => !existsSync(join(checkout.root, path)));
}

/**
 * Returns the files that differ between a commit and the working tree, sorted. Line ends that git converts, and modes,
 * are not content; the index does not count. Files that a sparse checkout leaves out do not differ.
 *
 * @param tree Files of the commit. Their paths, as all others, are from the checkout's root: "../a" is possible.
 * @param isCompared Which paths are compared.
 */
export async function changedSince(
  checkout: Checkout,
  tree: TreeEntry[],
  isCompared: (path: string) => boolean,
): Promise<string[]> {
  const omitted = new Set(await listOmitted(checkout));
  const before = new Map(
    tree.filter(({ path }) => isCompared(path) && !omitted.has(path)).map(({ path, blob }) => [path, blob]),
  );
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", ":(top)"];
  const listed = new Set((await requireOutput(checkout, args)).split("\0"));
  const files = [...listed].filter(
    (path) => isCompared(path) && statSync(join(checkout.root, path), { throwIfNoEntry: false })?.isFile(),
  );
  // The paths of this input are from the top folder.
  const top = await prefixOf(checkout);
  const lines = files.map((path) => {
    const escaped = posix.join(top, path).replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n");
    return `"${escaped}"\n`;
  });
  const input = Buffer.from(lines.join(""));
  const hashes = await requireOutput(checkout, ["hash-object", "--stdin-paths"], input);
  const after = new Map(hashes.split("\n").map((blob, index) => [files[index] ?? "", blob]));
  const all = [...new Set([...before.keys(), ...files])].sort();
  return all.filter((path) => before.get(path) !== after.get(path));
}

/** Returns the path of the checkout's root from the repository's top folder: "libs/api/", or "". */
export const prefixOf = (checkout: Checkout): Promise<string> =>
  requireOutput(checkout, ["rev-parse", "--show-prefix"]);

/** Returns the text of a file of a commit, or undefined if the commit does not have the file. */
export async function textAt(
  checkout: Checkout,
  { tree }: { tree: TreeEntry[] },
  path: string,
): Promise<string | undefined> {
  const entry = tree.find((candidate) => candidate.path === path);
  return entry && String((await readBlobs(checkout, [entry.blob]))[0]);
}

/** Returns true if the commit or any ancestor of it touched .proto files, and undefined if none in this clone did. */
export async function hasProtoHistory(checkout: Checkout, commit: string): Promise<true | undefined> {
  const found = await requireOutput(checkout, ["rev-list", "-1", commit, "--", "*.proto"]);
  return found !== "" || undefined;
}

const rawKinds: Record<string, RawKind> = { "100": "file", "120": "link", "160": "submodule" };

/**
 * Returns the paths of a commit.
 *
 * @throws UserError (exit code 2) if a part of the commit is missing.
 */
export async function listTree(checkout: Checkout, commit: string): Promise<RawEntry[]> {
  const output = await requireOutput(checkout, ["ls-tree", "-r", "-z", "--full-tree", commit]);
  return output.split("\0").flatMap((entry) => {
    const [, mode = "", blob = "", path = ""] = /^(\d{3})\d+ \w+ (\w+)\t(.*)$/s.exec(entry) ?? [];
    const kind = rawKinds[mode];
    return kind ? [{ kind, blob, path }] : [];
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

/** Fetches the files of a commit that buf reads and a partial clone lacks, at once: `readBlobs` fetches each for itself. */
export async function fetchMissingFiles(checkout: Checkout, commit: string): Promise<void> {
  if ((await query(checkout, ["config", "--get-regexp", "^remote\\..*\\.promisor$"])) !== undefined) {
    const nothing = await requireOutput(checkout, ["hash-object", "-t", "tree", "--stdin"]);
    const scope = [":(top)*.proto", ":(top)*buf.*"];
    await git(checkout, ["diff-tree", "-r", "--numstat", nothing, commit, "--", ...scope]);
  }
}

/** Returns whether the clone has only a part of the history. */
export async function isShallow(checkout: Checkout): Promise<boolean> {
  return (await requireOutput(checkout, ["rev-parse", "--is-shallow-repository"])) === "true";
}

/**
 * Returns the newest commit, of HEAD and its first parents, that added or removed a text in a file. The whole history is
 * fetched first: the oldest commit of a shallow clone appears to add every file.
 */
export async function findCommitOfText(
  checkout: Checkout,
  text: string,
  path: string,
): Promise<string | undefined> {
  const args = ["log", "-1", "--first-parent", "--no-show-signature", "--format=%H", `-S${text}`, "--", path];
  const found = await queryDeepening(
    checkout,
    { what: `the commit that wrote "${text}" to ${path}` },
    async () => ((await isShallow(checkout)) ? undefined : requireOutput(checkout, args)),
  );
  return found || undefined;
}

/** Returns the names of the remotes; origin is the first. */
export async function listRemotes(checkout: Checkout): Promise<string[]> {
  const names = (await requireOutput(checkout, ["remote"])).split("\n").filter((name) => name !== "");
  return names.sort((a, b) => Number(b === "origin") - Number(a === "origin"));
}

/** Returns the names of the remotes that a fetch gets every branch of, unlike those of `git clone --single-branch`. */
export async function listCompleteRemotes(checkout: Checkout): Promise<string[]> {
  const refspecs = await query(checkout, ["config", "--get-regexp", "^remote\\..*\\.fetch$"]);
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
