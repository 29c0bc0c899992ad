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
import { type Element, readElements } from "./elements.ts";
import { matchElements } from "./match.ts";
import type { Action, ContractDiff, Entry } from "./model.ts";
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
  const all = compareElements(contracts.before.elements, contracts.after.elements, contracts);
  const withComments = hasComments(before) && hasComments(after);
  const compared = all.filter(({ entry }) => withComments || entry.kind !== "comment");
  const withoutAdded = foldMessages(compared, "added", contracts.after);
  const changes = foldMessages(withoutAdded, "removed", contracts.before);
  const findings = finder ? toFindings(violations, finder.contracts()) : [];
  markBreaking(changes, findings, contracts.before, contracts.after);
  const entries = orderEntries(changes.map(({ entry }) => entry));
  return { before, after, bump: bumpOf(entries), entries };
}

const haveSameBytes = (before: string, after: string) => readFileSync(before).equals(readFileSync(after));

const hasComments = (snapshot: Snapshot) => !("withoutComments" in snapshot && snapshot.withoutComments);

async function readContracts(
  before: Snapshot,
  after: Snapshot,
  finder?: ViolationFinder,
): Promise<Contracts> {
  const registries = finder?.contracts() ?? { before: readSnapshot(before), after: readSnapshot(after) };
  return { before: placeElements(registries.before), after: placeElements(registries.after) };
}

const readSnapshot = ({ image }: Snapshot) => (image === undefined ? createFileRegistry() : readImage(image));

function placeElements(registry: FileRegistry): PlacedContract {
  const contract = readElements(registry);
  return { ...contract, placement: new Placement(contract) };
}

function compareElements(before: Element[], after: Element[], contracts: Contracts): Change[] {
  const counterparts = matchElements(before, after);
  const oneofs = new Map(
    before
      .filter(({ kind }) => kind === "oneof")
      .map((oneof) => [shortName(oneof.name), shortName(counterparts.get(oneof)?.name ?? "")]),
  );
  return [
    ...after.flatMap((element) => {
      const counterpart = counterparts.get(element);
      return counterpart
        ? comparePair(counterpart, element, oneofs, contracts)
        : describeWhole("added", element, contracts.after);
    }),
    ...before
      .filter((element) => !counterparts.has(element))
      .flatMap((element) => describeWhole("removed", element, contracts.before)),
  ];
}

/** Returns the change that adds or removes an element; none for a file with declarations. */
function describeWhole(action: "added" | "removed", element: Element, contract: PlacedContract): Change[] {
  const isDeclaredIn = ({ kind, file }: Element) =>
    kind !== "package" && kind !== "file" && file === element.file;
  // A file has an entry only if it declares nothing, as its declarations have entries.
  if (element.kind === "file" && contract.elements.some(isDeclaredIn)) {
    return [];
  }
  const contents = contentsOf(element, contract);
  return [
    {
      entry: { ...describeElement(element, contract), action, contents },
      [action === "added" ? "after" : "before"]: element,
    },
  ];
}

/**
 * Compares an element with its counterpart.
 *
 * @param oneofs Later names of the oneofs in the same message by their earlier names; "" for those that are removed.
 */
function comparePair(
  before: Element,
  after: Element,
  oneofs: Map<string, string>,
  contracts: Contracts,
): Change[] {
  const element = describeElement(after, contracts.after);
  const differences = [
    ...compareProperties(before, after, oneofs),
    ...compareDeprecation(before, after),
    ...compareOptions(before, after),
    ...compareReservations(before, after),
    ...compareComments(before, after),
  ];
  return [
    ...differences.map((difference) => ({ entry: { ...element, ...difference }, before, after })),
    ...compareElements(before.children, after.children, contracts),
  ];
}

/** The properties of an entry that depend on the change. */
type Difference = Pick<Entry, "action"> & Partial<Entry>;

function compareProperties(before: Element, after: Element, oneofs: Map<string, string>): Difference[] {
  const hasOwnJsonName = [before, after].some(
    ({ name, attributes }) => attributes.json_name !== protoCamelCase(shortName(name)),
  );
  return compareRecords(propertiesOf(before), propertiesOf(after))
    .filter(({ property, from, to }) => {
      switch (property) {
        // If a field has no presence or packing before or after, the change of type implies the difference.
        case "presence":
          return (from && to) || from === "required" || to === "required";
        case "packed":
          return from && to;
        case "oneof":
          return from === undefined || oneofs.get(from) !== to;
        // A new name implies another JSON name.
        case "json_name":
          return hasOwnJsonName;
        default:
          return true;
      }
    })
    .map((difference) => ({ action: actions[difference.property] ?? "changed", ...difference }));
}

const propertiesOf = ({ name, number, attributes }: Element) => ({
  name: shortName(name),
  number: number?.toString(),
  ...attributes,
});

/** The actions of properties whose change has a name of its own. */
const actions: Partial<Record<string, Action>> = { name: "renamed", file: "moved", oneof: "moved" };

function compareDeprecation(before: Element, after: Element): Difference[] {
  if (before.deprecated === after.deprecated) {
    return [];
  }
  return after.deprecated
    ? [{ action: "deprecated" }]
    : [{ action: "changed", property: "deprecated", from: "true", to: "false" }];
}

const compareOptions = (before: Element, after: Element): Difference[] =>
  compareRecords(before.options, after.options).map((difference) => ({
    action: actionOf(difference),
    kind: "option",
    ...difference,
  }));

function compareReservations(before: Element, after: Element): Difference[] {
  const added = subtractReservations(after.reserved, before.reserved);
  const removed = subtractReservations(before.reserved, after.reserved);
  const differences: Difference[] = [
    { kind: "reserved", action: "added", to: added },
    { kind: "reserved", action: "removed", from: removed },
  ];
  return differences.filter(({ from, to }) => from || to);
}

const compareComments = (before: Element, after: Element): Difference[] =>
  compareRecords({ comment: before.comment || undefined }, { comment: after.comment || undefined }).map(
    ({ from, to }) => ({
      action: actionOf({ from, to }),
      kind: "comment",
      impact: "documentation",
      from,
      to,
    }),
  );

const actionOf = ({ from, to }: Partial<Entry>) => (!from ? "added" : !to ? "removed" : "changed");

function compareRecords(
  before: Record<string, string | undefined>,
  after: Record<string, string | undefined>,
): { property: string; from: string | undefined; to: string | undefined }[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((property) => ({ property, from: before[property], to: after[property] }))
    .filter(({ from, to }) => from !== to);
}

/** Orders entries by package, and groups those of a package by service and resource. */
function orderEntries(entries: Entry[]): Entry[] {
  return [...groupBy(entries, (entry) => entry.package)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, inPackage]) => [...groupBy(inPackage, ({ service }) => service).values()])
    .flatMap((ofService) => [...groupBy(ofService, ({ resource }) => resource).values()].flat());
}
