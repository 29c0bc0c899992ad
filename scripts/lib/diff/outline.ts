import { groupBy } from "../cli/collections.ts";
import { cannotRun } from "../cli/errors.ts";
import { shortName } from "../contract/descriptors.ts";
import {
  describeEffects,
  explainBreak,
  type Item,
  isPart,
  isVague,
  isWhole,
  listBrokenRules,
  rankBreak,
  toItem,
} from "./breaks.ts";
import type { ContractDiff, Entry } from "./model.ts";
import { groupChanges, type SectionName, sectionNames, summarizeDiff } from "./summary.ts";
import { importPathOf, isMember, parentName, type Style } from "./words.ts";

/** Without an option that selects a part, a report is short. A report of a part is complete. */
export interface ReportOptions {
  /** Only the changes of this package. */
  package?: string;
  /** Only what breaks. */
  breaking?: boolean;
  /** Only comments, in full. */
  comments?: boolean;
  /** Everything. */
  all?: boolean;
  /** The words of the command that prints the report, quoted for a shell, without options that select a part. */
  command?: string[];
  /** Name of the npm package that is generated from the contract. */
  npmName?: string;
}

export const defaultCommand = ["npm", "run", "diff", "--"];

/** Returns whether a report has all changes that an option selects, as long as it may be. */
export const selectsPart = ({ package: name, breaking, comments, all }: ReportOptions) =>
  name !== undefined || breaking || comments || all;

/** Items that a person reads without scrolling far. */
const screen = 80;

/** A report before it is written. */
interface Outline {
  summary: string;
  /** The sections that are not empty, in their order. */
  sections: Section[];
}

export interface Section {
  name: SectionName;
  packages: PackageItems[];
}

/** The items of a package in a section. */
export interface PackageItems {
  section: SectionName;
  name: string;
  /** The path from which consumers import the package, if the npm package has it. */
  importPath: string | undefined;
  /** Whether the package is new, and this is its first section. */
  isNew: boolean;
  groups: ItemGroup[];
  /** The number of items. */
  count: number;
  /** The entries of all items, and those of breaks without the entries that they explain. */
  entries: Entry[];
}

/** Returns that a package is new, and its import path, if so. */
export function describeNew({ isNew, importPath }: PackageItems, code: Style["code"]): string[] {
  return isNew ? [`new package${importPath ? `, import from ${code(importPath)}` : ""}`] : [];
}

/** Items that a report lists together. */
export interface ItemGroup {
  /** Service and resource; "" if the items belong to none, and of breaks and deprecations. */
  heading: string;
  items: Item[];
  /** What these breaks break; "" if they are none. */
  effects: string;
  /** What these breaks break and what to do instead, and the rules that forbid them; empty if they are none. */
  reasons: string[];
}

/**
 * Groups the changes as reports list them.
 *
 * @throws UserError (exit code 2) if the contracts do not have the selected package.
 */
export function outlineDiff(diff: ContractDiff, options: ReportOptions): Outline {
  const { entries } = diff;
  const { package: name, breaking = false, comments = false, npmName } = options;
  checkPackage(name, diff.packages);
  const changes = groupChanges(entries);
  const isOfPackage = (entry: Entry) => name === undefined || entry.package === name;
  const breaks = changes.breaks.filter(({ entries: [head], explained }) =>
    [head, ...explained.flat()].some(isOfPackage),
  );
  const added = new Set(
    entries.flatMap(({ kind, action, element }) =>
      kind === "package" && action === "added" && element !== "" ? [element] : [],
    ),
  );
  const isSelected = (section: SectionName) =>
    !(breaking || comments) || (breaking && section === "Breaking") || (comments && section === "Comments");
  const sections = sectionNames.filter(isSelected).map((section) => {
    const items =
      section === "Breaking"
        ? breaks
        : listItems(section, (changes.sections.get(section) ?? []).filter(isOfPackage));
    const isShort = items.length > screen && !selectsPart(options);
    const byPackage = groupBy(items, ({ entries: [head] }) => head.package);
    const ofPackages = [...byPackage].map(([packageName, ofPackage]) => {
      const merged = mergeItems(ofPackage, isShort);
      return {
        ...{ section, name: packageName, importPath: importPathOf(packageName, npmName) },
        isNew: added.delete(packageName),
        groups: groupItems(section, merged),
        count: merged.length,
        entries: ofPackage.flatMap((item) => (section === "Breaking" ? item.entries[0] : item.entries)),
      };
    });
    return { name: section, packages: ofPackages };
  });
  return {
    summary: summarizeDiff(diff, changes),
    sections: sections.filter((section) => section.packages.length > 0),
  };
}

