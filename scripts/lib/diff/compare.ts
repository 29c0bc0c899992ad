import { createFileRegistry } from "@bufbuild/protobuf";
import { readImage } from "../contract.ts";
import { contentsOf, firstSentence, foldMessages } from "./contents.ts";
import { type Contract, defaultJsonName, type Element, readElements } from "./elements.ts";
import { match } from "./match.ts";
import type { Action, ContractDiff, Entry, Side } from "./model.ts";
import { Placement, shortName } from "./placement.ts";
import { reservedWithout } from "./reserved.ts";
import { findViolations, weigh } from "./verdict.ts";

/** A contract, and where its elements belong. */
export interface Placed extends Contract {
  placement: Placement;
}

/** One change, and the elements that it is about: both, or the one that came or went. */
export interface Change {
  entry: Entry;
  before?: Element;
  after?: Element;
}

/**
 * Compares two contracts by their descriptors, and weighs each change by buf's verdict.
 *
 * @throws UserError (exit code 2) when an image cannot be read, or buf cannot compare the two.
 */
export async function diffContracts(before: Side, after: Side): Promise<ContractDiff> {
  // buf is at work while this process reads.
  const [verdict, contracts] = await Promise.allSettled([
    findViolations(before, after),
    (async () => [readContract(before), readContract(after)] as const)(),
  ]);
  if (contracts.status === "rejected") {
    throw contracts.reason;
  }
  if (verdict.status === "rejected") {
    throw verdict.reason;
  }
  const [old, now] = contracts.value;
  const changes = new Comparison(old, now, !before.withoutComments && !after.withoutComments).changes();
  weigh(changes, verdict.value, old, now);
  return { before, after, entries: inOrder(changes.map(({ entry }) => entry)) };
}

function readContract({ image }: Side): Placed {
  const contract = readElements(image === undefined ? createFileRegistry() : readImage(image));
  return { ...contract, placement: new Placement(contract) };
}

/** What an entry says of any element. */
export function about(element: Element, { placement }: Placed) {
  return {
    kind: element.kind,
    weight: "addition" as const,
    element: element.name,
    package: element.package,
    service: placement.serviceOf(element),
    resource: placement.resourceOf(element),
    public: placement.isPublic(element),
    file: element.file,
    number: element.number,
    type: element.kind === "field" || element.kind === "extension" ? element.attributes.type : undefined,
    comment: firstSentence(element.comment),
  };
}

class Comparison {
  constructor(
    private readonly old: Placed,
    private readonly now: Placed,
    private readonly withComments: boolean,
  ) {}

  /** All that differs, before it is weighed. */
  changes(): Change[] {
    const changes = this.lists(this.old.elements, this.now.elements);
    return foldMessages(foldMessages(changes, "added", this.now), "removed", this.old);
  }

  private lists(before: Element[], after: Element[]): Change[] {
    const { pairs, removed } = match(before, after);
    const former = new Map(pairs.map(([one, other]) => [other, one]));
    // Another name for the same oneof is no change of its members.
    const oneofs = new Map(
      pairs
        .filter(([{ kind }]) => kind === "oneof")
        .map(([one, other]) => [shortName(one.name), shortName(other.name)]),
    );
    return [
      ...after.flatMap((element) => {
        const other = former.get(element);
        return other ? this.pair(other, element, oneofs) : this.whole("added", element);
      }),
      ...removed.flatMap((element) => this.whole("removed", element)),
    ];
  }

  private whole(action: "added" | "removed", element: Element): Change[] {
    const contract = action === "added" ? this.now : this.old;
    // A file is worth a word only where nothing in it says that it came or went.
    const isTold = ({ kind, file }: Element) =>
      kind !== "package" && kind !== "file" && file === element.file;
    if (element.kind === "file" && contract.elements.some(isTold)) {
      return [];
    }
    return [
      {
        entry: { ...about(element, contract), action, contents: contentsOf(element, contract) },
        [action === "added" ? "after" : "before"]: element,
      },
    ];
  }

