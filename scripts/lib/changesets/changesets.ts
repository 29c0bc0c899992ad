import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import parse from "@changesets/parse";
import read from "@changesets/read";
import type { NewChangeset, VersionType } from "@changesets/types";
import { UserError } from "./errors.ts";
import { listTree, readBlobs } from "./git.ts";
import { listFiles } from "./tree.ts";

/** A changeset, as far as this package goes. */
export interface Changeset {
  /** Path from the repository's root. */
  path: string;
  /** The bump that it asks for; undefined when it does not name this package. */
  bump: VersionType | undefined;
}

/** Bumps, each more than the ones before it. */
const bumps: VersionType[] = ["none", "patch", "minor", "major"];

/** Whether one bump is as much as another; nothing at all is less than "none". */
export const isEnough = (said: VersionType | undefined, needed: VersionType) =>
  said !== undefined && bumps.indexOf(said) >= bumps.indexOf(needed);

/** The greatest of some bumps; undefined when there is none. */
export const greatest = (some: (VersionType | undefined)[]): VersionType | undefined =>
  bumps.findLast((bump) => some.includes(bump));

const readPackage = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; workspaces?: string[] };

/** Name of the package, which changesets call it by. */
export const packageName = () => readPackage(".").name;

/** Names of all packages of the repository; the others are private. */
const workspaceNames = () => (readPackage(".").workspaces ?? ["."]).map((folder) => readPackage(folder).name);

const folder = ".changeset";

/** Path of a changeset, from the repository's root. */
export const changesetPath = (id: string) => join(folder, `${id}.md`);

/** Line ends are git's to choose, and not what a changeset says. */
const sameLineEnds = (text: string) => text.replaceAll("\r\n", "\n");

/**
 * The changesets in the working tree that a commit does not have, or has in other words: those it has speak
 * of earlier changes.
 *
 * @param commit When it is left out, all of them.
 * @throws UserError when one cannot be read or names another package, with its path.
 */
export async function changesetsSince(commit: string | undefined): Promise<Changeset[]> {
  const [all, tree] = await Promise.all([readChangesets(), commit ? listTree(commit) : []]);
  const entries = tree.filter(({ path }) => /^\.changeset\/[^/]+\.md$/.test(path));
  const texts = entries.length > 0 ? await readBlobs(entries.map(({ blob }) => blob)) : [];
  const former = new Map(entries.map(({ path }, index) => [path, sameLineEnds(String(texts[index]))]));
  const name = packageName();
  const known = workspaceNames();
  for (const { id, releases } of all) {
    const stranger = releases.find((release) => !known.includes(release.name));
    if (stranger) {
      const path = changesetPath(id);
      throw new UserError(
        `${path} names ${stranger.name}, which is no package here: no release could be made with it.\n` +
          `  Call it ${name} there.\n  Run: rm ${path} && npm run changeset:new      to have it written anew`,
      );
    }
  }
  return all
    .map(({ id, releases }) => ({
      path: changesetPath(id),
      bump: greatest(releases.filter((release) => release.name === name).map(({ type }) => type)),
    }))
    .filter(({ path }) => former.get(path) !== sameLineEnds(readFileSync(path, "utf8")));
}

/**
 * All changesets in the working tree.
 *
 * @throws UserError when one cannot be read, with its path.
 */
export async function readChangesets(): Promise<NewChangeset[]> {
  if (!existsSync(folder)) {
    return [];
  }
  try {
    return await read(process.cwd());
  } catch (error) {
    const path = unreadable() ?? folder;
    throw new UserError(
      `${path}: ${(error as Error).message}\n  Mend it.\n  Run: rm ${path} && npm run changeset:new      to have it written anew`,
    );
  }
}

/** The first changeset that cannot be parsed: what is thrown does not say which. */
function unreadable(): string | undefined {
  return listFiles(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name))
    .find((path) => {
      try {
        parse(readFileSync(path, "utf8"));
        return false;
      } catch {
        return true;
      }
    });
}

/**
 * Sets the bump that a changeset asks for this package, which it names; its text stays.
 *
 * @throws UserError when its front matter is written in a way that cannot be edited safely.
 */
export function setBump(path: string, bump: VersionType): void {
  const text = readFileSync(path, "utf8");
  const name = packageName();
  const end = text.indexOf("\n---", text.indexOf("---") + 3);
  const line = new RegExp(`^(\\s*["']?${name}["']?\\s*:\\s*["']?)(${bumps.join("|")})`, "m");
  const edited = text.slice(0, end).replace(line, `$1${bump}`) + text.slice(end);
  if (!parse(edited).releases.some((release) => release.name === name && release.type === bump)) {
    throw new UserError(`${path}: its bump could not be set.\n  Set it there to: "${name}": ${bump}`);
  }
  writeFileSync(path, edited);
}
