import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cannotRun } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";
import { describeAlternatives } from "../contract/environment.ts";
import { changedSince, git, type TreeEntry, textAt } from "../contract/git.ts";
import { buildPaths, contractPaths, isBelow, sourcePaths } from "../contract/paths.ts";
import { publishedImage } from "../contract/snapshot.ts";
import { readPackage } from "./changesets.ts";

/** Parts of the package that differ from another commit, as paths from the repository's root. */
export interface PackageChanges {
  /** The contract's sources, and the code generated from it. */
  contract: string[];
  /** Other packed files; of package.json, the fields: "package.json (exports)". */
  sources: string[];
  /** Files that decide how the package is built. Their change may leave the package unchanged. */
  build: string[];
}

/** The compared files and folders. README.md is left out: its changes reach npm with the next release. */
export const packagePaths = ["package.json", ...contractPaths, ...sourcePaths, ...buildPaths];

/** Fields of package.json that do not affect consumers, and the version. */
const privateFields = [
  "version",
  "scripts",
  "devDependencies",
  "workspaces",
  "overrides",
  "allowScripts",
  "scarfSettings",
];

/** Scripts of package.json that npm runs when the package is installed. */
const installScripts = ["preinstall", "install", "postinstall"];

/** The files of the commit that the working tree is compared with. */
interface Base {
  tree: TreeEntry[];
  label: string;
}

type Manifest = Record<string, unknown> & { version?: string };

/** Finds the parts of the package that differ between the working tree and a commit. */
export async function findPackageChanges(checkout: Checkout, base: Base): Promise<PackageChanges> {
  // Markdown is not packed.
  const changed = (await changedSince(checkout, base.tree, isBelow(packagePaths))).filter(
    (path) => !path.endsWith(".md"),
  );
  const isContract = isBelow(contractPaths);
  const isBuild = (path: string) => buildPaths.includes(path);
  const fields = changed.includes("package.json") ? await changedFields(checkout, base) : [];
  return {
    contract: changed.filter((path) => isContract(path) && !isBuild(path)),
    sources: [
      ...changed.filter((path) => !isContract(path) && !isBuild(path) && path !== "package.json"),
      ...(fields.length > 0 ? [`package.json (${fields.join(", ")})`] : []),
    ],
    build: changed.filter(isBuild),
  };
}

/**
 * Returns the published image of a commit if that of the working tree differs although the version is the same: later
 * changes would be compared with a contract that was never released. The commit may have the image in another folder.
 */
export async function findEditedImage(checkout: Checkout, base: Base): Promise<TreeEntry | undefined> {
  const published = base.tree.find(({ path }) => basename(path) === basename(publishedImage));
  const { stdout } = await git(checkout, ["hash-object", "--", publishedImage]);
  if (published === undefined || published.blob === stdout.toString().trim()) {
    return undefined;
  }
  const { version } = await manifestAt(checkout, base);
  return version === readPackage(checkout.root).version ? published : undefined;
}

/**
 * Returns the versions before and after if that of the working tree differs from a commit's, and whether a release set
 * it: it is the newest one in CHANGELOG.md then.
 */
export async function findVersionChange(
  checkout: Checkout,
  base: Base,
): Promise<{ before: string; after: string; isRelease: boolean } | undefined> {
  const { root } = checkout;
  const { version: before } = await manifestAt(checkout, base);
  const { version: after }: { version?: string } = readPackage(root);
  if (before === undefined || after === undefined || before === after) {
    return undefined;
  }
  const changelog = join(root, "CHANGELOG.md");
  const lines = existsSync(changelog) ? readFileSync(changelog, "utf8").split(/\r?\n/) : [];
  return { before, after, isRelease: lines.find((line) => line.startsWith("## ")) === `## ${after}` };
}

/** Returns the package.json of a commit, which is empty if there is none. */
async function manifestAt(checkout: Checkout, base: Base): Promise<Manifest> {
  const text = (await textAt(checkout, base, "package.json")) ?? "{}";
  try {
    return JSON.parse(text);
  } catch (error) {
    throw cannotRun(
      `package.json at ${base.label} is no JSON, so the package cannot be compared with it: ${(error as Error).message}\n` +
        `  Run: git log --oneline -- package.json      to see the other commits\n${describeAlternatives(checkout)}`,
    );
  }
}

/** Returns the published fields of package.json that differ from a commit. */
async function changedFields(checkout: Checkout, base: Base): Promise<string[]> {
  const before = publishedFields(await manifestAt(checkout, base));
  const after = publishedFields({ ...readPackage(checkout.root) });
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

/** Returns the published fields of a package.json, as JSON by name. */
function publishedFields(content: Manifest): Map<string, string> {
  const scripts = Object.entries(content.scripts ?? {}).filter(([name]) => installScripts.includes(name));
  return new Map(
    [
      ...Object.entries(content).filter(([name]) => !privateFields.includes(name)),
      ...scripts.map(([name, script]) => [`scripts.${name}`, script] as const),
    ].map(([name, value]) => [name, JSON.stringify(value)]),
  );
}
