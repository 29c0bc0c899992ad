// The base of a comparison as the environment sets it: CONTRACT_BASE, or the event of a job in GitHub Actions.
import { readFileSync } from "node:fs";
import { cannotRun, quote } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";

/** A contract to compare with that was named: a git revision, or `published`. */
export interface NamedBase {
  name: string;
  /** "from CONTRACT_BASE", or "" if an argument of the command named it. */
  source: string;
}

/** Returns the base that the command's argument names, else the one that CONTRACT_BASE names; undefined for the default. */
export function findNamedBase({ env }: Checkout, against: string | undefined): NamedBase | undefined {
  if (against !== undefined) {
    return { name: against, source: "" };
  }
  return env.CONTRACT_BASE ? { name: env.CONTRACT_BASE, source: "from CONTRACT_BASE" } : undefined;
}

/**
 * Returns a command that compares with a contract.
 *
 * @param script Default: the npm script that runs, else `check`.
 *   https://docs.npmjs.com/cli/using-npm/scripts#current-lifecycle-event
 */
export function compareCommand({ env }: Checkout, base: string, script?: string): string {
  const running = /^(breaking|diff|changeset:(check|new))$/.exec(env.npm_lifecycle_event ?? "")?.[0];
  return `CONTRACT_BASE=${quote(base)} npm run ${script ?? running ?? "check"}`;
}

/** Returns the lines of a message with the commands that compare with another contract. */
export function describeAlternatives(checkout: Checkout): string {
  const published = `  or:  ${compareCommand(checkout, "published")}`;
  return `${published.replace("published", "<a branch, tag or commit>")}\n${published}`;
}

/** The commit that an event in GitHub Actions starts from. */
export interface EventBase {
  commit: string;
  /** The branch that the event adds commits to. */
  branch: string;
  /** What the commit is to the event. */
  role: string;
}

interface Event {
  before: unknown;
  ref: unknown;
  repository: { default_branch: unknown };
  merge_group: { base_sha: unknown; base_ref: unknown };
}

/**
 * Returns the commit that was the tip of the main branch before a push, or that a merge queue adds to. Main branches are
 * `main` and the default branch. Returns undefined for other events, for pushes to other branches and tags, and if
 * the push created the branch.
 *
 * https://docs.github.com/webhooks/webhook-events-and-payloads#push and #merge_group
 *
 * @throws UserError (exit code 2) if the event cannot be read.
 */
export function readEventBase(checkout: Checkout): EventBase | undefined {
  const { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: path = "" } = checkout.env;
  if (name !== "push" && name !== "merge_group") {
    return undefined;
  }
  const isPush = name === "push";
  try {
    const { before, ref, repository, merge_group } = JSON.parse(readFileSync(path, "utf8")) as Event;
    const commit = readText(isPush ? before : merge_group.base_sha, /^([0-9a-f]{40}|[0-9a-f]{64})$/);
    const fullName = readText(isPush ? ref : merge_group.base_ref, /^refs\//);
    const branch = fullName.replace(/^refs\/heads\//, "");
    if (!isPush) {
      return { commit, branch, role: "base of the merge queue" };
    }
    const isMain = [readText(repository.default_branch, /./), "main"].includes(branch);
    return isMain && /[^0]/.test(commit) ? { commit, branch, role: "before this push" } : undefined;
  } catch (error) {
    throw cannotRun(
      `The event "${name}" of this job cannot be read from GITHUB_EVENT_PATH, ${JSON.stringify(path)}: ${(error as Error).message}\n` +
        `  Run: cat "$GITHUB_EVENT_PATH"      in the job, to see the event\n${describeAlternatives(checkout)}`,
    );
  }
}

function readText(value: unknown, pattern: RegExp): string {
  if (typeof value !== "string" || !pattern.test(value)) {
    throw new Error(`${JSON.stringify(value)} does not match ${pattern}`);
  }
  return value;
}
