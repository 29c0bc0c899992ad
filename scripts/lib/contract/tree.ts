// Reads the files of a commit: also those behind symbolic links, and those of a contract that was in another folder.
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { cannotRun } from "../cli/errors.ts";
import { type Checkout, settleAll } from "../cli/process.ts";
import { describeAlternatives } from "./environment.ts";
import { listTree, listWorkingTree, prefixOf, type RawEntry, readBlobs, type TreeEntry } from "./git.ts";

/** The files of a commit. */
export interface CommitTree {
  /** Path of the contract's folder in the commit, from the repository's top folder: "libs/api/", or "". */
  folder: string;
  /** Whether the checkout has it in another folder. */
  isMoved: boolean;
  /** All files in the folder and below. A link to a file is a file. */
  tree: TreeEntry[];
  /** All that buf may read. */
  sources: Source[];
}

/** A file that buf may read, or a link on the way to one. Paths are from the repository's top folder. */
export interface Source {
  path: string;
  /** ID of its blob. */
  blob?: string;
  /** Path of the file or folder that it is a symbolic link to. */
  link?: string;
  /** Why its content is not in the commit. */
  problem?: string;
}

/** Git pathspecs of the files that buf reads: no other file can change the contract. */
export const bufPathspecs = ["*.proto", "*buf.yaml", "*buf.lock", "*buf.work.yaml"];
const isBufFile = (path: string) => /(\.proto|(^|\/)buf\.(yaml|lock|work\.yaml))$/.test(path);
const isProto = ({ path }: { path: string }) => path.endsWith(".proto");

/** Returns whether a commit has .proto files, or buf's configuration next to folders that cannot be read. */
export const hasContract = ({ sources, folder }: CommitTree) =>
  sources.some((source) => isProto(source) && source.problem === undefined) ||
  (sources.some(isProto) && sources.some(({ path }) => path === `${folder}buf.yaml`));

/**
 * Reads the files of a commit. If it has the contract in another folder than the checkout's, they are those there.
 *
 * @param label Name of the commit, for messages.
 * @throws UserError (exit code 2) if the contract may have been in another folder, and it is not clear in which.
 */
export async function readTree(checkout: Checkout, commit: string, label: string): Promise<CommitTree> {
  const [prefix, here] = await settleAll([prefixOf(checkout), listTree(checkout, commit)] as const);
  const isHere = isInFolder(checkout, here, prefix);
  const needsWhole = prefix !== "" && !(isHere && here.every(({ kind }) => kind === "file"));
  const entries = needsWhole ? await listTree(checkout, commit, true) : here;
  const folder = isHere ? prefix : await findFolder(checkout, entries, prefix, label);
  return { folder, isMoved: folder !== prefix, ...(await followLinks(checkout, entries, folder)) };
}

/** Returns whether a commit has the contract in the folder of the checkout. */
function isInFolder({ root }: Checkout, entries: RawEntry[], folder: string): boolean {
  const isConfigured = entries.some(({ path }) => path === `${folder}buf.yaml`);
  return isConfigured
    ? entries.some((entry) => isProto(entry) || entry.kind !== "file")
    : entries.some(isProto) && !existsSync(posix.join(root, "buf.yaml"));
}

/**
 * Returns the folder that the contract was moved from: its package.json has the same name, or .proto files with the
 * same paths in it are not there any more. If there is no such folder, returns that of the checkout.
 *
 * @param entries The whole commit.
 */
async function findFolder(
  checkout: Checkout,
  entries: RawEntry[],
  prefix: string,
  label: string,
): Promise<string> {
  const present = new Set(await listWorkingTree(checkout, [...bufPathspecs, "*package.json"]));
  const own = new Set(
    [...present].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)),
  );
  const paths = new Set(entries.map(({ path }) => path));
  const isCandidate = (folder: string) =>
    folder !== prefix && (!own.has("buf.yaml") || paths.has(`${folder}buf.yaml`));
  const named = await foldersOfPackage(
    checkout,
    entries.filter(({ path }) => isCandidate(folderOf(path))),
  );
  const movedAway = named.filter((folder) => !present.has(`${folder}package.json`));
  const gone = entries.filter((entry) => isProto(entry) && !present.has(entry.path));
  const similar = similarFolders(gone, entries, own).filter(isCandidate);
  const candidates = [movedAway, named, similar].find(({ length }) => length > 0) ?? [];
  const [folder, second] = candidates;
  if (folder !== undefined && second === undefined) {
    return folder;
  }
  if (entries.some((entry) => isProto(entry) && entry.path.startsWith(prefix))) {
    return prefix;
  }
  const top = posix.join(checkout.root, prefix.replace(/[^/]+/g, ".."));
  const unreadable = entries.filter(
    ({ kind, path }) =>
      prefix.startsWith(`${path}/`) || (kind === "submodule" && !existsSync(posix.join(top, path))),
  );
  const places = second ? candidates : [...gone, ...unreadable].map(({ path }) => path);
  if (places.length > 0) {
    throw cannotRun(
      `The contract is not in the folder ${printFolder(prefix)} at ${label}, and where it was is not clear. It may be:\n` +
        `${places.slice(0, 5).map(printFolder).join("\n")}\n` +
        "  Run: git log --name-status -- ':(top)*.proto'      to see what was moved, and compare with a commit after that\n" +
        describeAlternatives(checkout),
    );
  }
  return prefix;
}

const folderOf = (path: string) => path.replace(/[^/]*$/, "");

