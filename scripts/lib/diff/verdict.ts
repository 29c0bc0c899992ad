// Assigns violations to changes.

import type { AnyDesc } from "@bufbuild/protobuf";
import { type Finding, parseSubject } from "../breaking/findings.ts";
import { isOwnRule, type Violation } from "../breaking/violations.ts";
import { elementAt, shortName } from "../contract/descriptors.ts";
import { type Change, describeElement, type PlacedContract } from "./changes.ts";
import type { Contract, Element } from "./elements.ts";
import type { Kind } from "./model.ts";

/** Returns whether a finding is about a change. */
type Criterion = (change: Change) => boolean;

/**
 * Marks the changes that rules forbid. A finding that matches no change adds a change.
 *
 * @param changes Changed in place.
 */
export function markBreaking(
  changes: Change[],
  findings: Finding[],
  before: Contract,
  after: PlacedContract,
): void {
  const locate = elementLocator(after);
  for (const finding of findings) {
    for (const violation of finding.violations) {
      const element = locate(violation);
      const criteria = isAboutRemoval(violation)
        ? removalCriteria(violation, element, before)
        : changeCriteria(violation, element);
      let broken = filterByFirst(changes, criteria);
      if (broken.length === 0) {
        broken = [otherChange(violation, element, after)];
        changes.push(...broken);
      }
      for (const { entry } of broken) {
        entry.impact = "breaking";
        entry.findings = [...new Set([...(entry.findings ?? []), finding])];
      }
    }
  }
}

/** Returns the changes that meet the first criterion that any change meets. */
function filterByFirst(changes: Change[], criteria: Criterion[]): Change[] {
  for (const criterion of criteria) {
    const matches = changes.filter(criterion);
    if (matches.length > 0) {
      return matches;
    }
  }
  return [];
}

const isAboutRemoval = ({ rule }: Violation) => /_NO_DELETE/.test(rule) || rule === "FILE_SAME_PACKAGE";

/** Returns the texts in quotation marks in a message of buf. */
const quotedIn = (message: string) => [...message.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text);

/** Returns the kind of element that a rule of buf is about. */
function kindOf(rule: string): Kind | undefined {
  const name = /^(?:PACKAGE_)?(SERVICE|RPC|MESSAGE|FIELD|EXTENSION|ONEOF|ENUM_VALUE|ENUM|RESERVED)_/.exec(
    rule,
  );
  return name?.[1] === "ENUM_VALUE" ? "value" : (name?.[1]?.toLowerCase() as Kind | undefined);
}

/** Returns whether an element lost its place, name or number in a change. */
const isRemoval: Criterion = ({ entry: { kind, action, property }, before }) =>
  before !== undefined &&
  kind !== "option" &&
  kind !== "comment" &&
  (["removed", "moved", "renamed"].includes(action) || property === "number");

/**
 * Returns criteria for a finding about an element that was removed, moved or renamed.
 *
 * @param container Element that it was in.
 */
function removalCriteria(
  { rule, path, message }: Violation,
  container: Element | undefined,
  contract: Contract,
): Criterion[] {
  const [subject = ""] = quotedIn(message);
  const kind = kindOf(rule);
  const removed = (criterion: Criterion): Criterion[] => [(change) => isRemoval(change) && criterion(change)];
  if (rule.startsWith("FILE_")) {
    const file = path ?? subject;
    const packageName = contract.files.find(({ proto }) => proto.name === file)?.proto.package;
    return removed(({ before, entry }) =>
      entry.kind === "package"
        ? before?.name === packageName
        : before?.file === file && entry.property !== "oneof",
    );
  }
  if (rule === "EXTENSION_MESSAGE_NO_DELETE") {
    return [({ entry, after }) => entry.property === "extensions" && after === container];
  }
  if (rule === "PACKAGE_NO_DELETE") {
    return removed(({ entry }) => entry.kind === "package" && entry.element === subject);
  }
  if (kind === "reserved") {
    return removed(({ entry, after }) => entry.kind === kind && after === container);
  }
  const parent = container?.kind === "file" ? container.package : container?.name;
  if (kind === "field" || kind === "value") {
    return removed(
      ({ entry, before }) =>
        entry.kind === kind && `${before?.number}` === subject && before?.parent?.name === parent,
    );
  }
  // buf reports types and services by their names within the package, all others by their short names.
  const isInPackage = ["service", "message", "enum", "extension"].includes(kind ?? "");
  const name = `${isInPackage ? container?.package : parent}.${subject}`;
  return [
    ...removed(({ entry, before }) => entry.kind === kind && before?.name === name),
    ...removed(({ entry, before }) =>
      [before, ...(entry.contents?.messages ?? [])].some((type) => `${name}.`.startsWith(`${type?.name}.`)),
    ),
    ({ before }) => isMapOf(before, name),
  ];
}

