import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import parse from "@changesets/parse";
import type { VersionType } from "@changesets/types";
import { UserError } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { readBlobs, type TreeEntry } from "../contract/git.ts";

/** A changeset, with the bump that it requests for this package. */
export interface Changeset {
  /** Path from the repository's root. */
  path: string;
  text: string;
  /** The bump that it requests; undefined if it does not name this package. */
  bump: VersionType | undefined;
}

/** Bumps, from the smallest to the greatest. */
const bumps: VersionType[] = ["none", "patch", "minor", "major"];

/** Returns whether one bump covers another; undefined is less than "none". */
export const covers = (requested: VersionType | undefined, needed: VersionType) =>
  requested !== undefined && bumps.indexOf(requested) >= bumps.indexOf(needed);

/** Returns the greatest of several bumps, or undefined if there is none. */
export const greatestBump = (candidates: (VersionType | undefined)[]): VersionType | undefined =>
  bumps.findLast((bump) => candidates.includes(bump));

const readManifest = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    version: string;
    workspaces?: string[];
  };

/** Returns name and version of the package. */
export const readPackage = (root: string): { name: string; version: string } => readManifest(root);

const folder = ".changeset";

/** Returns the path of a changeset from the repository's root. */
export const changesetPath = (id: string) => join(folder, `${id}.md`);

/** Git may convert line ends: they are not part of a changeset's text. */
const normalizeLineEnds = (text: string) => text.replaceAll("\r\n", "\n");

/**
 * Reads the changesets in the working tree: the files that the changesets library reads.
 *
 * @throws UserError with the path of a changeset that cannot be parsed or names an unknown package.
 */
export function readChangesets(root: string): Changeset[] {
  const { name, workspaces = ["."] } = readManifest(root);
  const known = workspaces.map((workspace) => readManifest(join(root, workspace)).name);
  const names = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  return names
    .filter((file) => /^[^.].*\.md$/.test(file) && !/^README\.md$/i.test(file))
    .map((file) => {
      const path = join(folder, file);
      const text = readFileSync(join(root, path), "utf8");
      const rewrite = `  Run: rm ${path} && npm run changeset:new      to write it again`;
      let releases: ReturnType<typeof parse>["releases"];
      try {
        releases = parse(text).releases;
      } catch (error) {
        throw new UserError(`${path}: ${(error as Error).message}\n  Fix it.\n${rewrite}`);
      }
      const unknown = releases.find((release) => !known.includes(release.name));
      if (unknown) {
        throw new UserError(
          `${path} names ${unknown.name}, which is not a package of this repository: no release could be made with it.\n` +
            `  Name ${name} instead.\n${rewrite}`,
        );
      }
      const bump = greatestBump(releases.filter((release) => release.name === name).map(({ type }) => type));
      return { path, text, bump };
    });
}

/**
 * Returns the changesets that were added or edited since a commit: those of the commit are about earlier changes.
 *
 * @param tree Files of the commit.
 */
export async function changesetsSince(
  checkout: Checkout,
  changesets: Changeset[],
  tree: TreeEntry[],
): Promise<Changeset[]> {
  const entries = tree.filter(({ path }) => changesets.some((changeset) => changeset.path === path));
  const texts = await readBlobs(
    checkout,
    entries.map(({ blob }) => blob),
  );
  const earlier = new Map(entries.map(({ path }, index) => [path, normalizeLineEnds(String(texts[index]))]));
  return changesets.filter(({ path, text }) => earlier.get(path) !== normalizeLineEnds(text));
}

/**
 * Sets the bump that a changeset requests for this package; its text is unchanged.
 *
 * @throws UserError if its front matter is written in a way that cannot be edited safely.
 */
export function setBump(root: string, { path, text }: Changeset, bump: VersionType): void {
  const { name } = readManifest(root);
  const end = text.indexOf("\n---", text.indexOf("---") + 3);
  const line = new RegExp(`^(\\s*["']?${name}["']?\\s*:\\s*["']?)(${bumps.join("|")})`, "m");
  const edited = text.slice(0, end).replace(line, `$1${bump}`) + text.slice(end);
  if (!parse(edited).releases.some((release) => release.name === name && release.type === bump)) {
    throw new UserError(`${path}: its bump could not be set.\n  Set it there to: "${name}": ${bump}`);
  }
  writeFileSync(join(root, path), edited);
}
