import { readFileSync } from "node:fs";
import { createFileRegistry, type FileRegistry } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { toFindings } from "../breaking/findings.ts";
import { ViolationFinder } from "../breaking/violations.ts";
import { groupBy } from "../cli/collections.ts";
import { type Checkout, settleAll } from "../cli/process.ts";
import { shortName } from "../contract/descriptors.ts";
import { readImage } from "../contract/image.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import { type Change, describeElement, type PlacedContract } from "./changes.ts";
import { contentsOf, foldMessages } from "./contents.ts";
import { countDeclarations, type Element, readElements, withDescendants } from "./elements.ts";
import { type Matching, matchContracts, replaceTypeName } from "./match.ts";
import type { ContractDiff, Entry, Kind } from "./model.ts";
import { Placement } from "./placement.ts";
import { subtractReservations } from "./ranges.ts";
import { bumpOf } from "./summary.ts";
import { markBreaking } from "./verdict.ts";

/** The contracts that are compared. */
interface Contracts {
  before: PlacedContract;
  after: PlacedContract;
}

/**
 * Compares two contracts by their descriptors, and marks the changes that break consumers, whatever buf.yaml excepts.
 *
 * @throws UserError (exit code 2) if an image cannot be read, or buf cannot compare the two.
 */
export async function diffContracts(
  checkout: Checkout,
  before: Snapshot,
  after: Snapshot,
): Promise<ContractDiff> {
  const canBreak =
    before.kind !== "none" && after.kind !== "none" && !haveSameBytes(before.image, after.image);
  const finder = canBreak ? new ViolationFinder(checkout, after, before) : undefined;
  // buf runs while this process reads the images, whose errors explain more than those of buf.
  const running = finder?.find() ?? [];
  const [contracts, violations] = await settleAll([readContracts(before, after, finder), running] as const);
  const all = compareContracts(contracts);
  const withComments = hasComments(before) && hasComments(after);
  const compared = all.filter(({ entry }) => withComments || entry.kind !== "comment");
  const withoutAdded = foldMessages(compared, "added", contracts.after);
  const changes = foldMessages(withoutAdded, "removed", contracts.before);
  const findings = finder ? toFindings(violations, finder.contracts()) : [];
  markBreaking(changes, findings, contracts.before, contracts.after);
  const entries = orderEntries(changes.map(({ entry }) => entry));
  const files = [...contracts.before.files, ...contracts.after.files];
  const packages = new Set(files.map(({ proto }) => proto.package));
  return { before, after, packages, bump: bumpOf(entries), entries };
}

const haveSameBytes = (before: string, after: string) => readFileSync(before).equals(readFileSync(after));

const hasComments = (snapshot: Snapshot) => !("withoutComments" in snapshot && snapshot.withoutComments);

/** @param finder Has read the contracts, if there is one. */
async function readContracts(
  before: Snapshot,
  after: Snapshot,
  finder: ViolationFinder | undefined,
): Promise<Contracts> {
  const registries = finder?.contracts() ?? { before: readSnapshot(before), after: readSnapshot(after) };
  return { before: placeElements(registries.before), after: placeElements(registries.after) };
}

const readSnapshot = ({ image }: Snapshot) => (image === undefined ? createFileRegistry() : readImage(image));

function placeElements(registry: FileRegistry): PlacedContract {
  const contract = readElements(registry);
  return { ...contract, placement: new Placement(contract) };
}

type Comparison = Contracts & Matching;

function compareContracts(contracts: Contracts): Change[] {
  const [before, after] = [contracts.before.elements, contracts.after.elements];
  return compareElements(before, after, { ...contracts, ...matchContracts(before, after) });
}

/** Compares the elements of two contracts, or those in two elements, with all in them. */
function compareElements(before: Element[], after: Element[], comparison: Comparison): Change[] {
  const { counterparts, names } = comparison;
  let successors: Map<string, string> | undefined;
  const findSuccessor = (element: Element) => {
    successors ??= findSuccessors(after, comparison);
    return successors.get(numberKeyOf(element, names));
  };
  const changes = after.flatMap((element) => {
    const counterpart = counterparts.get(element);
    return counterpart
      ? comparePair(counterpart, element, findSuccessor, comparison)
      : withExtensions(element).map((part) => describeWhole("added", part, comparison.after));
  });
  const removed = before
    .filter((element) => !counterparts.has(element))
    .flatMap(withExtensions)
    .map((part) => describeWhole("removed", part, comparison.before, findSuccessor(part)));
  return removed.length === 0 ? changes : changes.concat(removed);
}

/** Returns an element and the extensions nested in it, which are parts of other messages. */
const withExtensions = (element: Element): Element[] => [
  element,
  ...element.children.flatMap(withDescendants).filter(({ kind }) => kind === "extension"),
];

