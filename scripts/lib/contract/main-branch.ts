// Finds the branch that changes are merged into.
import { cannotRun, quote } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { compareCommand, describeAlternatives, readEventBase } from "./environment.ts";
import {
  commitOf,
  fetchFrom,
  fetchMain,
  findNewest,
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
  /** Why the commit was chosen, if not as the branch's tip. It stands for itself, not for its merge base with HEAD. */
  role?: string;
  /** Where to fetch more of its history from; undefined for a local branch. */
  from?: Refspec;
}

/**
 * Finds the branch that changes are merged into, or where it was before the event of a job in GitHub Actions. It is the
 * first of the result:
 *
 * 1. in GitHub Actions, the main branch before a push to it, the base of a merge queue, or the base of a pull request;
 * 2. of the remotes' main branches, the newest; if they have diverged, that of the remote `upstream`;
 * 3. the local branch main;
 * 4. the main branch of a remote, fetched.
 *
 * The main branch of a remote is `main`, else the branch that its HEAD names. The upstream of the current branch does not
 * count: it is mostly the branch's own copy on a remote, with the same changes. The newest may be that of a fork, which
 * is ahead: the further results are older ones to compare with if HEAD has no changes since the first, those of the
 * remotes `upstream` and `origin` before others, and none of less weight than the first.
 *
 * @throws UserError (exit code 2) if there is no such branch, it cannot be fetched, or several have diverged.
 */
export async function findMains(checkout: Checkout): Promise<[Main, ...Main[]]> {
  const target = checkout.env.GITHUB_BASE_REF;
  const main = (await findStartOfEvent(checkout)) ?? (target && (await findTarget(checkout, target)));
  if (main) {
    return [main];
  }
  const remotes = await listRemotes(checkout);
  const known = await findRemoteMains(checkout, remotes, await listCompleteRemotes(checkout));
  if (known.length > 0) {
    return chooseNewest(checkout, known);
  }
  const local = (await refs(checkout, "refs/heads/main")).get("refs/heads/main");
  if (local !== undefined) {
    return [{ name: "main", commit: local.commit }];
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

/** Returns the commit that the event of a job in GitHub Actions starts from. */
async function findStartOfEvent(checkout: Checkout): Promise<Main | undefined> {
  const event = readEventBase(checkout);
  if (event === undefined) {
    return undefined;
  }
  const { commit, branch, role } = event;
  const from = { remote: "origin", refspec: commit };
  await findOrFetch(checkout, `${commit} (${branch}, ${role})`, from, () => commitOf(checkout, commit));
  return { name: branch, commit, role, from };
}

/** Returns the branch that a pull request is merged into. */
async function findTarget(checkout: Checkout, branch: string): Promise<Main> {
  const from = trackingRefspec("origin", branch);
  const name = `origin/${branch}`;
  const ref = `refs/remotes/${name}`;
  const find = async () => (await refs(checkout, ref)).get(ref)?.commit;
  return { name, commit: await findOrFetch(checkout, `${name}, the pull request's base`, from, find), from };
}

async function findOrFetch(
  checkout: Checkout,
  what: string,
  from: Refspec,
  find: () => Promise<string | undefined>,
): Promise<string> {
  const refusal = (await find()) ? undefined : await fetchFrom(checkout, from);
  // Some servers send no commit by its ID, but send those that a branch contains.
  const commit = await queryDeepening(checkout, { what }, find);
  if (commit === undefined) {
    throw cannotRun(
      `This clone lacks ${what}, and it could not be fetched from origin:\n${refusal ?? ""}` +
        `  Run: git fetch origin ${quote(from.refspec)}      if origin has it\n${describeAlternatives(checkout)}`,
    );
  }
  return commit;
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
  const names = [...new Set(["origin", ...remotes])];
  const folderOf = (remote: string) => `refs/remotes/${remote}/`;
  const found = await refs(
    checkout,
    ...names.map(folderOf).flatMap((folder) => [`${folder}main`, `${folder}HEAD`]),
  );
  return names.flatMap((remote) => {
    const folder = folderOf(remote);
    const head = withoutMain.includes(remote) ? found.get(`${folder}HEAD`) : undefined;
    const { commit, target } = found.get(`${folder}main`) ?? head ?? {};
    const branch = target?.slice(folder.length);
    return commit && branch
      ? [{ name: `${remote}/${branch}`, commit, from: trackingRefspec(remote, branch) }]
      : [];
  });
}

/** Returns the main branch that contains the others, or that of the remote `upstream` if they have diverged, and older ones. */
async function chooseNewest(checkout: Checkout, mains: Main[]): Promise<[Main, ...Main[]]> {
  const commits = [...new Set(mains.map(({ commit }) => commit))];
  const names = mains.map(({ name }) => name);
  const what = `the common history of ${names.join(" and ")}`;
  const newest = await queryDeepening(checkout, { what }, () => findNewest(checkout, commits));
  const main = mains.find((candidate) =>
    newest === undefined ? rankOf(candidate) === 0 : candidate.commit === newest,
  );
  if (main === undefined) {
    const commands = names.map((name) => compareCommand(checkout, name)).join("\n  or:  ");
    throw cannotRun(
      `${names.join(" and ")} have diverged, and no remote is called upstream: one of them must be chosen to compare with.\n` +
        `  Run: ${commands}\n  or:  git remote rename <remote> upstream      if changes are merged there`,
    );
  }
  const older = mains.filter((other) => other !== main && rankOf(other) <= rankOf(main));
  return [main, ...older.sort((a, b) => rankOf(a) - rankOf(b))];
}

/** Returns 0 for a branch of the remote upstream, 1 for origin, and 2 for others, which may be anyone's forks. */
const rankOf = ({ from }: Main) => 2 - (["origin", "upstream"].indexOf(from?.remote ?? "") + 1);
