import { groupBy } from "../cli/collections.ts";
import { cannotRun } from "../cli/errors.ts";
import { shortName } from "../contract/descriptors.ts";
import { isPart } from "./breaks.ts";
import type { ContractDiff, Entry } from "./model.ts";
import { type Groups, groupChanges, type SectionName, sectionNames } from "./summary.ts";
import {
  alone,
  describeEffects,
  explainBreak,
  type Item,
  isVague,
  listBrokenRules,
  parentName,
  rankBreak,
} from "./words.ts";

/** Selects a part of a report. A report of a part is complete. */
export interface Selection {
  /** Only the changes of this package. */
  package?: string;
  /** Only what breaks. */
  breaking?: boolean;
  /** Only comments, in full. */
  comments?: boolean;
  /** Everything. */
  all?: boolean;
}

/** Items that a person reads without scrolling far. */
const screen = 80;

/** Returns whether a report has all changes that an option selects, as long as it may be. */
export const selectsPart = ({ package: name, breaking, comments, all }: Selection) =>
  name !== undefined || breaking || comments || all;

/** Items that a report lists together. */
export interface ItemGroup {
  /** Service and resource; "" if the items belong to none, and of breaks and deprecations. */
  heading: string;
  items: [Item, ...Item[]];
  /** What these breaks break; "" if they are none. */
  effects: string;
  /** What these breaks break, and what to do instead; "" if they are none. */
  explanation: string;
  /** The rules that forbid these breaks. */
  rules: string;
}

/** The items of a package in a section. */
export interface PackageItems {
  name: string;
  /** Whether the package is new. */
  isNew: boolean;
  groups: ItemGroup[];
  /** The number of items. */
  count: number;
  /** The entries of all items, and those of breaks without the entries that they explain. */
  entries: Entry[];
}

export interface Section {
  name: SectionName;
  packages: PackageItems[];
}

/**
 * Returns the sections of a report that are not empty, in their order.
 *
 * @throws UserError (exit code 2) if the contracts do not have the selected package.
 */
export function outlineDiff(
  { entries, packages }: ContractDiff,
  selection: Selection = {},
  changes: Groups = groupChanges(entries),
): Section[] {
  const { package: name } = selection;
  if (name !== undefined && !packages.has(name)) {
    const known = [...packages].sort().map((other) => `\n  ${other || "''"}`);
    throw cannotRun(`Unknown package ${name || "''"}. The contracts have these:${known.join("")}`);
  }
  const isOfPackage = (entry: Entry) => name === undefined || entry.package === name;
  const breaks = changes.breaks.filter((item) => [item.head, ...item.explained.flat()].some(isOfPackage));
  const added = new Set(
    entries
      .filter(({ kind, action }) => kind === "package" && action === "added")
      .map(({ element }) => element),
  );
  const { breaking = false, comments = false } = selection;
  const isSelected = (name: SectionName) =>
    !(breaking || comments) || (breaking && name === "Breaking") || (comments && name === "Comments");
  return sectionNames.filter(isSelected).flatMap((name) => {
    const items =
      name === "Breaking"
        ? breaks.map(({ head, ...item }) => ({ ...item, elements: [head] as [Entry] }))
        : listItems(name, (changes.sections.get(name) ?? []).filter(isOfPackage));
    const isShort = items.length > screen && !selectsPart(selection);
    const members = [...groupBy(items, ({ entries: [head] }) => head.package)].map(
      ([packageName, ofPackage]) => ({
        name: packageName,
        // A new package is introduced once.
        isNew: packageName !== "" && added.delete(packageName),
        ...groupItems(name, ofPackage, isShort),
        entries: ofPackage.flatMap((item) => (name === "Breaking" ? item.entries.slice(0, 1) : item.entries)),
      }),
    );
    return members.length > 0 ? [{ name, packages: members }] : [];
  });
}