/** Returns the path of a folder for people. */
export const printFolder = (folder: string) => folder.replace(/\/$/, "") || ".";

/** Returns the folders whose package.json has the name of the checkout's. */
async function foldersOfPackage(checkout: Checkout, entries: RawEntry[]): Promise<string[]> {
  const manifest = posix.join(checkout.root, "package.json");
  const name = existsSync(manifest) && nameIn(readFileSync(manifest, "utf8"));
  const manifests = name
    ? entries.filter(({ kind, path }) => kind === "file" && posix.basename(path) === "package.json")
    : [];
  const texts = await readBlobs(
    checkout,
    manifests.map(({ blob }) => blob),
  );
  return manifests
    .filter((_, index) => nameIn(String(texts[index])) === name)
    .map(({ path }) => folderOf(path));
}

function nameIn(manifest: string): unknown {
  try {
    return (JSON.parse(manifest) as { name?: unknown }).name;
  } catch {
    // Another tool's file, or a test's.
    return undefined;
  }
}

/** Returns the folders from which most .proto files are gone that have the same paths in the checkout. */
function similarFolders(gone: RawEntry[], entries: RawEntry[], own: Set<string>): string[] {
  const counts = new Map<string, number>();
  for (const { path } of gone) {
    for (let at = 0; at >= 0; at = path.indexOf("/", at) + 1 || -1) {
      if (own.has(path.slice(at))) {
        const folder = path.slice(0, at);
        counts.set(folder, (counts.get(folder) ?? 0) + 1);
      }
    }
  }
  const ownSize = [...own].filter((path) => isProto({ path })).length;
  const sizeOf = (folder: string) =>
    entries.filter((entry) => isProto(entry) && entry.path.startsWith(folder)).length;
  const isSimilar = ([folder, count]: [string, number]) => count * 2 >= Math.min(ownSize, sizeOf(folder));
  const similar = [...counts].filter(isSimilar);
  const greatest = Math.max(...similar.map(([, count]) => count));
  return similar.filter(([, count]) => count === greatest).map(([folder]) => folder);
}

/**
 * Finds the files of a folder of a commit, and those that its links lead to.
 *
 * buf follows links to files and to folders, each once, and ignores those that lead nowhere. A link that leads out of
 * the commit, in a circle or into a submodule becomes a file with a problem, which buf refuses if it is in a module.
 */
async function followLinks(
  checkout: Checkout,
  entries: RawEntry[],
  folder: string,
): Promise<Pick<CommitTree, "tree" | "sources">> {
  const links = entries.filter(({ kind }) => kind === "link");
  const texts = await readBlobs(
    checkout,
    links.map(({ blob }) => blob),
  );
  const targets = new Map(links.map(({ path }, index) => [path, String(texts[index])]));
  const files = new Map(entries.filter(({ kind }) => kind === "file").map(({ path, blob }) => [path, blob]));
  const submodules = entries.filter(({ kind }) => kind === "submodule").map(({ path }) => path);
  const sources = new Map<string, Source>();
  const addProblem = (path: string, problem: string) => {
    const file = isBufFile(path) ? path : `${path}/unreadable.proto`;
    sources.set(file, { path: file, problem: `${path} is ${problem}` });
  };

  const linked = new Map<string, string>();
  // Folders that are read; links add to them.
  const folders = [folder];
  for (const top of folders) {
    for (const [path, text] of [...targets].filter(([link]) => link.startsWith(top))) {
      const target = realPath(path, targets);
      const isIn = (candidate: string) => `${target}/`.startsWith(`${candidate}/`);
      if (target === undefined || submodules.some(isIn)) {
        addProblem(path, `a symbolic link to ${text}, which is not in the commit`);
      } else if (files.has(target)) {
        linked.set(path, target);
        sources.set(path, { path, link: target });
        sources.set(target, { path: target, blob: files.get(target) });
      } else if (entries.some((entry) => entry.path.startsWith(target && `${target}/`))) {
        sources.set(path, { path, link: target });
        if (!folders.some((known) => `${target}/`.startsWith(known))) {
          folders.push(target && `${target}/`);
        }
      }
    }
  }
  const isRead = (path: string) => folders.some((top) => path.startsWith(top));
  for (const path of submodules.filter(isRead)) {
    addProblem(path, "a submodule, whose files are not in the commit");
  }
  for (const [path, blob] of files) {
    if (isRead(path) && isBufFile(path)) {
      sources.set(path, { path, blob });
    }
  }
  const own = [...files.keys(), ...linked.keys()].filter((path) => path.startsWith(folder));
  const tree = own.map((path) => ({
    path: path.slice(folder.length),
    blob: files.get(linked.get(path) ?? path) ?? "",
  }));
  return { tree, sources: [...sources.values()] };
}

/** As many links as Linux follows in one path. */
const maxLinks = 40;

/** Returns the path that a path leads to, or undefined if it leads out of the commit or in a circle. */
function realPath(path: string, targets: Map<string, string>): string | undefined {
  const rest = path.split("/");
  const real: string[] = [];
  let followed = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "..") {
      if (real.pop() === undefined) {
        return undefined;
      }
    } else if (part !== "." && part !== "") {
      real.push(part);
      const text = targets.get(real.join("/"));
      if (text !== undefined) {
        followed++;
        if (followed > maxLinks || text.startsWith("/")) {
          return undefined;
        }
        real.pop();
        rest.unshift(...text.split("/"));
      }
    }
  }
  return real.join("/");
}
