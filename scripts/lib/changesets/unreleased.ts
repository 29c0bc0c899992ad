import type { VersionType } from "@changesets/types";
import { quote, UserError } from "../cli/errors.ts";
import { withTemporaryFolder } from "../cli/files.ts";
import { type Checkout, settleAll } from "../cli/process.ts";
import { loadBase, loadWorkingTree, publishedImage, type Snapshot } from "../contract/snapshot.ts";
import { type ContractDiff, diffContracts, summarizeDiff } from "../diff/index.ts";
import {
  type Changeset,
  changesetsSince,
  covers,
  greatestBump,
  readChangesets,
  readPackage,
} from "./changesets.ts";
import {
  findEditedImage,
  findPackageChanges,
  findVersionChange,
  type PackageChanges,
  packagePaths,
} from "./package-changes.ts";

/** The differences that affect consumers, and the changesets that cover them. */
export interface Unreleased {
  base: Snapshot;
  contract: ContractDiff;
  package: PackageChanges;
  /**
   * The smallest bump that a changeset has to request; undefined if nothing differs. "none" if only files differ
   * that decide how the package is built: a person must decide whether they change the package.
   */
  needed: VersionType | undefined;
  /** The changesets that are not on the base. */
  changesets: Changeset[];
  /** Paths of the base's changesets that were edited or deleted. */
  editedChangesets: string[];
  /** The changeset that requests the greatest bump for this package. */
  greatest: Changeset | undefined;
}

/**
 * Compares the working tree with its base. Of the last release, only the contract is compared, and every changeset
 * counts.
 *
 * @param against See `loadBase`.
 * @throws UserError if there is nothing to compare with (exit code 2, as in `loadBase`), if a contract does not compile
 *   (2), if a changeset is refused (1), if the published image or the version was edited (1), or if a release leaves
 *   changesets (1).
 */
export async function findUnreleased(checkout: Checkout, against?: string): Promise<Unreleased> {
  const all = await readChangesets(checkout.root);
  return withTemporaryFolder(checkout.root, async (folder) => {
    const alsoCompared = [...packagePaths, publishedImage];
    const [base, tree] = await settleAll([
      loadBase(checkout, folder, { against, alsoCompared }),
      loadWorkingTree(checkout, folder),
    ] as const);
    const revision = base.kind === "revision" ? base : undefined;
    const formerImage = revision && (await findEditedImage(checkout, revision));
    if (formerImage) {
      throw new UserError(
        `${publishedImage} is the contract of the last release, and only a release changes it.\n` +
          `  Run: git show ${quote(`${revision.commit}:${revision.folder}${formerImage.path}`)} > ${publishedImage}`,
      );
    }
    const version = revision && (await findVersionChange(checkout, revision));
    if (version && !version.isRelease) {
      throw new UserError(
        `package.json has version ${version.after}, which is not the newest in CHANGELOG.md: only a release sets the version.\n` +
          `  Set it to ${version.before} again. After the merge, the pull request "Release" sets the next version.`,
      );
    }
    if (version && all.length > 0) {
      throw new UserError(
        `Version ${version.after} would contain changes of a later release: ${listBriefly(all.map(({ path }) => path))} would remain.\n` +
          '  Merge the pull request "Release" after the workflow "Release" has updated it for the last push to main.',
      );
    }
    const [contract, changes, [changesets, editedChangesets]] = await settleAll([
      diffContracts(checkout, base, tree),
      revision ? findPackageChanges(checkout, revision) : { contract: [], sources: [], build: [] },
      revision ? changesetsSince(checkout, all, revision.tree) : [all, []],
    ] as const);
    const greatest = greatestBump(changesets.map(({ bump }) => bump));
    return {
      base,
      contract,
      package: changes,
      // Without an earlier contract, no change can affect consumers.
      needed: base.kind === "none" ? undefined : greatestBump([contract.bump, bumpForPackage(changes)]),
      ...{ changesets, editedChangesets },
      greatest: greatest && changesets.find(({ bump }) => bump === greatest),
    };
  });
}

function bumpForPackage({ contract, sources, build }: PackageChanges): VersionType | undefined {
  return contract.length + sources.length > 0 ? "patch" : build.length > 0 ? "none" : undefined;
}

/** Returns whether the changesets request at least the bump that is needed. */
export const isCovered = ({ needed, greatest }: Unreleased) =>
  needed === undefined || covers(greatest?.bump, needed);

/**
 * Requires that all changesets together cover how the contract differs from the last release.
 *
 * @param hints Lines to add to the message.
 * @throws UserError if they request a smaller bump; or as `findUnreleased` does.
 */
export async function requireCoveredRelease(checkout: Checkout, hints: string[] = []): Promise<void> {
  const { version } = readPackage(checkout.root);
  const unreleased = await findUnreleased(checkout, "published");
  const { base, contract, greatest } = unreleased;
  if (!isCovered(unreleased)) {
    const release = covers(greatest?.bump, "patch")
      ? `a ${greatest?.bump} release of ${version}`
      : "no release";
    throw new UserError(
      [
        `The changesets make ${release}, but compared with ${base.label}, the contract is`,
        summarizeDiff(contract),
        ...hints,
        "  Run: npm run changeset:new -- --against published      to cover it",
        "  and: npm run diff -- published      to see what differs",
      ].join("\n"),
    );
  }
}

/** Returns what differs, for people: a line for the contract, and one for the rest of the package. */
export function describeUnreleased({ contract, package: changes }: Unreleased): string {
  const differs = contract.bump !== undefined;
  // If the contract differs, so do its sources and the generated code.
  const rest = [...(differs ? [] : changes.contract), ...changes.sources];
  return [
    ...(differs ? [summarizeDiff(contract)] : []),
    ...(rest.length > 0 ? [`${differs ? "in addition" : "patch"}: ${listBriefly(rest)}`] : []),
    ...(changes.build.length > 0 ? [`how the package is built: ${listBriefly(changes.build)}`] : []),
  ].join("\n");
}

/** Returns a list of names for people: the first five, and the number of further names. */
export function listBriefly(names: string[]): string {
  const more = names.length - 5;
  return more > 1 ? `${names.slice(0, 5).join(", ")} and ${more} more` : names.join(", ");
}
