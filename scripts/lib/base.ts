import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buf, bufVersion } from "./buf.ts";
import { UserError } from "./errors.ts";
import {
  askDeepening,
  commitOf,
  everHad,
  fetchBranch,
  isDirty,
  listTree,
  mergeBase,
  readBlobs,
  refs,
  type TreeEntry,
  trackingRefspec,
} from "./git.ts";
import { withTemporaryFolder } from "./temporary.ts";
import { listFiles } from "./tree.ts";

/** The contract that the working tree's is compared with. */
export type Base = Revision | Published | Nothing;

/** The contract as a commit holds it. */
export interface Revision {
  kind: "revision";
  /** For people: what it is called, its commit, and why that one: "main at abc1234 (merge base)". */
  label: string;
  commit: string;
  /** What buf reads of the commit: .proto files and buf's own. */
  files: TreeEntry[];
}

/** The contract of the last release, as published.binpb keeps it. */
export interface Published {
  kind: "published";
  label: string;
}

/** There was no contract before this one. */
export interface Nothing {
  kind: "nothing";
  /** For people: why there is none. */
  label: string;
}

const published: Published = {
  kind: "published",
  label: "the contract of the last release (published.binpb)",
};

/** What buf reads, as git pathspecs: a change of anything else cannot change the contract. */
const contractPaths = ["*.proto", "*buf.yaml", "*buf.lock"];
const isProto = ({ path }: TreeEntry) => path.endsWith(".proto");
const isContract = ({ path }: TreeEntry) => /(\.proto|(^|\/)buf\.(yaml|lock))$/.test(path);

const otherBases =
  "  or:  npm run breaking -- --against <a branch, tag or commit>\n" +
  "  or:  npm run breaking -- --against published";

/**
 * Finds what the working tree is compared with. History that a shallow clone lacks is fetched from origin.
 *
 * @param against A git revision, or "published" for the contract of the last release. When it is left
 *   out: the pull request's base in GitHub Actions, else origin/main, else main. A revision stands for
 *   the merge base of itself and HEAD, so that a branch that is behind is judged on its own changes;
 *   where the two share no history, for itself. When none is given and the merge base is HEAD, with
 *   nothing uncommitted, the base is the commit before HEAD.
 * @param alsoCompared Pathspecs of what the caller compares beside the contract: where that is uncommitted,
 *   the base is HEAD as well.
 * @throws UserError (exit code 2) when there is no git, no such revision, no .proto file in it, or too
 *   little history that cannot be fetched.
 */
export async function resolveBase(against?: string, alsoCompared: string[] = []): Promise<Base> {
  if (against === "published") {
    const size = statSync("published.binpb", { throwIfNoEntry: false })?.size;
    if (!size) {
      throw new UserError(
        `published.binpb, the contract of the last release, is ${size === 0 ? "empty" : "not here"}.\n` +
          "  Run: git checkout HEAD -- published.binpb",
        2,
      );
    }
    return published;
  }
  return against === undefined ? defaultBase([...contractPaths, ...alsoCompared]) : namedBase(against);
}

/**
 * A git revision as it is, and not the merge base that `resolveBase` takes of it.
 *
 * @throws UserError (exit code 2) as `resolveBase` does.
 */
export async function resolveRevision(name: string): Promise<Revision> {
  return withProtos(await revision(name, await findCommit(name), ""));
}

async function namedBase(name: string): Promise<Base> {
  const commit = await findCommit(name);
  const head = await commitOf("HEAD");
  const base = head && (await commonCommit(name, head, commit, undefined));
  return withProtos(await revision(name, base ?? commit, await relation(commit, base, head)));
}

async function findCommit(name: string): Promise<string> {
  const branch = /^origin\/([^~^@:]+)/.exec(name)?.[1];
  const wanted = { what: `the revision "${name}"`, branch, tags: true };
  const commit = await askDeepening(wanted, () => commitOf(name));
  if (commit === undefined) {
    throw new UserError(
      `There is no revision called "${name}" in this repository.\n` +
        `  Run: git fetch origin ${branch ? trackingRefspec(branch) : "--tags"}      if it is new there\n` +
        "  or:  git branch --all && git tag      to see which names there are",
      2,
    );
  }
  return commit;
}

function withProtos(found: Revision): Revision {
  if (!found.files.some(isProto)) {
    throw withoutContract(found);
  }
  return found;
}

/** What a named revision's base is to it, for people; nothing when it is the revision itself. */
async function relation(commit: string, base: string | undefined, head: string | undefined): Promise<string> {
  if (base === undefined) {
    return "no common history";
  }
  if (base === head && !(await isDirty(contractPaths))) {
    return "HEAD itself, and the contract has no uncommitted changes";
  }
  return base === commit ? "" : "merge base";
}

function withoutContract({ label }: Revision): UserError {
  return new UserError(
    `There is no .proto file at ${label}, so there is no contract to compare with.\n` +
      `  Run: git log --oneline -- '*.proto'      to see which commits have one\n${otherBases}`,
    2,
  );
}

async function defaultBase(compared: string[]): Promise<Base> {
  const head = await commitOf("HEAD");
  if (head === undefined) {
    return { kind: "nothing", label: "nothing is committed yet" };
  }
  const main = await mainBranch();
  const base = await commonCommit(main.name, head, main.commit, main.branch);
  if (base !== head || (await isDirty(compared))) {
    return firstOr(await revision(main.name, base ?? main.commit, base ? "merge base" : "no common history"));
  }
  return beforeHead(main.name, head);
}

