import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { read as readConfig } from "@changesets/config";
import getReleasePlan from "@changesets/get-release-plan";
import parse from "@changesets/parse";
import { shouldSkipPackage } from "@changesets/should-skip-package";
import type { VersionType } from "@changesets/types";
import { getPackages } from "@manypkg/get-packages";
import { isMap, isNode, isScalar, parseDocument } from "yaml";
import { UserError } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { changedSince, type TreeEntry, textAt } from "../contract/git.ts";
import { isBelow } from "../contract/paths.ts";

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

/** Returns name and version of the package. */
export const readPackage = (root: string): { name: string; version: string } =>
  JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const folder = ".changeset";

/** Returns the path of a changeset from the repository's root. */
export const changesetPath = (id: string) => `${folder}/${id}.md`;

/**
 * Reads the changesets in the working tree: the files that the changesets library reads.
 *
 * @throws UserError with the place of everything that the next release could not read or would not consume.
 */
export async function readChangesets(root: string): Promise<Changeset[]> {
  const skipped = await findSkippedPackages(root);
  const { name } = readPackage(root);
  if (skipped.get(name)) {
    throw new UserError(
      `No release would be made of ${name}: it is private or has no version in package.json, or ${folder}/config.json ignores it.\n  Change that.`,
    );
  }
  const changesets = readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || isChangeset(entry.name))
    .map((entry) => `${folder}/${entry.name}`)
    .sort()
    .map((path) => readChangeset(root, path, name, skipped));
  await orFail(`The next release cannot be planned from ${folder}`, getReleasePlan(root));
  return changesets;
}

/** The condition of the library: https://github.com/changesets/changesets/blob/main/packages/read/src/index.ts */
const isChangeset = (file: string) =>
  !file.startsWith(".") && file.endsWith(".md") && !/^README\.md$/i.test(file);

/** Returns the names of all packages of the repository, each with whether a release skips it. */
function findSkippedPackages(root: string): Promise<Map<string, boolean>> {
  const find = async () => {
    const packages = await getPackages(root);
    const { ignore, privatePackages, changelog, commit } = await readConfig(root, packages);
    for (const [module] of [changelog, commit].filter((option) => option !== false)) {
      createRequire(join(root, folder, "config.json")).resolve(module);
    }
    const options = { ignore, allowPrivatePackages: privatePackages.version };
    return new Map(
      packages.packages.map((item) => [item.packageJson.name, shouldSkipPackage(item, options)]),
    );
  };
  return orFail(`${folder}/config.json cannot be read`, find());
}

/** Waits for the library. Its errors become errors for the user. */
const orFail = <T>(problem: string, result: Promise<T>): Promise<T> =>
  result.catch((error: Error) => {
    throw new UserError(`${problem}:\n${error.message}\n  Fix it, and run: npx changeset status`);
  });

function readChangeset(root: string, path: string, name: string, skipped: Map<string, boolean>): Changeset {
  const { text, releases } = parseChangeset(root, path);
  // The library derives the name of the file that it deletes in this way.
  if (`${path.replace(".md", "")}.md` !== path) {
    throw refusal(path, "has .md inside its name, so that no release would consume it.", "Rename it.");
  }
  const refused = releases.find((release) => skipped.get(release.name) !== false);
  if (refused) {
    const problem = skipped.has(refused.name)
      ? `names ${refused.name}, which is private or ignored: no release would consume the changeset.`
      : `names ${refused.name}, which is not a package of this repository: no release could be made with it.`;
    const isMixed = releases.some((release) => skipped.get(release.name) === false);
    const fix = isMixed ? "Remove it." : `Write "${name}": ${refused.type} instead.`;
    const place = findRelease(text, refused.name);
    throw refusal(path, problem, fix, place && text.slice(0, place.name).split("\n").length);
  }
  const bump = greatestBump(releases.filter((release) => release.name === name).map(({ type }) => type));
  return { path, text, bump };
}

/** Returns where the front matter of a changeset, which is YAML, names a package and its bump, as indexes in the text. */
function findRelease(text: string, name: string) {
  const start = text.indexOf("---") + 3;
  const { contents } = parseDocument(text.slice(start, text.indexOf("\n---", start) + 1));
  const item = isMap(contents) && contents.items.find(({ key }) => isScalar(key) && key.value === name);
  const [key, bump] = (item ? [item.key, item.value] : []).map((node) => isNode(node) && node.range);
  return key && bump
    ? { name: start + key[0], bump: [start + bump[0], start + bump[1]] as const }
    : undefined;
}

function parseChangeset(root: string, path: string) {
  try {
    const text = readFileSync(join(root, path), "utf8");
    return { text, releases: parse(text).releases };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === "EISDIR"
      ? refusal(path, "is a folder, which no release could read.", "Move its files to another folder.")
      : refusal(path, `cannot be read: ${message}`, "Fix it.");
  }
}

function refusal(path: string, problem: string, fix: string, line = 0): UserError {
  return new UserError(
    `${path}${line > 0 ? `:${line}` : ""} ${problem}\n  ${fix}\n` +
      `  Or run: rm -r ${path} && npm run changeset:new      to write it again`,
    { annotations: [{ file: path, line: Math.max(line, 1), message: `${problem} ${fix}` }] },
  );
}

/**
 * Returns the changesets that were added or edited since a commit, as those of the commit are about earlier changes; and
 * the paths of the commit's changesets that were edited or deleted. A changeset that was renamed only is not added.
 *
 * @param tree Files of the commit.
 */
export async function changesetsSince(
  checkout: Checkout,
  changesets: Changeset[],
  tree: TreeEntry[],
): Promise<[added: Changeset[], edited: string[]]> {
  const changed = new Set(await changedSince(checkout, tree, isBelow([folder])));
  const edited = tree.filter(({ path }) => changed.has(path) && isChangeset(path.slice(folder.length + 1)));
  const deleted = edited.filter(({ path }) => !changesets.some((changeset) => changeset.path === path));
  const texts = await Promise.all(deleted.map(({ path }) => textAt(checkout, { tree }, path)));
  const added = changesets.filter(({ path, text }) => changed.has(path) && !texts.includes(text));
  return [added, edited.map(({ path }) => path)];
}

/**
 * Sets the bump that a changeset requests for this package; its text is unchanged.
 *
 * @throws UserError if its front matter does not name this package directly.
 */
export function setBump(root: string, { path, text }: Changeset, bump: VersionType): void {
  const { name } = readPackage(root);
  const place = findRelease(text, name);
  if (place === undefined) {
    throw new UserError(`${path}: its bump could not be set.\n  Set it there to: "${name}": ${bump}`);
  }
  const [start, end] = place.bump;
  const edited = text.slice(start, end).replace(/^(["']?).*\1$/s, `$1${bump}$1`);
  writeFileSync(join(root, path), text.slice(0, start) + edited + text.slice(end));
}
