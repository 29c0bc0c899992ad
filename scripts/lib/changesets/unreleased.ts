import type { VersionType } from "@changesets/types";
import { type Base, resolveBase } from "./base.ts";
import { type Changeset, changesetsSince, greatest, isEnough } from "./changesets.ts";
import {
  type ContractDiff,
  diffContracts,
  retold,
  sideOf,
  summary,
  weight,
  workingTree,
} from "./diff/index.ts";
import { listBriefly, type PackageChanges, packageChanges, packagePaths } from "./package-changes.ts";
import { withTemporaryFolder } from "./temporary.ts";

/** What differs for those who use the package, and what the changesets say of it. */
export interface Unreleased {
  base: Base;
  contract: ContractDiff;
  package: PackageChanges;
  /**
   * The least that a changeset has to say; undefined where nothing differs. "none" where only the way differs
   * in which the package is made: whether anything comes of it is for a person to say.
   */
  needed: VersionType | undefined;
  /** The changesets that are not on the base. */
  changesets: Changeset[];
  /** Of these, the one that says the most of this package. */
  saying: Changeset | undefined;
}

/**
 * Compares the working tree with main, as the breaking check finds it, or with the last release.
 *
 * @param against "published" for the last release. Of that only the contract is known, and every changeset
 *   is about what came after it.
 * @throws UserError when there is nothing to compare with (exit code 2, as in resolveBase), when either
 *   contract does not compile (2), or when a changeset cannot be read (1).
 */
export async function findUnreleased(against?: "published"): Promise<Unreleased> {
  const base = await resolveBase(against, [...packagePaths, "published.binpb"]).catch((error) => {
    throw retold(error);
  });
  const commit = base.kind === "revision" ? base.commit : undefined;
  return withTemporaryFolder(async (folder) => {
    const work = [
      sideOf(base),
      workingTree(folder),
      commit === undefined ? { contract: [], own: [], recipe: [] } : packageChanges(commit),
      changesetsSince(commit),
    ] as const;
    // All to their end before the folder goes.
    await Promise.allSettled(work);
    const [before, after, changes, changesets] = await Promise.all(work);
    const contract = await diffContracts(before, after);
    const said = greatest(changesets.map(({ bump }) => bump));
    return {
      base,
      contract,
      package: changes,
      // What is before the first contract was nobody's yet.
      needed: base.kind === "nothing" ? undefined : greatest([weight(contract), leastFor(changes)]),
      changesets,
      saying: said && changesets.find(({ bump }) => bump === said),
    };
  });
}

function leastFor({ contract, own, recipe }: PackageChanges): VersionType | undefined {
  return contract.length + own.length > 0 ? "patch" : recipe.length > 0 ? "none" : undefined;
}

/** Whether the changesets say at least what differs. */
export const isCovered = ({ needed, saying }: Unreleased) =>
  needed === undefined || isEnough(saying?.bump, needed);

/** What differs, for people: a line for the contract, and one for what the package has beside it. */
export function describe({ contract, package: changes }: Unreleased): string {
  const differs = weight(contract) !== undefined;
  // Where the contract differs, its sources and generated code do as well.
  const beside = [...(differs ? [] : changes.contract), ...changes.own];
  return [
    ...(differs ? [summary(contract)] : []),
    ...(beside.length > 0 ? [`${differs ? "beside it" : "patch"}: ${listBriefly(beside)}`] : []),
    ...(changes.recipe.length > 0 ? [`how the package is made: ${listBriefly(changes.recipe)}`] : []),
  ].join("\n");
}
