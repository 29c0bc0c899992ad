import type { Finding } from "../breaking/findings.ts";
import { groupBy } from "../cli/collections.ts";
import { cannotRun } from "../cli/errors.ts";
import { shortName } from "../contract/descriptors.ts";
import { groupBreaks } from "./breaks.ts";
import type { ContractDiff, Entry } from "./model.ts";
import { groupBySection, type SectionName, sectionNames } from "./summary.ts";

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

/** What a report prints as one item. */
export interface Item {
  /** The changes of one element. */
  entries: [Entry, ...Entry[]];
  /** An entry of each element that has these changes. */
  elements: [Entry, ...Entry[]];
  /** Entries about other elements that the same findings explain. */
  explained: Entry[];
  /** Of a break. */
  findings: Finding[];
}

/** The items of a package in a section. */
export interface PackageItems {
  name: string;
  /** Whether the package is new. */
  isNew: boolean;
  /** Items by service and resource; "" if they belong to none. */
  places: Map<string, Item[]>;
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
 * @throws UserError (exit code 2) if nothing changed in the selected package.
 */
export function outlineDiff({ entries }: ContractDiff, selection: Selection = {}): Section[] {
  const selected = selectPackage(entries, selection.package);
  const added = new Set(
    selected
      .filter(({ kind, action }) => kind === "package" && action === "added")
      .map(({ element }) => element),
  );
  const sections = groupBySection(selected);
  const { breaking = false, comments = false } = selection;
  const isSelected = (name: SectionName) =>
    !(breaking || comments) || (breaking && name === "Breaking") || (comments && name === "Comments");
  return sectionNames
    .filter((name) => sections.has(name) && isSelected(name))
    .map((name) => {
      const items = listItems(name, sections.get(name) ?? []);
      const packages = [...groupBy(items, ({ entries: [head] }) => head.package)];
      return {
        name,
        packages: packages.map(([packageName, members]) => ({
          name: packageName,
          isNew: name === "Added" && added.has(packageName),
          places: groupBy(mergeItems(members), ({ entries: [head] }) =>
            name === "Deprecated" ? "" : placeOf(head),
          ),
          entries: members.flatMap(({ entries: [head, ...others] }) =>
            name === "Breaking" ? [head] : [head, ...others],
          ),
        })),
      };
    });
}

function selectPackage(entries: Entry[], name: string | undefined): Entry[] {
  const selected = name === undefined ? entries : entries.filter((entry) => entry.package === name);
  if (name !== undefined && selected.length === 0) {
    const names = [...new Set(entries.map((entry) => entry.package))].map((other) => `  ${other || "''"}`);
    const changed = names.length > 0 ? `These packages changed:\n${names.join("\n")}` : "Nothing changed.";
    throw cannotRun(`Nothing changed in the package ${name || "''"}. ${changed}`);
  }
  return selected;
}

/** Returns the service and the resource of an entry; "" if it has none. */
export const placeOf = ({ service, resource }: Entry) =>
  [service, resource].filter((name) => name !== undefined).join(" · ");

function listItems(name: SectionName, entries: Entry[]): Item[] {
  if (name === "Breaking") {
    return groupBreaks(entries).map(({ head, entries: members, findings }) => {
      const isOfHead = ({ element, package: packageName }: Entry) =>
        element === head.element && packageName === head.package;
      const own = members.filter((entry) => entry !== head && isOfHead(entry));
      return {
        entries: [head, ...own],
        elements: [head],
        explained: members.filter((entry) => !isOfHead(entry)),
        findings,
      };
    });
  }
  // The deprecations of one resource are one item, and so are the properties of one element that changed.
  const isProperty = ({ kind, action }: Entry) =>
    name === "Changed" &&
    kind !== "option" &&
    kind !== "reserved" &&
    action !== "added" &&
    action !== "removed";
  const keyOf = (entry: Entry) =>
    name === "Deprecated"
      ? `${entry.package} ${placeOf(entry)}`
      : isProperty(entry)
        ? `${entry.package} ${entry.element}`
        : entry;
  const groups = groupBy(entries, keyOf);
  return [...groups.values()].map((members) => ({
    entries: members as [Entry, ...Entry[]],
    elements: members.slice(0, 1) as [Entry],
    explained: [],
    findings: [],
  }));
}

/** Merges the items of a package that are the same change of several elements. */
function mergeItems(items: Item[]): Item[] {
  return [...groupBy(items, (item) => changeKey(item) ?? item).values()].map(([first, ...others]) => {
    const item = first as Item;
    return { ...item, elements: [...item.elements, ...others.flatMap(({ elements }) => elements)] };
  });
}

/** Returns a key that items have in common if they are the same change; undefined if an item is a change of its own. */
function changeKey({ entries, explained, findings }: Item): string | undefined {
  const [{ kind, action, element }] = entries;
  const isMember = kind === "field" || kind === "value";
  const isWhole = action === "added" || action === "removed";
  const isPart = kind === "option" || kind === "reserved";
  if (
    kind === "comment" ||
    action === "deprecated" ||
    explained.length > 0 ||
    (isWhole && !isMember && !isPart)
  ) {
    return undefined;
  }
  const name = isMember || kind === "extension" ? shortName(element) : "";
  const changes = entries.map((entry) => [
    ...[
      entry.kind,
      entry.action,
      entry.property,
      entry.from,
      entry.to,
      entry.type,
      entry.oneof,
      entry.reusedBy,
    ],
    isWhole && !isPart ? entry.comment : undefined,
  ]);
  const breaks = findings.map(({ severity, endsCalls, advice, violations }) => [
    ...[severity, endsCalls, advice],
    violations.map(({ rule }) => rule),
  ]);
  return JSON.stringify([name, changes, breaks]);
}