/** @throws UserError (exit code 2) if a package is selected that the contracts do not have. */
function checkPackage(name: string | undefined, packages: Set<string>): void {
  if (name !== undefined && !packages.has(name)) {
    const known = [...packages].sort().map((other) => `\n  ${other || "''"}`);
    throw cannotRun(`Unknown package ${name || "''"}. The contracts have these:${known.join("")}`);
  }
}

/** Returns the service and the resource of an entry; "" if it has none. */
const placeOf = ({ service, resource }: Entry) =>
  [service, resource].filter((name) => name !== undefined).join(" · ");

/** Returns items: the deprecations of one resource are one, and so are the properties of one element that changed. */
function listItems(section: SectionName, entries: Entry[]): Item[] {
  const groups = groupBy(entries, (entry) => {
    if (isPart(entry) || isWhole(entry)) {
      return entry;
    }
    return `${entry.package} ${section === "Deprecated" ? placeOf(entry) : entry.element}`;
  });
  return [...groups.values()].map(toItem);
}

/** Groups the items of a package: breaks by their explanation, the worst first, and others by service and resource. */
function groupItems(section: SectionName, items: Item[]): ItemGroup[] {
  const headingOf = ({ entries: [head] }: Item) =>
    section === "Breaking" || section === "Deprecated" ? "" : placeOf(head);
  const rankOf = (item: Item) => (section === "Breaking" ? rankBreak(item) : Number(headingOf(item) !== ""));
  const groups = groupBy(items, (item) => `${headingOf(item)}\n${explainBreak(item)}`);
  return ([...groups.values()] as [Item, ...Item[]][])
    .sort(([a], [b]) => rankOf(a) - rankOf(b))
    .map((members) => ({
      items: members,
      heading: headingOf(members[0]),
      effects: describeEffects(members[0]),
      reasons: section === "Breaking" ? [explainBreak(members[0]), listBrokenRules(members)] : [],
    }));
}

/**
 * Merges the items of a package that are the same change of several elements.
 *
 * @param isShort Whether to merge also the added fields or values of one parent that have no comments.
 */
function mergeItems(items: Item[], isShort: boolean): Item[] {
  return [...groupBy(items, (item) => changeKey(item, isShort) ?? item).values()].map((members) => ({
    ...(members[0] as Item),
    elements: members.flatMap(({ elements }) => elements) as Item["elements"],
    findings: members.flatMap(({ findings }) => findings),
  }));
}

/** Returns a key that items have in common if they are the same change; undefined if an item is a change of its own. */
function changeKey(item: Item, isShort: boolean): string | undefined {
  const { entries, explained, findings } = item;
  const [head] = entries;
  const { kind, action, element, comment } = head;
  const isUnique =
    kind === "comment" || action === "deprecated" || (isWhole(head) && !isMember(head)) || isVague(item);
  if (isUnique || explained.length > 0) {
    return undefined;
  }
  if (isShort && isMember(head) && action === "added" && comment === undefined) {
    return `${kind} in ${parentName(head)}`;
  }
  const name = isMember(head) || kind === "extension" ? shortName(element) : "";
  const changes = entries.map((entry) => [
    ...[entry.kind, entry.action, entry.property, entry.from, entry.to, entry.type, entry.oneof],
    ...[entry.reusedBy, isWhole(head) ? entry.comment : undefined],
  ]);
  // Breaks have no heading, and the same sentence is about the same thing.
  const place = findings.length > 0 || (isWhole(head) && comment) ? "" : placeOf(head);
  return JSON.stringify([name, place, changes, explainBreak(item)]);
}

/** Returns groups with their first items. */
export function takeItems(groups: ItemGroup[], count: number): ItemGroup[] {
  let left = count;
  return groups.flatMap((group) => {
    const items = group.items.slice(0, left);
    left -= items.length;
    return items.length > 0 ? [{ ...group, items }] : [];
  });
}