/** Returns whether an element is the map field that has an entry message: buf reports it like any message. */
const isMapOf = (element: Element | undefined, message: string) =>
  element?.desc?.kind === "field" &&
  element.desc.fieldKind === "map" &&
  element.desc.proto.typeName === `.${message}`;

/** Properties of entries by rules whose names differ from theirs. The first property that changed counts. */
const properties: [rule: RegExp, names: string[]][] = [
  [/^(FIELD|ENUM_VALUE)_SAME_NAME$/, ["name"]],
  [/^FIELD_SAME_JSON_NAME$/, ["json_name", "name"]],
  [/^FIELD_SAME_(CARDINALITY|LABEL)|^FIELD_WIRE_.*CARDINALITY/, ["type", "presence", "oneof"]],
  [/^FIELD_.*_TYPE$/, ["type"]],
  [/^AGYN_EXTENSION_SAME_MESSAGE$/, ["extends"]],
  [/^RPC_SAME_(REQUEST_TYPE|CLIENT_STREAMING)$/, ["request"]],
  [/^RPC_SAME_(RESPONSE_TYPE|SERVER_STREAMING)$/, ["response"]],
];

/** Returns criteria for a finding about an element that still exists. */
function changeCriteria({ rule, message }: Violation, element: Element | undefined): Criterion[] {
  const isSubject: Criterion = ({ entry, after }) =>
    entry.kind !== "comment" &&
    // If the line was removed, such as that of an option, buf reports the file.
    (element?.kind === "file" && !rule.startsWith("FILE_")
      ? after?.file === element.file && isNamed(after, message)
      : after === element);
  const names = properties.find(([pattern]) => pattern.test(rule))?.[1] ?? [
    rule.replace(/^.*?_SAME_/, "").toLowerCase(),
  ];
  const quoted = quotedIn(message);
  // buf compares what has the same number, which for the diff can be two elements: the earlier one is the subject.
  const hadNumber: Criterion = ({ entry, before }) =>
    !isOwnRule(rule) &&
    entry.kind !== "comment" &&
    before?.number !== undefined &&
    before.number === element?.number &&
    before.kind === element.kind &&
    before.parent?.name === element.parent?.name;
  const withProperty = (criterion: Criterion) =>
    names.map(
      (name): Criterion =>
        (change) =>
          criterion(change) && change.entry.property === name,
    );
  return [
    ...withProperty(hadNumber),
    (change) => hadNumber(change) && isRemoval(change),
    ...withProperty(isSubject),
    hadNumber,
    isSubject,
    // buf reports the members of a renamed oneof.
    ({ entry, before }) =>
      entry.kind === "oneof" &&
      before?.parent?.name === element?.parent?.name &&
      quoted.some((name) => before?.name === `${before?.parent?.name}.${name}`),
  ];
}

/** Returns whether a message begins with an element: `Field "3" with name "a" on message "B"`, `Message "B"`. */
function isNamed(element: Element, message: string): boolean {
  const [, subject = "", , parent] = /^\w[\w ]* "([^"]*)"(.*? on \w+ "([^"]*)")?/.exec(message) ?? [];
  return parent === undefined
    ? element.name === `${element.package}.${subject}`
    : element.parent?.name === `${element.package}.${parent}` &&
        [shortName(element.name), `${element.number}`].includes(subject);
}

/** Returns a change that only a rule finds. */
function otherChange(
  { rule, path = "", message }: Violation,
  element: Element | undefined,
  contract: PlacedContract,
): Change {
  const name = path || (quotedIn(message)[0] ?? "");
  const subject = element
    ? describeElement(element, contract)
    : { kind: "file" as const, element: name, package: "", public: false, file: path };
  return {
    entry: { ...subject, impact: "breaking", action: "changed", property: rule, to: message },
    after: element,
  };
}

/** Returns a function that finds the element at the location of a finding, if it has one. */
function elementLocator({ files, elements }: Contract): (finding: Violation) => Element | undefined {
  const byDescriptor = new Map(
    elements.flatMap(withDescendants).map((element) => [element.desc as AnyDesc, element]),
  );
  const byPath = new Map(files.map((file) => [file.proto.name, file]));
  return (finding) => {
    const file = byPath.get(finding.path ?? "");
    return file && byDescriptor.get(elementAt(file, finding, parseSubject(finding).owner));
  };
}

const withDescendants = (element: Element): Element[] => [
  element,
  ...element.children.flatMap(withDescendants),
];