/** Returns the service and the resource of an entry; "" if it has none. */
const placeOf = ({ service, resource }: Entry) =>
  [service, resource].filter((name) => name !== undefined).join(" · ");

function listItems(name: SectionName, entries: Entry[]): Item[] {
  // The deprecations of one resource are one item, and so are the properties of one element that changed.
  const isProperty = (entry: Entry) =>
    name === "Changed" && !isPart(entry) && entry.action !== "added" && entry.action !== "removed";
  const groups = groupBy(entries, (entry) =>
    name === "Deprecated"
      ? `${entry.package} ${placeOf(entry)}`
      : isProperty(entry)
        ? `${entry.package} ${entry.element}`
        : entry,
  );
  return [...groups.values()].map((members) => ({
    entries: members as [Entry, ...Entry[]],
    elements: members.slice(0, 1) as [Entry],
    ...alone,
  }));
}

/** Groups the items of a package: breaks by their explanation, the worst first, and others by service and resource. */
function groupItems(
  name: SectionName,
  items: Item[],
  isShort: boolean,
): Pick<PackageItems, "groups" | "count"> {
  const merged = mergeItems(items, isShort);
  const headingOf = ({ entries: [head] }: Item) =>
    name === "Breaking" || name === "Deprecated" ? "" : placeOf(head);
  const groups = [...groupBy(merged, (item) => `${headingOf(item)}\n${explainBreak(item)}`).values()].map(
    (members) => {
      const [first] = members as [Item, ...Item[]];
      return {
        items: members as [Item, ...Item[]],
        heading: headingOf(first),
        effects: describeEffects(first),
        explanation: explainBreak(first),
        rules: listBrokenRules(members),
        rank: name === "Breaking" ? rankBreak(first) : headingOf(first) === "" ? 0 : 1,
      };
    },
  );
  return { groups: groups.sort((a, b) => a.rank - b.rank), count: merged.length };
}

/**
 * Merges the items of a package that are the same change of several elements.
 *
 * @param isShort Whether to merge also the added fields or values of one parent that have no comments.
 */
function mergeItems(items: Item[], isShort: boolean): Item[] {
  return [...groupBy(items, (item) => changeKey(item, isShort) ?? item).values()].map((members) => ({
    ...(members[0] as Item),
    elements: members.flatMap(({ elements }) => elements) as [Entry, ...Entry[]],
    findings: members.flatMap(({ findings }) => findings),
  }));
}

/** Returns a key that items have in common if they are the same change; undefined if an item is a change of its own. */
function changeKey(item: Item, isShort: boolean): string | undefined {
  const { entries, explained, findings } = item;
  const [head] = entries;
  const { kind, action, element, comment } = head;
  const isMember = kind === "field" || kind === "value";
  const isWhole = (action === "added" || action === "removed") && !isPart(head);
  const isUnique = kind === "comment" || action === "deprecated" || (isWhole && !isMember);
  if (isUnique || explained.length > 0 || isVague(item)) {
    return undefined;
  }
  if (isShort && isMember && action === "added" && comment === undefined) {
    return `${kind} in ${parentName(head)}`;
  }
  const name = isMember || kind === "extension" ? shortName(element) : "";
  const changes = entries.map((entry) => [
    ...[entry.kind, entry.action, entry.property, entry.from, entry.to, entry.type, entry.oneof],
    ...[entry.reusedBy, isWhole ? entry.comment : undefined],
  ]);
  // Breaks have no heading, and the same sentence is about the same thing.
  const place = findings.length > 0 || (isWhole && comment) ? "" : placeOf(head);
  return JSON.stringify([name, place, changes, explainBreak(item)]);
}

/** Returns groups with their first items. */
export function takeItems(groups: ItemGroup[], count: number): ItemGroup[] {
  let left = count;
  return groups.flatMap((group) => {
    const items = group.items.slice(0, left);
    left -= items.length;
    return items.length > 0 ? [{ ...group, items: items as [Item, ...Item[]] }] : [];
  });
}