/** Returns what declarations with one number have in common; "" for those without a number. */
const numberKeyOf = ({ kind, number, attributes }: Element, names?: Map<string, string>) => {
  const extendee = attributes.extends ?? "";
  return number === undefined ? "" : `${kind} ${names?.get(extendee) ?? extendee} ${number}`;
};

/** Returns the short names of later elements by the numbers that they took. An alias of the value that had a number did not. */
function findSuccessors(after: Element[], { counterparts }: Comparison): Map<string, string> {
  const numbered = groupBy(after, (element) => numberKeyOf(element));
  const isNew = (element: Element) => counterparts.get(element)?.number !== element.number;
  return new Map(
    [...numbered].flatMap(([key, elements]) =>
      key !== "" && elements[0] && elements.every(isNew) ? [[key, shortName(elements[0].name)] as const] : [],
    ),
  );
}

function describeWhole(
  action: "added" | "removed",
  element: Element,
  contract: PlacedContract,
  reusedBy?: string,
): Change {
  return {
    entry: {
      ...describeElement(element, contract),
      oneof: element.attributes.oneof,
      reusedBy,
      action,
      contents: element.contents ?? contentsOf(element, contract),
    },
    [action === "added" ? "after" : "before"]: element,
  };
}

/**
 * Compares an element with its counterpart.
 *
 * @param findSuccessor Returns the short name of the later element that has the number of an earlier one.
 */
function comparePair(
  before: Element,
  after: Element,
  findSuccessor: (element: Element) => string | undefined,
  comparison: Comparison,
): Change[] {
  const differences = [
    ...compareIdentity(before, after, findSuccessor, comparison),
    ...compareProperties(before, after, comparison),
    ...compareDeprecation(before, after),
    ...compareOptions(before, after, comparison),
    ...compareReservations(before, after),
    ...compareComments(before, after),
  ];
  const inside = compareElements(before.children, after.children, comparison);
  if (differences.length === 0) {
    return inside;
  }
  const element = describeElement(after, comparison.after);
  return differences
    .map((difference): Change => ({ entry: { ...element, ...difference }, before, after }))
    .concat(inside);
}

/** The properties of an entry that depend on the change. */
type Difference = Pick<Entry, "action"> & Partial<Entry>;

/** Compares names and numbers, and the paths of files. */
function compareIdentity(
  before: Element,
  after: Element,
  findSuccessor: (element: Element) => string | undefined,
  comparison: Comparison,
): Difference[] {
  const differences: Difference[] = [];
  const [from, to] = haveSameParent(before, after, comparison)
    ? [shortName(before.name), shortName(after.name)]
    : [before.name, after.name];
  if (from !== to && after.kind === "file") {
    const contents = countDeclarations(comparison.moved.get(to) ?? []);
    differences.push({ action: "moved", property: "path", from, to, contents });
  } else if (from !== to) {
    differences.push({ action: "renamed", property: "name", from, to });
  }
  if (before.number !== after.number) {
    const numbers = { from: `${before.number}`, to: `${after.number}` };
    const reusedBy = findSuccessor(before);
    differences.push({ action: "renumbered", property: "number", ...numbers, reusedBy });
  }
  return differences;
}

function haveSameParent(before: Element, after: Element, { counterparts, names }: Comparison): boolean {
  if (before.kind === "package" || before.kind === "file") {
    return false;
  }
  return before.parent
    ? counterparts.get(before.parent) === after.parent
    : !after.parent && (names.get(before.package) ?? before.package) === after.package;
}

function compareProperties(before: Element, after: Element, comparison: Comparison): Difference[] {
  const differences = compareRecords(before.attributes, after.attributes, (property, value) =>
    laterValue(property, value, before, comparison),
  );
  const changed = new Map(differences.map(({ property, to }) => [property, to]));
  return differences.flatMap(({ property, from, to }): Difference[] => {
    const difference = {
      action: property === "file" || property === "oneof" ? ("moved" as const) : ("changed" as const),
      ...{ property, from, to },
    };
    switch (property) {
      // An element can have none.
      case "default":
      case "extensions":
      case "oneof":
      case "package":
      case "public imports":
        return [difference];
      case "presence": {
        const isRequired = [from, to].includes("required") && !changed.has("type");
        return (from && to) || isRequired
          ? [{ ...difference, from: from ?? "optional", to: to ?? "optional" }]
          : [];
      }
      // A message is now an enum, or the other way round, and has the same name.
      case "kind of type": {
        const typeOf = ({ attributes }: Element) =>
          replaceTypeName(attributes.type, (name) => `${attributes[property]} ${name}`);
        const types = { property: "type", from: typeOf(before), to: typeOf(after) };
        return from && to && !changed.has("type") ? [{ ...difference, ...types }] : [];
      }
      case "packed":
        return from && to && !changed.has("type") ? [difference] : [];
      // By default, it is that of all languages.
      case "java utf8 validation":
        return from && to && changed.get("utf8 validation") !== to ? [difference] : [];
      // A new name implies another JSON name.
      case "json_name": {
        const isOwn = ({ name, attributes }: Element) =>
          attributes.json_name !== protoCamelCase(shortName(name));
        return isOwn(before) || isOwn(after) ? [difference] : [];
      }
      // If it does not apply before or after, the change of the element's type or parent implies the difference.
      default:
        return from && to ? [difference] : [];
    }
  });
}

