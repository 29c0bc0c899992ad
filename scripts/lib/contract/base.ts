// Finds the commit that the working tree is compared with.
import { cannotRun, quote } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { describeAlternatives, findNamedBase, type NamedBase } from "./environment.ts";
import {
  commitOf,
  findMergeBases,
  hasProtoHistory,
  listOmitted,
  listRemotes,
  queryDeepening,
  readHead,
  refs,
  trackingRefspec,
} from "./git.ts";
import { findMains, type Main } from "./main-branch.ts";
import { type CommitTree, hasContract, isBufFile, isUncommitted, printFolder, readTree } from "./tree.ts";

/** A commit with a contract. */
export interface Revision extends CommitTree {
  kind: "revision";
  /** Its name, its commit, and why it was chosen: "main at abc1234 (merge base)". */
  label: string;
  commit: string;
}

/** How to find the commit to compare with. */
export interface BaseOptions {
  /** A git revision, which stands for its merge base with HEAD. Default: CONTRACT_BASE, else see `findBase`. */
  against?: string | undefined;
  /** Files and folders that the caller compares in addition to the contract. If they differ from HEAD, so does the contract. */
  alsoCompared?: string[];
}

/** A commit, or why there is no earlier contract. */
type Base = Revision | { kind: "none"; label: string };

/**
 * Finds the commit that the working tree is compared with. History that a shallow clone lacks is fetched.
 *
 * A named revision stands for its merge base with HEAD, so that a branch that is behind is judged on its own changes;
 * without common history, for itself. The default is the merge base with the main branch (see `findMains`); if that is
 * HEAD and nothing is uncommitted, the commit before HEAD.
 *
 * @returns the commit, or why there was no contract before this one.
 * @throws UserError (exit code 2) if there is no git, no such revision, no .proto file in it, or too little history
 *   that cannot be fetched; if a part of the contract is not checked out; or as `findMains` does.
 */
export async function findBase(
  checkout: Checkout,
  { against, alsoCompared = [] }: BaseOptions,
): Promise<Base> {
  const omitted = (await listOmitted(checkout)).find(isBufFile);
  if (omitted !== undefined) {
    throw cannotRun(
      `This is a sparse checkout that leaves out a part of the contract: ${omitted}\n  Run: git sparse-checkout disable`,
    );
  }
  const [head] = await readHead(checkout);
  const named = findNamedBase(checkout, against);
  if (named) {
    const { name, source } = named;
    const main = { name, commit: await commitNamed(checkout, named) };
    const revision = await readMergeBase(checkout, main, head, source);
    const isHead = revision.commit === head && !(await isUncommitted(checkout, revision, alsoCompared));
    const why = "HEAD itself, and the contract has no uncommitted changes";
    return requireContract(
      checkout,
      isHead ? await readRevision(checkout, name, head, why, source) : revision,
    );
  }
  if (head === undefined && (await refs(checkout)).size === 0) {
    return { kind: "none", label: "nothing is committed yet" };
  }
  const mains = await findMains(checkout);
  for (const main of mains) {
    const revision = await readMergeBase(checkout, main, head);
    if (main.role || revision.commit !== head || (await isUncommitted(checkout, revision, alsoCompared))) {
      return revisionOrNone(checkout, revision);
    }
  }
  return commitBeforeHead(checkout, mains[0].name);
}

/**
 * Finds a git revision as it is, not its merge base.
 *
 * @throws UserError (exit code 2) as `findBase` does.
 */
export async function findRevision(checkout: Checkout, name: string): Promise<Revision> {
  const commit = await commitNamed(checkout, { name, source: "" });
  return requireContract(checkout, await readRevision(checkout, name, commit));
}