  private pair(before: Element, after: Element, oneofs: Map<string, string>): Change[] {
    const change = (action: Action, rest: Partial<Entry>): Change => ({
      entry: { ...about(after, this.now), action, ...rest },
      before,
      after,
    });
    return [
      ...names(before, after).map(({ action, ...rest }) => change(action, rest)),
      ...attributes(before, after, oneofs).map(({ action, ...rest }) => change(action, rest)),
      ...deprecation(before, after).map(({ action, ...rest }) => change(action, rest)),
      ...differences(before.options, after.options).map(([property, from, to]) =>
        change(actionOf(from, to), { kind: "option", property, from, to }),
      ),
      ...reservations(before, after).map(({ action, ...rest }) => change(action, rest)),
      ...(before.comment === after.comment || !this.withComments
        ? []
        : [
            change(actionOf(before.comment, after.comment), {
              kind: "comment",
              weight: "documentation",
              from: before.comment || undefined,
              to: after.comment || undefined,
            }),
          ]),
      ...this.lists(before.children, after.children),
    ];
  }
}

type Difference = Pick<Entry, "action"> & Partial<Entry>;

function names(before: Element, after: Element): Difference[] {
  const [from, to] = [shortName(before.name), shortName(after.name)];
  return [
    ...(before.name === after.name ? [] : [{ action: "renamed" as const, property: "name", from, to }]),
    ...(before.number === after.number
      ? []
      : [
          { action: "changed" as const, property: "number", from: `${before.number}`, to: `${after.number}` },
        ]),
  ];
}

function attributes(before: Element, after: Element, oneofs: Map<string, string>): Difference[] {
  return differences(before.attributes, after.attributes)
    .filter(([property, from, to]) => {
      switch (property) {
        // These follow from the type where they do not apply to both.
        case "presence":
          return (from && to) || from === "required" || to === "required";
        case "packed":
          return from && to;
        case "oneof":
          return from === undefined || !oneofs.has(from) || oneofs.get(from) !== to;
        // A new name brings another with it.
        case "json_name":
          return [before, after].some(
            ({ name, attributes }) => attributes.json_name !== defaultJsonName(shortName(name)),
          );
        default:
          return true;
      }
    })
    .map(([property, from, to]) => ({
      action: property === "file" || property === "oneof" ? "moved" : "changed",
      property,
      from,
      to,
    }));
}

function deprecation(before: Element, after: Element): Difference[] {
  if (before.deprecated === after.deprecated) {
    return [];
  }
  return after.deprecated
    ? [{ action: "deprecated" }]
    : [{ action: "changed", property: "deprecated", from: "true", to: "false" }];
}

function reservations(before: Element, after: Element): Difference[] {
  const to = reservedWithout(after, before);
  const from = reservedWithout(before, after);
  return [
    ...(to ? [{ kind: "reserved" as const, action: "added" as const, to }] : []),
    ...(from ? [{ kind: "reserved" as const, action: "removed" as const, from }] : []),
  ];
}

/** What two records say otherwise. */
function differences(
  before: Record<string, string | undefined>,
  after: Record<string, string | undefined>,
): [property: string, from: string | undefined, to: string | undefined][] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name], after[name]]);
}

const actionOf = (from?: string, to?: string): Action => (!from ? "added" : !to ? "removed" : "changed");

/** Entries by package, each with what is in no service first, then service and resource as they came. */
function inOrder(entries: Entry[]): Entry[] {
  const keys: ((entry: Entry) => string)[] = [
    ({ package: name }) => name,
    ({ package: name, service }) => `${name} ${service}`,
    ({ package: name, service, resource }) => `${name} ${service} ${resource}`,
  ];
  const orders = keys.map((key) => [...new Set(entries.map(key))]);
  orders[0]?.sort();
  const ranks = new Map(
    entries.map((entry) => [entry, keys.map((key, index) => orders[index]?.indexOf(key(entry)) ?? 0)]),
  );
  return entries.toSorted((a, b) => {
    const [one = [], other = []] = [ranks.get(a), ranks.get(b)];
    const index = one.findIndex((rank, place) => rank !== other[place]);
    return index === -1 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
  });
}