/** The base that was found, or nothing when it is from before the contract's first .proto file. */
async function firstOr(found: Revision): Promise<Base> {
  if (found.files.some(isProto)) {
    return found;
  }
  if (await everHad(found.commit, ["*.proto"])) {
    throw withoutContract(found);
  }
  return { kind: "nothing", label: `no commit up to ${found.label} has a .proto file` };
}

interface Main {
  /** As git and people call it. */
  name: string;
  commit: string;
  /** The branch of origin that it is, if it is one. */
  branch: string | undefined;
}

/** The branch that changes go into: the pull request's base, else origin/main, else main. */
async function mainBranch(): Promise<Main> {
  const target = process.env.GITHUB_BASE_REF;
  const branch = target || "main";
  const remote = `refs/remotes/origin/${branch}`;
  const local = "refs/heads/main";
  const found = await refs(remote, local);
  let commit = found.get(remote);
  const localCommit = target ? undefined : found.get(local);
  if (commit === undefined && localCommit !== undefined) {
    return { name: "main", commit: localCommit, branch: undefined };
  }
  // A clone of another branch only, as actions/checkout makes it, can have origin's on request.
  if (commit === undefined && (await fetchBranch(branch))) {
    commit = (await refs(remote)).get(remote);
  }
  if (commit === undefined) {
    const missing = target ? `origin/${target}, the pull request's base,` : "origin/main or main";
    throw new UserError(
      `There is no ${missing} to compare with here, and none could be fetched.\n` +
        `  Run: git fetch origin ${trackingRefspec(branch)}\n${otherBases}`,
      2,
    );
  }
  return { name: `origin/${branch}`, commit, branch };
}

/** The merge base, for which a shallow clone is deepened; undefined when the whole history has none. */
function commonCommit(name: string, head: string, commit: string, branch: string | undefined) {
  const wanted = { what: `the commit that HEAD and ${name} have in common`, branch };
  return askDeepening(wanted, () => mergeBase(head, commit));
}

/** For HEAD on main with nothing uncommitted: the commit before, or nothing when HEAD is the first. */
async function beforeHead(main: string, head: string): Promise<Base> {
  const parent = await askDeepening({ what: "the commit before HEAD" }, () => commitOf(`${head}^`));
  if (parent === undefined) {
    return { kind: "nothing", label: `HEAD at ${short(head)} is the first commit` };
  }
  return firstOr(
    await revision(
      "HEAD^",
      parent,
      `the commit before, as HEAD is on ${main} and the contract has no uncommitted changes`,
    ),
  );
}

const short = (commit: string) => commit.slice(0, 7);

async function revision(name: string, commit: string, why: string): Promise<Revision> {
  const files = (await listTree(commit)).filter(isContract);
  return { kind: "revision", label: `${name} at ${short(commit)}${why && ` (${why})`}`, commit, files };
}

/**
 * The descriptor image of a base, with source info. That of a revision is compiled from git objects,
 * without touching the working tree or the index, once for each content: it is kept in node_modules/.cache
 * by what goes into it, with the hash of what came out in its name.
 *
 * @returns Path of the image, which is only to be read.
 * @throws UserError (exit code 2) with buf's messages when the contract of that revision does not compile.
 */
export async function baseImage(base: Revision | Published): Promise<string> {
  if (base.kind === "published") {
    return resolve("published.binpb");
  }
  const key = hash(JSON.stringify([bufVersion(), base.files.map(({ path, blob }) => [path, blob])]));
  return cached(key) ?? (await withTemporaryFolder((folder) => compile(base, key, folder)));
}

const hash = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex").slice(0, 32);

const cacheFolder = () => resolve("node_modules/.cache/agynio-api/bases");

/** How many images are kept: a developer switches between few bases. */
const cacheSize = 20;

function cached(key: string): string | undefined {
  return listFiles(cacheFolder())
    .filter((name) => name.startsWith(key))
    .map((name) => join(cacheFolder(), name))
    .find((path) => path.endsWith(`-${hash(readFileSync(path))}.binpb`));
}

async function compile(base: Revision, key: string, folder: string): Promise<string> {
  const contents = await readBlobs(base.files.map(({ blob }) => blob));
  const sources = join(folder, "sources");
  for (const [index, { path }] of base.files.entries()) {
    mkdirSync(dirname(join(sources, path)), { recursive: true });
    writeFileSync(join(sources, path), contents[index] as Buffer);
  }
  const image = join(folder, "image.binpb");
  const { code, stdout, stderr } = await buf(["build", "-o", image], { cwd: sources });
  if (code !== 0) {
    throw new UserError(
      `The contract at ${base.label} does not compile, so nothing can be compared with it:\n` +
        `${stdout}${stderr}  Run: git log --oneline -- '*.proto'      to see which others there are\n${otherBases}`,
      2,
    );
  }
  return keep(image, key);
}

function keep(image: string, key: string): string {
  mkdirSync(cacheFolder(), { recursive: true });
  const path = join(cacheFolder(), `${key}-${hash(readFileSync(image))}.binpb`);
  renameSync(image, path);
  const byAge = listFiles(cacheFolder())
    .map((name) => join(cacheFolder(), name))
    .map((file) => ({ file, written: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.written - a.written);
  for (const { file } of byAge.slice(cacheSize)) {
    rmSync(file, { force: true });
  }
  return path;
}