async function commitNamed(checkout: Checkout, { name, source }: NamedBase): Promise<string> {
  const remotes = await listRemotes(checkout);
  const prefixes = remotes.filter((prefix) => name.startsWith(`${prefix}/`));
  const remote = prefixes.sort((a, b) => b.length - a.length)[0];
  const branch = remote && /^[^~^@:]+/.exec(name.slice(remote.length + 1))?.[0];
  const from = remote && branch ? trackingRefspec(remote, branch) : undefined;
  const wanted = { what: `the revision "${name}"`, from, tags: true };
  const commit = await queryDeepening(checkout, wanted, () => commitOf(checkout, name));
  if (commit === undefined) {
    const fetched = from ?? (remotes[0] && { remote: remotes[0], refspec: "--tags" });
    throw cannotRun(
      `There is no revision called "${name}"${source && ` (${source})`} in this repository.\n` +
        (fetched
          ? `  Run: git fetch ${quote(fetched.remote)} ${quote(fetched.refspec)}      if ${fetched.remote} has it\n  or:  `
          : "  Run: ") +
        "git branch --all && git tag      to list the revisions here",
    );
  }
  return commit;
}

/** Returns the merge base with HEAD, or the commit itself if it was chosen for itself or there is no common history. */
async function readMergeBase(
  checkout: Checkout,
  { name, commit, role, from }: Main,
  head: string | undefined,
  source?: string,
): Promise<Revision> {
  if (role) {
    return readRevision(checkout, name, commit, role);
  }
  // While a merge is not committed, the changes of the other side are no changes of this branch.
  const merged = await commitOf(checkout, "MERGE_HEAD");
  const tips = [head, merged].filter((tip) => tip !== undefined);
  const what = `the merge base of HEAD and ${name}`;
  const [base, ...others] =
    (head &&
      (await queryDeepening(checkout, { what, from }, () => findMergeBases(checkout, commit, tips)))) ||
    [];
  if (others.length > 0) {
    throw cannotRun(
      `HEAD and ${name} were merged into each other, and have several merge bases.\n` +
        `  Run: git merge ${quote(name)}      and then this again\n${describeAlternatives(checkout)}`,
    );
  }
  const why =
    base === undefined ? "no common history" : source !== undefined && base === commit ? "" : "merge base";
  return readRevision(checkout, name, base ?? commit, why, source);
}

async function commitBeforeHead(checkout: Checkout, main: string): Promise<Base> {
  const what = "the commit before HEAD";
  const parent = await queryDeepening(checkout, { what }, async () => (await readHead(checkout))[1]);
  if (parent === undefined) {
    const [head = ""] = await readHead(checkout);
    return { kind: "none", label: `HEAD at ${abbreviate(head)} is the first commit` };
  }
  const why = `the commit before, as HEAD is on ${main} and the contract has no uncommitted changes`;
  return revisionOrNone(checkout, await readRevision(checkout, "HEAD^", parent, why));
}

/** Returns the revision, or why there is no base if the revision is older than the first .proto file. */
async function revisionOrNone(checkout: Checkout, revision: Revision): Promise<Base> {
  const { commit } = revision;
  const what = "the first commit with a .proto file";
  const find = () => hasProtoHistory(checkout, commit);
  if (hasContract(revision) || (await queryDeepening(checkout, { what }, find))) {
    return requireContract(checkout, revision);
  }
  return { kind: "none", label: `no commit up to ${revision.label} has a .proto file` };
}

function requireContract(checkout: Checkout, revision: Revision): Revision {
  if (!hasContract(revision)) {
    throw cannotRun(
      `There is no .proto file at ${revision.label}, so there is no contract to compare with.\n` +
        `  Run: git log --oneline -- '*.proto'      to see which commits have one\n${describeAlternatives(checkout)}`,
    );
  }
  return revision;
}

async function readRevision(
  checkout: Checkout,
  name: string,
  commit: string,
  ...reasons: (string | undefined)[]
): Promise<Revision> {
  const why = reasons.filter(Boolean).join(", ");
  const label = `${name} at ${abbreviate(commit)}${why && ` (${why})`}`;
  const tree = await readTree(checkout, commit, label);
  const folder = tree.isMoved ? `, in its folder there: ${printFolder(tree.folder)}` : "";
  return { ...tree, kind: "revision", label: label + folder, commit };
}

const abbreviate = (commit: string) => commit.slice(0, 7);
