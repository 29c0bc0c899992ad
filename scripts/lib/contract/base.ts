// Finds the commit that the working tree is compared with.
import { cannotRun } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { compareCommand, describeAlternatives, findNamedBase, type NamedBase } from "./environment.ts";
import {
  commitOf,
  hasHistoryOf,
  isDirty,
  listRemotes,
  mergeBase,
  NoHistoryError,
  queryDeepening,
  trackingRefspec,
} from "./git.ts";
import { findMain, type Main } from "./main-branch.ts";
import { bufPathspecs, type CommitTree, hasContract, printFolder, readTree } from "./tree.ts";

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
  /** Pathspecs that the caller compares in addition to the contract. If they are uncommitted, the base is HEAD as well. */
  alsoCompared?: string[];
}

/** A commit, or why there is no earlier contract. */
type Base = Revision | { kind: "none"; label: string };

/**
 * Finds the commit that the working tree is compared with. History that a shallow clone lacks is fetched.
 *
 * A named revision stands for its merge base with HEAD, so that a branch that is behind is judged on its own changes;
 * without common history, for itself. The default is the merge base with the main branch (see `findMain`); if that is
 * HEAD and nothing is uncommitted, the commit before HEAD.
 *
 * @returns the commit, or why there was no contract before this one.
 * @throws UserError (exit code 2) if there is no git, no such revision, no .proto file in it, or too little history
 *   that cannot be fetched; or as `findMain` does.
 */
export const findBase = (checkout: Checkout, { against, alsoCompared = [] }: BaseOptions): Promise<Base> =>
  explainMissingHistory(checkout, () => {
    const named = findNamedBase(checkout, against);
    return named ? findNamed(checkout, named) : findDefault(checkout, [...bufPathspecs, ...alsoCompared]);
  });

/**
 * Finds a git revision as it is, not its merge base.
 *
 * @throws UserError (exit code 2) as `findBase` does.
 */
export const findRevision = (checkout: Checkout, name: string): Promise<Revision> =>
  explainMissingHistory(checkout, async () => {
    const commit = await commitNamed(checkout, { name, source: "" });
    return requireContract(checkout, await readRevision(checkout, name, commit));
  });

async function explainMissingHistory<T>(checkout: Checkout, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof NoHistoryError) {
      throw new NoHistoryError(
        error.problem,
        `${error.fix}\n  or:  ${compareCommand(checkout, "published")}`,
      );
    }
    throw error;
  }
}

async function findNamed(checkout: Checkout, named: NamedBase): Promise<Revision> {
  const { name, source } = named;
  const commit = await commitNamed(checkout, named);
  const head = await commitOf(checkout, "HEAD");
  const base = head && (await commonCommit(checkout, { name, commit }, head));
  const why =
    base === undefined
      ? "no common history"
      : base === head && !(await isUncommitted(checkout, bufPathspecs, head))
        ? "HEAD itself, and the contract has no uncommitted changes"
        : base === commit
          ? ""
          : "merge base";
  return requireContract(checkout, await readRevision(checkout, name, base ?? commit, why, source));
}

async function commitNamed(checkout: Checkout, { name, source }: NamedBase): Promise<string> {
  const remotes = await listRemotes(checkout);
  const remote = remotes.find((prefix) => name.startsWith(`${prefix}/`));
  const branch = remote && /^[^~^@:]+/.exec(name.slice(remote.length + 1))?.[0];
  const from = remote && branch ? trackingRefspec(remote, branch) : undefined;
  const wanted = { what: `the revision "${name}"`, from, tags: true };
  const commit = await queryDeepening(checkout, wanted, () => commitOf(checkout, name));
  if (commit === undefined) {
    const fetched = from ?? (remotes[0] && { remote: remotes[0], refspec: "--tags" });
    throw cannotRun(
      `There is no revision called "${name}"${source && ` (${source})`} in this repository.\n` +
        (fetched
          ? `  Run: git fetch ${fetched.remote} ${fetched.refspec}      if ${fetched.remote} has it\n  or:  `
          : "  Run: ") +
        "git branch --all && git tag      to list the revisions here",
    );
  }
  return commit;
}

async function findDefault(checkout: Checkout, pathspecs: string[]): Promise<Base> {
  const head = await commitOf(checkout, "HEAD");
  if (head === undefined) {
    return { kind: "none", label: "nothing is committed yet" };
  }
  const main = await findMain(checkout);
  const { name, commit, role } = main;
  const base = await commonCommit(checkout, main, head);
  if (base === head && !(await isUncommitted(checkout, pathspecs, head))) {
    return commitBefore(checkout, head, name);
  }
  const why =
    base === undefined
      ? "no common history"
      : !role
        ? "merge base"
        : base === commit
          ? ""
          : `merge base with ${abbreviate(commit)}`;
  return revisionOrNone(checkout, await readRevision(checkout, name, base ?? commit, why, role));
}

/** Returns whether files of the contract or others that match the pathspecs differ from HEAD. */
async function isUncommitted(checkout: Checkout, pathspecs: string[], head: string): Promise<boolean> {
  if (await isDirty(checkout, pathspecs)) {
    return true;
  }
  const { sources } = await readRevision(checkout, "HEAD", head);
  const isLinked = sources.some(({ link }) => link !== undefined);
  const paths = sources.map(({ path }) => `:(top,literal)${path}`);
  return isLinked && isDirty(checkout, paths);
}

/** Returns the merge base, for which a shallow clone is deepened; undefined if the whole history has none. */
const commonCommit = (checkout: Checkout, { name, commit, from }: Main, head: string) =>
  queryDeepening(checkout, { what: `the merge base of HEAD and ${name}`, from }, () =>
    mergeBase(checkout, head, commit),
  );

async function commitBefore(checkout: Checkout, head: string, main: string): Promise<Base> {
  const parent = await queryDeepening(checkout, { what: "the commit before HEAD" }, () =>
    commitOf(checkout, `${head}^`),
  );
  if (parent === undefined) {
    return { kind: "none", label: `HEAD at ${abbreviate(head)} is the first commit` };
  }
  const why = `the commit before, as HEAD is on ${main} and the contract has no uncommitted changes`;
  return revisionOrNone(checkout, await readRevision(checkout, "HEAD^", parent, why));
}

/** Returns the revision, or why there is no base if the revision is older than the first .proto file. */
async function revisionOrNone(checkout: Checkout, revision: Revision): Promise<Base> {
  if (hasContract(revision) || (await hasHistoryOf(checkout, revision.commit, ["*.proto"]))) {
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