/** Returns the value that an earlier property has if no more changes than the names of what it refers to. */
function laterValue(
  property: string,
  value: string | undefined,
  { kind, parent }: Element,
  { names, paths }: Comparison,
): string | undefined {
  if (names.size === 0 && paths.size === 0) {
    return value;
  }
  const laterPath = (path: string) => paths.get(path) ?? path;
  const laterName = (name: string) => names.get(name) ?? name;
  switch (property) {
    case "package":
      return (names.get(value ?? "") ?? value) || undefined;
    case "file":
      return value && laterPath(value);
    case "public imports":
      return value?.split(", ").map(laterPath).sort().join(", ");
    case "oneof":
      return value && shortName(laterName(`${parent?.name}.${value}`));
    case "type":
      return kind === "enum" ? value : replaceTypeName(value, laterName);
    case "extends":
    case "request":
    case "response":
      return replaceTypeName(value, laterName);
    default:
      return value;
  }
}

function compareDeprecation(before: Element, after: Element): Difference[] {
  if (before.deprecated === after.deprecated) {
    return [];
  }
  return after.deprecated
    ? [{ action: "deprecated" }]
    : [{ action: "changed", property: "deprecated", from: "true", to: "false" }];
}

function compareOptions(before: Element, after: Element, { names }: Comparison): Difference[] {
  if (before.options === after.options) {
    return [];
  }
  // The names of those that extensions add are in brackets.
  const laterName = (option: string) => {
    const name = names.get(option.slice(1, -1));
    return option.startsWith("[") && name ? `[${name}]` : option;
  };
  const options = Object.entries(before.options).map(([name, value]) => [laterName(name), value]);
  return compareRecords(Object.fromEntries(options), after.options).map((difference) => ({
    action: actionOf(difference),
    kind: "option",
    ...difference,
  }));
}

function compareReservations(before: Element, after: Element): Difference[] {
  if (!before.reserved && !after.reserved) {
    return [];
  }
  const added = subtractReservations(after.reserved, before.reserved);
  const removed = subtractReservations(before.reserved, after.reserved);
  const differences: Difference[] = [
    { kind: "reserved", action: "added", to: added },
    { kind: "reserved", action: "removed", from: removed },
  ];
  return differences.filter(({ from, to }) => from || to);
}

function compareComments(before: Element, after: Element): Difference[] {
  if (before.comments.join("\0") === after.comments.join("\0")) {
    return [];
  }
  const difference = { from: before.comment || undefined, to: after.comment || undefined };
  return difference.from === difference.to
    ? []
    : [{ action: actionOf(difference), kind: "comment", impact: "documentation", ...difference }];
}

const actionOf = ({ from, to }: Partial<Entry>) =>
  from === undefined ? "added" : to === undefined ? "removed" : "changed";

/** @param later Returns the value that an earlier one is the same as. */
function compareRecords(
  before: Record<string, string | undefined>,
  after: Record<string, string | undefined>,
  later = (_property: string, value: string | undefined) => value,
): { property: string; from: string | undefined; to: string | undefined }[] {
  const added = Object.keys(after).filter((property) => !Object.hasOwn(before, property));
  return [...Object.keys(before), ...added].flatMap((property) => {
    const [from, to] = [before[property], after[property]];
    return later(property, from) === to ? [] : [{ property, from, to }];
  });
}

/** Orders entries by package, and groups those of a package by service and resource. */
function orderEntries(entries: Entry[]): Entry[] {
  return [...groupBy(entries, (entry) => entry.package)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, inPackage]) => [...groupBy(inPackage, ({ service }) => service).values()])
    .map((ofService) => ofService.sort((a, b) => rankOf(a) - rankOf(b)))
    .flatMap((ofService) => [...groupBy(ofService, ({ resource }) => resource).values()].flat());
}

/** Messages come before the RPCs that use them, and resources before the service that is about all of them. */
const ranks: Partial<Record<Kind, number>> = { package: -2, file: -1, message: 1, service: 3, rpc: 4 };

function rankOf({ kind, element, resource }: Entry): number {
  const rank = kind === "message" && shortName(element) === resource ? 0 : (ranks[kind] ?? 2);
  return rank >= 0 && resource === undefined ? rank + 5 : rank;
}
