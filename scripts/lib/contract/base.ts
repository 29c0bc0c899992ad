// Finds the commit that the working tree is compared with.
import { cannotRun } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import {
  commitOf,
  fetchBranch,
  hasHistoryOf,
  isDirty,
  mergeBase,
  NoHistoryError,
  queryDeepening,
  refs,
  trackingRefspec,
} from "./git.ts";
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
  /** A git revision, which stands for its merge base with HEAD. Default: see `findBase`. */
  against?: string | undefined;
  /** The command that compares with another contract, up to its argument, for messages: `npm run diff --`. */
  compareWith: string;
  /** Pathspecs that the caller compares in addition to the contract. If they are uncommitted, the base is HEAD as well. */
  alsoCompared?: string[];
}

/**
 * Finds the commit that the working tree is compared with. History that a shallow clone lacks is fetched from origin.
 *
 * A named revision stands for its merge base with HEAD, so that a branch that is behind is judged on its own changes;
 * without common history, for itself. The default is the pull request's base in GitHub Actions, else origin/main,
 * else main; if the merge base is HEAD and nothing is uncommitted, the commit before HEAD.
 *
 * @returns the commit, or why there was no contract before this one.
 * @throws UserError (exit code 2) if there is no git, no such revision, no .proto file in it, or too little history
 *   that cannot be fetched.
 */
export const findBase = (
  checkout: Checkout,
  options: BaseOptions,
): Promise<Revision | { kind: "none"; label: string }> => new BaseFinder(checkout, options).find();

/**
 * Finds a git revision as it is, not its merge base.
 *
 * @throws UserError (exit code 2) as `findBase` does.
 */
export const findRevision = (checkout: Checkout, name: string, compareWith: string): Promise<Revision> =>
  new BaseFinder(checkout, { compareWith }).findExactly(name);

/** A branch that changes are merged into. */
interface Main {
  name: string;
  commit: string;
  /** Its name on origin; undefined for a local branch. */
  branch: string | undefined;
}

class BaseFinder {
  /** The commands that compare with another contract, for messages. */
  private readonly alternatives: string;

  constructor(
    private readonly checkout: Checkout,
    private readonly options: BaseOptions,
  ) {
    const { compareWith } = options;
    this.alternatives = `  or:  ${compareWith} <a branch, tag or commit>\n  or:  ${compareWith} published`;
  }

  async find() {
    const { against } = this.options;
    return this.explainMissingHistory(() =>
      against === undefined ? this.findDefault() : this.findNamed(against),
    );
  }

  findExactly(name: string) {
    return this.explainMissingHistory(async () =>
      this.requireContract(await this.revision(name, await this.commitNamed(name), "")),
    );
  }

  private async explainMissingHistory<T>(find: () => Promise<T>): Promise<T> {
    try {
      return await find();
    } catch (error) {
      if (error instanceof NoHistoryError) {
        throw new NoHistoryError(error.problem, `${error.fix}\n  or:  ${this.options.compareWith} published`);
      }
      throw error;
    }
  }

  private async findNamed(name: string): Promise<Revision> {
    const commit = await this.commitNamed(name);
    const head = await commitOf(this.checkout, "HEAD");
    const base = head && (await this.commonCommit(name, head, commit, undefined));
    const why =
      base === undefined
        ? "no common history"
        : base === head && !(await this.isUncommitted(head, bufPathspecs))
          ? "HEAD itself, and the contract has no uncommitted changes"
          : base === commit
            ? ""
            : "merge base";
    return this.requireContract(await this.revision(name, base ?? commit, why));
  }

  private async commitNamed(name: string): Promise<string> {
    const branch = /^origin\/([^~^@:]+)/.exec(name)?.[1];
    const commit = await queryDeepening(
      this.checkout,
      { what: `the revision "${name}"`, branch, tags: true },
      () => commitOf(this.checkout, name),
    );
    if (commit === undefined) {
      throw cannotRun(
        `There is no revision called "${name}" in this repository.\n` +
          `  Run: git fetch origin ${branch ? trackingRefspec(branch) : "--tags"}      if origin has it\n` +
          "  or:  git branch --all && git tag      to list the revisions here",
      );
    }
    return commit;
  }

