// Reads the files of a commit: also those behind symbolic links, and those of a contract that was in another folder.
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, posix } from "node:path";
import { cannotRun } from "../cli/errors.ts";
import { type Checkout, settleAll } from "../cli/process.ts";
import { describeAlternatives } from "./environment.ts";
import { changedSince, listTree, prefixOf, type RawEntry, readBlobs, type TreeEntry } from "./git.ts";
import { isBelow } from "./paths.ts";

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
  /** Returns whether the commit has a file at a path from the folder, through links as well. */
  hasFile: (path: string) => boolean;
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

/** Returns whether buf reads files of this name: no other file can change the contract. */
export const isBufFile = (path: string) => /(\.proto|(^|\/)buf\.(yaml|lock|work\.yaml))$/.test(path);
const isProto = ({ path }: { path: string }) => path.endsWith(".proto");

/** Returns whether a commit has .proto files, or buf's configuration next to folders that cannot be read. */
export const hasContract = ({ sources, folder }: CommitTree) =>
  sources.some((source) => isProto(source) && source.problem === undefined) ||
  (sources.some(isProto) && sources.some(({ path }) => path === `${folder}buf.yaml`));

/**
 * Reads the files of a commit. If it has the contract in another folder than the checkout's, they are those there.
 *
 * @param label Name of the commit, for messages.
 * @throws UserError (exit code 2) if the contract may have been in another folder, and it is not clear in which; or if
 *   it is configured above the checkout's root.
 */
export async function readTree(checkout: Checkout, commit: string, label: string): Promise<CommitTree> {
  const [prefix, entries] = await settleAll([prefixOf(checkout), listTree(checkout, commit)] as const);
  refuseConfigurationAbove(checkout, prefix);
  const folder = await findFolder(checkout, entries, prefix, label);
  return { folder, isMoved: folder !== prefix, ...(await followLinks(checkout, entries, folder)) };
}

/** buf reads a configuration above if there is none in the root, with modules that are not in it. */
function refuseConfigurationAbove({ root }: Checkout, prefix: string): void {
  const folders = prefix.split("/").map((_, depth) => "../".repeat(depth));
  const names = folders.flatMap((folder) => [`${folder}buf.yaml`, `${folder}buf.work.yaml`]);
  const name = names.find((candidate) => existsSync(join(root, candidate)));
  if (name?.startsWith("..")) {
    throw cannotRun(
      `There is no buf.yaml here, and buf reads ${name}, whose modules may be elsewhere: they are not compared.\n` +
        "  Run: npx buf config init      and list the modules of this folder in the buf.yaml here",
    );
  }
}

/**
 * Returns whether the contract, or other files that are compared, differ between HEAD and the working tree.
 *
 * @param alsoCompared Paths of files and folders.
 */
export async function isUncommitted(
  checkout: Checkout,
  { folder, isMoved, tree, sources }: CommitTree,
  alsoCompared: string[],
): Promise<boolean> {
  const fromRoot = (path: string) => posix.relative(`/${folder}`, `/${path}`);
  const locate = (path: string) => {
    const place = join(checkout.root, fromRoot(path));
    return existsSync(place) ? realpathSync(place) : undefined;
  };
  if (isMoved || sources.some(({ path, link }) => link !== undefined && locate(path) !== locate(link))) {
    return true;
  }
  const read = sources.flatMap(({ path, blob }) => (blob ? [{ path: fromRoot(path), blob }] : []));
  const isReadable = new Map(sources.map(({ path, problem }) => [fromRoot(path), problem === undefined]));
  const isCompared = (path: string) =>
    isBelow(alsoCompared)(path) || (isReadable.get(path) ?? (isBufFile(path) && !path.startsWith("../")));
  return (await changedSince(checkout, [...tree, ...read], isCompared)).length > 0;
}

/** Returns whether a commit has the contract in the folder of the checkout. */
function isInFolder({ root }: Checkout, commit: RawEntry[], folder: string): boolean {
  const entries = commit.filter(({ path }) => path.startsWith(folder));
  const isConfigured = entries.some(({ path }) => path === `${folder}buf.yaml`);
  return isConfigured
    ? entries.some((entry) => isProto(entry) || entry.kind !== "file")
    : entries.some(isProto) && !existsSync(join(root, "buf.yaml"));
}

/**
 * Returns the folder that the contract is in: that of the checkout, or that which it was moved from, whose package.json
 * has the same name.
 */
async function findFolder(
  checkout: Checkout,
  entries: RawEntry[],
  prefix: string,
  label: string,
): Promise<string> {
  if (isInFolder(checkout, entries, prefix)) {
    return prefix;
  }
  const { root } = checkout;
  const [folder, ...others] = (await foldersOfPackage(checkout, entries)).filter(
    (candidate) => candidate !== prefix && isInFolder(checkout, entries, candidate),
  );
  if (folder !== undefined && others.length === 0) {
    return folder;
  }
  if (entries.some((entry) => isProto(entry) && entry.path.startsWith(prefix))) {
    return prefix;
  }
  const top = join(root, prefix.replace(/[^/]+/g, ".."));
  const places = entries
    .filter(
      (entry) =>
        prefix.startsWith(`${entry.path}/`) ||
        ((isProto(entry) || entry.kind === "submodule") && !existsSync(join(top, entry.path))),
    )
    .map(({ path }) => path);
  const possible = folder === undefined ? places : [folder, ...others];
  if (possible.length > 0) {
    throw cannotRun(
      `The contract is not in the folder ${printFolder(prefix)} at ${label}, and where it was is not clear. It may be:\n` +
        `${possible.slice(0, 5).map(printFolder).join("\n")}\n` +
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
  const manifest = join(checkout.root, "package.json");
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
): Promise<Pick<CommitTree, "tree" | "sources" | "hasFile">> {
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
  const blobAt = (path: string) => files.get(realPath(path, targets) ?? "");
  // Folders that are read; links add to them.
  const folders = [folder];
  for (const top of folders) {
    for (const [path, text] of [...targets].filter(([link]) => link.startsWith(top))) {
      const target = realPath(path, targets);
      if (target === undefined || isBelow(submodules)(target)) {
        addProblem(path, `a symbolic link to ${text}, which is not in the commit`);
      } else if (files.has(target)) {
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
  const tree = entries
    .filter(({ path }) => path.startsWith(folder))
    .map(({ path }) => ({ path: path.slice(folder.length), blob: blobAt(path) ?? "" }))
    .filter(({ blob }) => blob !== "");
  const hasFile = (path: string) => blobAt(folder + path) !== undefined;
  return { tree, sources: [...sources.values()], hasFile };
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
