// Finds the branch that changes are merged into.
import { cannotRun } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { compareCommand, describeAlternatives, readEventBase } from "./environment.ts";
import {
  commitOf,
  fetchFrom,
  fetchMain,
  independentCommits,
  listCompleteRemotes,
  listRemotes,
  queryDeepening,
  type Refspec,
  refs,
  trackingRefspec,
} from "./git.ts";

/** A branch that changes are merged into. */
export interface Main {
  name: string;
  commit: string;
  /** Why the commit was chosen, if not as the branch's tip. */
  role?: string;
  /** Where to fetch more of its history from; undefined for a local branch. */
  from?: Refspec;
}

/**
 * Finds the branch that changes are merged into, or where it was before the event of a job in GitHub Actions:
 *
 * 1. in GitHub Actions, the main branch before a push to it, the base of a merge queue, or the base of a pull request;
 * 2. of the remotes' main branches, the newest; if they have diverged, that of the remote `upstream`;
 * 3. the local branch main;
 * 4. the main branch of a remote, fetched.
 *
 * The main branch of a remote is `main`, else the branch that its HEAD names. The upstream of the current branch does not
 * count: it is mostly the branch's own copy on a remote, with the same changes.
 *
 * @throws UserError (exit code 2) if there is no such branch, it cannot be fetched, or several have diverged.
 */
export async function findMain(checkout: Checkout): Promise<Main> {
  const target = checkout.env.GITHUB_BASE_REF;
  const main = (await findStartOfEvent(checkout)) ?? (target && (await findTarget(checkout, target)));
  if (main) {
    return main;
  }
  const remotes = await listRemotes(checkout);
  const known = await findRemoteMains(checkout, remotes, await listCompleteRemotes(checkout));
  if (known.length > 0) {
    return chooseNewest(checkout, known);
  }
  const local = (await refs(checkout, "refs/heads/main")).get("refs/heads/main");
  if (local !== undefined) {
    return { name: "main", commit: local.commit };
  }
  // A clone of another branch only, as actions/checkout makes it, can fetch the remote's.
  const problems: string[] = [];
  for (const remote of remotes) {
    const refusal = await fetchMain(checkout, remote);
    problems.push(...(refusal === undefined ? [] : [`The remote ${remote} has none to fetch: ${refusal}\n`]));
  }
  const fetched = await findRemoteMains(checkout, remotes, remotes);
  if (fetched.length > 0) {
    return chooseNewest(checkout, fetched);
  }
  const branches = [...(await refs(checkout, "refs/heads/")).keys()].map((name) =>
    name.split("/").slice(2).join("/"),
  );
  throw cannotRun(
    `There is no branch main to compare with here${remotes.length === 0 ? ", and no remote to fetch it from" : ""}.\n` +
      `${problems.join("")}  Run: git branch --all && git tag      to list the revisions here, such as ` +
      `${branches.slice(0, 5).join(", ") || "HEAD"}\n${describeAlternatives(checkout)}`,
  );
}

/** Returns the commit that the event of a job in GitHub Actions starts from, which is fetched if the clone lacks it. */
async function findStartOfEvent(checkout: Checkout): Promise<Main | undefined> {
  const event = readEventBase(checkout);
  if (event === undefined) {
    return undefined;
  }
  const { commit, branch, role } = event;
  const from = { remote: "origin", refspec: commit };
  const find = () => commitOf(checkout, commit);
  const refusal = (await find()) ? undefined : await fetchFrom(checkout, from);
  // Some servers send no commit by its ID, but send those that a branch contains.
  const what = `${commit} (${branch}, ${role})`;
  if (!(await queryDeepening(checkout, { what }, find))) {
    throw cannotRun(
      `This clone lacks ${what}, and it could not be fetched from origin:\n${refusal ?? ""}` +
        `  Run: git fetch origin ${commit}      if origin still has it\n${describeAlternatives(checkout)}`,
    );
  }
  return { name: branch, commit, role, from };
}

/** Returns the branch that a pull request is merged into. */
async function findTarget(checkout: Checkout, branch: string): Promise<Main> {
  const from = trackingRefspec("origin", branch);
  const ref = `refs/remotes/origin/${branch}`;
  const find = async () => (await refs(checkout, ref)).get(ref)?.commit;
  const known = await find();
  const refusal = known === undefined ? await fetchFrom(checkout, from) : undefined;
  const commit = known ?? (await find());
  if (commit === undefined) {
    throw cannotRun(
      `There is no origin/${branch}, the pull request's base, to compare with here, and it could not be fetched:\n` +
        `${refusal ?? ""}  Run: git fetch origin ${from.refspec}\n${describeAlternatives(checkout)}`,
    );
  }
  return { name: `origin/${branch}`, commit, from };
}

/**
 * Returns the main branches of remotes, as this clone has them.
 *
 * @param withoutMain The remotes whose HEAD counts if this clone does not have their branch main.
 */
async function findRemoteMains(
  checkout: Checkout,
  remotes: string[],
  withoutMain: string[],
): Promise<Main[]> {
  // Branches of origin can be fetched from a URL, without a remote of that name.
  const candidates = [...new Set(["origin", ...remotes])].map((remote) => {
    const folder = `refs/remotes/${remote}/`;
    return {
      remote,
      folder,
      names: [`${folder}main`, ...(withoutMain.includes(remote) ? [`${folder}HEAD`] : [])],
    };
  });
  const found = await refs(checkout, ...candidates.flatMap(({ names }) => names));
  return candidates.flatMap(({ remote, folder, names }) => {
    const ref = names.map((name) => found.get(name)).find((entry) => entry !== undefined);
    const branch = ref?.target.slice(folder.length);
    return ref && branch
      ? [{ name: `${remote}/${branch}`, commit: ref.commit, from: trackingRefspec(remote, branch) }]
      : [];
  });
}

/** Returns the main branch that contains the others; if they have diverged, that of the remote `upstream`. */
async function chooseNewest(checkout: Checkout, mains: Main[]): Promise<Main> {
  const commits = [...new Set(mains.map(({ commit }) => commit))];
  const names = mains.map(({ name }) => name);
  const what = `the common history of ${names.join(" and ")}`;
  const newest = await queryDeepening(checkout, { what }, async () => {
    const independent = await independentCommits(checkout, commits);
    return independent.length === 1 ? independent[0] : undefined;
  });
  const main = mains.find(({ commit, from }) =>
    newest === undefined ? from?.remote === "upstream" : commit === newest,
  );
  if (main === undefined) {
    const independent = await independentCommits(checkout, commits);
    const diverged = mains.filter(({ commit }) => independent.includes(commit)).map(({ name }) => name);
    throw cannotRun(
      `${diverged.join(" and ")} have diverged, and no remote is called upstream: one of them must be chosen to compare with.\n` +
        diverged
          .map((name, index) => `  ${index === 0 ? "Run:" : "or: "} ${compareCommand(checkout, name)}\n`)
          .join("") +
        "  or:  git remote rename <remote> upstream      if changes are merged there",
    );
  }
  return main;
}