  private async findDefault() {
    const head = await commitOf(this.checkout, "HEAD");
    if (head === undefined) {
      return { kind: "none" as const, label: "nothing is committed yet" };
    }
    const main = await this.mainBranch();
    const base = await this.commonCommit(main.name, head, main.commit, main.branch);
    const compared = [...bufPathspecs, ...(this.options.alsoCompared ?? [])];
    if (base === head && !(await this.isUncommitted(head, compared))) {
      return this.commitBefore(head, main.name);
    }
    const why = base ? "merge base" : "no common history";
    return this.revisionOrNone(await this.revision(main.name, base ?? main.commit, why));
  }

  /** Returns the branch that changes are merged into: the pull request's base, else origin/main, else main. */
  private async mainBranch(): Promise<Main> {
    const { checkout } = this;
    const target = checkout.env.GITHUB_BASE_REF;
    const branch = target || "main";
    const remote = `refs/remotes/origin/${branch}`;
    const local = "refs/heads/main";
    const found = await refs(checkout, remote, local);
    let commit = found.get(remote);
    const localCommit = target ? undefined : found.get(local);
    if (commit === undefined && localCommit !== undefined) {
      return { name: "main", commit: localCommit, branch: undefined };
    }
    // A clone of another branch only, as actions/checkout makes it, can fetch origin's.
    if (commit === undefined && (await fetchBranch(checkout, branch))) {
      commit = (await refs(checkout, remote)).get(remote);
    }
    if (commit === undefined) {
      const missing = target ? `origin/${target}, the pull request's base,` : "origin/main or main";
      throw cannotRun(
        `There is no ${missing} to compare with here, and none could be fetched.\n` +
          `  Run: git fetch origin ${trackingRefspec(branch)}\n${this.alternatives}`,
      );
    }
    return { name: `origin/${branch}`, commit, branch };
  }

  /** Returns the merge base, for which a shallow clone is deepened; undefined if the whole history has none. */
  private commonCommit(name: string, head: string, commit: string, branch: string | undefined) {
    const what = `the merge base of HEAD and ${name}`;
    return queryDeepening(this.checkout, { what, branch }, () => mergeBase(this.checkout, head, commit));
  }

  /** Returns whether files of the contract or others that match the pathspecs differ from HEAD. */
  private async isUncommitted(head: string, pathspecs: string[]): Promise<boolean> {
    if (await isDirty(this.checkout, pathspecs)) {
      return true;
    }
    const { sources } = await this.revision("HEAD", head, "");
    const isLinked = sources.some(({ link }) => link !== undefined);
    return (
      isLinked &&
      isDirty(
        this.checkout,
        sources.map(({ path }) => `:(top,literal)${path}`),
      )
    );
  }

  private async commitBefore(head: string, main: string) {
    const parent = await queryDeepening(this.checkout, { what: "the commit before HEAD" }, () =>
      commitOf(this.checkout, `${head}^`),
    );
    if (parent === undefined) {
      return { kind: "none" as const, label: `HEAD at ${abbreviate(head)} is the first commit` };
    }
    const why = `the commit before, as HEAD is on ${main} and the contract has no uncommitted changes`;
    return this.revisionOrNone(await this.revision("HEAD^", parent, why));
  }

  /** Returns the revision, or why there is no base if the revision is older than the first .proto file. */
  private async revisionOrNone(revision: Revision) {
    if (hasContract(revision) || (await hasHistoryOf(this.checkout, revision.commit, ["*.proto"]))) {
      return this.requireContract(revision);
    }
    return { kind: "none" as const, label: `no commit up to ${revision.label} has a .proto file` };
  }

  private requireContract(revision: Revision): Revision {
    if (!hasContract(revision)) {
      throw cannotRun(
        `There is no .proto file at ${revision.label}, so there is no contract to compare with.\n` +
          `  Run: git log --oneline -- '*.proto'      to see which commits have one\n${this.alternatives}`,
      );
    }
    return revision;
  }

  private async revision(name: string, commit: string, why: string): Promise<Revision> {
    const label = `${name} at ${abbreviate(commit)}${why && ` (${why})`}`;
    const tree = await readTree(this.checkout, commit, { label, alternatives: this.alternatives });
    const folder = tree.isMoved ? `, in its folder there: ${printFolder(tree.folder)}` : "";
    return { ...tree, kind: "revision", label: label + folder, commit };
  }
}

const abbreviate = (commit: string) => commit.slice(0, 7);
