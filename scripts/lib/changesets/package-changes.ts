import { readFileSync } from "node:fs";
import { changedSince, textAt } from "./git.ts";
import { contractSources, ownSources, recipe } from "./package.ts";

/** What of the package is not what it is at another commit. All are paths from the repository's root. */
export interface PackageChanges {
  /** The contract's sources, and the code generated from it. */
  contract: string[];
  /** What the package has beside them; of package.json, the fields: "package.json (exports)". */
  own: string[];
  /** What says how the package is made. A change there may leave the package as it was. */
  recipe: string[];
}

/** What is compared, as git pathspecs. README.md is not: what it says reaches npm with the next release. */
export const packagePaths = ["package.json", ...contractSources, ...ownSources, ...recipe];

/** Fields of package.json that mean nothing to those who install the package, and its version. */
const privateFields = ["version", "scripts", "devDependencies", "workspaces", "overrides"];

/** Scripts of package.json that npm runs where the package is installed. */
const installScripts = ["preinstall", "install", "postinstall"];

/** Finds what of the package in the working tree is not what it is at a commit. */
export async function packageChanges(commit: string): Promise<PackageChanges> {
  const [changed, former] = await Promise.all([
    // Markdown is not packed.
    changedSince(commit, [...packagePaths, ":(exclude)*.md"]),
    textAt(commit, "package.json"),
  ]);
  const made = changed.filter((path) => recipe.includes(path));
  const rest = changed.filter((path) => !made.includes(path) && path !== "package.json");
  const contract = rest.filter((path) => contractSources.some((root) => path.startsWith(`${root}/`)));
  const fields = changed.includes("package.json") ? changedFields(former ?? "{}") : [];
  return {
    contract,
    own: [
      ...rest.filter((path) => !contract.includes(path)),
      ...(fields.length > 0 ? [`package.json (${fields.join(", ")})`] : []),
    ],
    recipe: made,
  };
}

/**
 * Whether published.binpb is not what it is at a commit, though no release has moved the version since: then what
 * later changes are judged by would be something that nobody has released.
 */
export async function isPublishedByHand(commit: string): Promise<boolean> {
  const [changed, former, image] = await Promise.all([
    changedSince(commit, ["published.binpb"]),
    textAt(commit, "package.json"),
    textAt(commit, "published.binpb"),
  ]);
  return (
    changed.length > 0 &&
    image !== undefined &&
    versionIn(former ?? "{}") === versionIn(readFileSync("package.json", "utf8"))
  );
}

const versionIn = (text: string) => (JSON.parse(text) as { version?: string }).version;

/** Which published fields of package.json are not what they were. */
function changedFields(former: string): string[] {
  const before = published(former);
  const after = published(readFileSync("package.json", "utf8"));
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (name) => before.get(name) !== after.get(name),
  );
}

/** The published fields of a package.json, as JSON by name. */
function published(text: string): Map<string, string> {
  const content = JSON.parse(text) as Record<string, unknown>;
  const scripts = Object.entries(content.scripts ?? {}).filter(([name]) => installScripts.includes(name));
  return new Map(
    [
      ...Object.entries(content).filter(([name]) => !privateFields.includes(name)),
      ...scripts.map(([name, script]) => [`scripts.${name}`, script] as const),
    ].map(([name, value]) => [name, JSON.stringify(value)]),
  );
}

/** Names for people, of which there can be hundreds. */
export function listBriefly(names: string[]): string {
  const rest = names.length - 5;
  return rest > 1 ? `${names.slice(0, 5).join(", ")} and ${rest} more` : names.join(", ");
}
