// Assigns the findings of `npm run breaking` to changes.

import type { AnyDesc } from "@bufbuild/protobuf";
import { type Finding, messagesOf } from "../breaking/findings.ts";
import { importPathOf, type Violation } from "../breaking/violations.ts";
import { groupBy } from "../cli/collections.ts";
import { elementAt, withNumber } from "../contract/descriptors.ts";
import { isPart } from "./breaks.ts";
import { type Change, describeElement, type PlacedContract } from "./changes.ts";
import { type Element, withDescendants, withOuter } from "./elements.ts";
import type { Entry } from "./model.ts";

/**
 * Marks the changes that findings explain as breaking. A finding is about an element of the earlier contract: it belongs
 * to what happened to the property that the rule compares, to the element, or to what the message names in quotes. A
 * finding without such a change adds one.
 *
 * @param changes Changed in place.
 */
export function markBreaking(
  changes: Change[],
  findings: Finding[],
  before: PlacedContract,
  after: PlacedContract,
): void {
  const index = new ChangeIndex(changes, before, after);
  const assigned: { change: Change; finding: Finding; violation: Violation }[] = [];
  for (const finding of findings) {
    const found = finding.violations.map((violation) => ({
      violation,
      matches: index.find(finding, violation),
    }));
    // A violation that matches nothing has the change of the others: buf reports the entry of a map that changed its type.
    let [main] = found.flatMap(({ matches }) => matches);
    if (main === undefined) {
      main = index.describeOther(finding);
      changes.push(main);
    }
    for (const { violation, matches } of found) {
      const explained = matches.length > 0 ? matches : [main];
      assigned.push(...explained.map((change) => ({ change, finding, violation })));
    }
  }
  for (const [{ entry, before: element }, items] of groupBy(assigned, ({ change }) => change)) {
    const byFinding = groupBy(items, ({ finding }) => finding);
    const found = [...byFinding].map(([finding, members]) =>
      selectViolations(finding, new Set(members.map(({ violation }) => violation))),
    );
    const distanceOf = (finding: Finding) => (finding.element === element?.name ? 0 : 1);
    entry.impact = "breaking";
    entry.findings = found.sort((a, b) => distanceOf(a) - distanceOf(b));
  }
  for (const change of changes) {
    const inherited = change.entry.findings ? [] : index.findInherited(change);
    if (inherited.length > 0) {
      change.entry.impact = "breaking";
      change.entry.findings = inherited;
    }
  }
}

/** Returns a finding with only some of its violations, and their sentences if it has no others. */
function selectViolations(finding: Finding, selected: Set<Violation>): Finding {
  const violations = finding.violations.filter((violation) => selected.has(violation));
  const isPart = violations.length < finding.violations.length;
  const isSentences = finding.message === messagesOf(finding.violations).join("\n");
  return {
    ...finding,
    violations,
    ...(isPart && isSentences ? { message: messagesOf(violations).join("\n") } : {}),
  };
}

/** Properties of entries by rules whose names differ from theirs. The first property that changed counts. */
const properties: [rule: RegExp, names: string[]][] = [
  [/^FIELD_SAME_JSON_NAME$/, ["json_name", "name"]],
  [/^FIELD_(SAME_LABEL|.*CARDINALITY)$/, ["type", "presence", "oneof"]],
  [/^FIELD_(SAME|WIRE.*)_TYPE$/, ["type", "encoding"]],
  [/^FIELD_SAME_CPP_STRING_TYPE$/, ["cpp string type", "ctype"]],
  [
    /^FIELD_SAME_JAVA_UTF8_VALIDATION$/,
    ["java utf8 validation", "utf8 validation", "java_string_check_utf8"],
  ],
  [/^MESSAGE_SAME_REQUIRED_FIELDS$/, ["presence"]],
  [/^MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR$/, ["no_standard_descriptor_accessor"]],
  [/^AGYN_EXTENSION_SAME_MESSAGE$/, ["extends"]],
  [/^EXTENSION_MESSAGE_NO_DELETE$/, ["extensions"]],
  [/^RPC_SAME_(REQUEST_TYPE|CLIENT_STREAMING)$/, ["request"]],
  [/^RPC_SAME_(RESPONSE_TYPE|SERVER_STREAMING)$/, ["response"]],
];

/** Returns the properties that a rule compares, the most likely first. A rule's name ends with that of the property. */
function propertiesOf(rule: string): string[] {
  const words = rule.replace(/^.*?_SAME_/, "").toLowerCase();
  return properties.find(([pattern]) => pattern.test(rule))?.[1] ?? [words.replaceAll("_", " "), words];
}

/** Returns the names in a message of buf: texts in quotation marks, and a default value whose number alone changed. */
const namesIn = (message: string) =>
  [...message.matchAll(/"([^"]*)"|from ([\w.]+) to \2\./g)].map(([, quoted, value = ""]) => quoted ?? value);

const isAboutPart = (entry: Entry) => entry.kind === "comment" || isPart(entry);

/** Returns whether an element lost its place, name, number or extendee in a change. */
const isIdentityChange = ({ entry }: Change) =>
  !isAboutPart(entry) &&
  (["removed", "moved", "renamed", "renumbered"].includes(entry.action) || entry.property === "extends");

/** Finds changes by what they are about. */
class ChangeIndex {
  /** By the full name of the earlier element. */
  private readonly byEarlier: Map<string | undefined, Change[]>;
  /** Of elements that only the later contract has, by descriptor. */
  private readonly byLater: Map<AnyDesc | undefined, Change[]>;
  /** Removals and moves of files, packages and top-level declarations, by the path of the earlier file. */
  private readonly byFile: Map<string | undefined, Change[]>;
  private readonly packages: Map<string, string>;
  private readonly byName: Map<string, Element>;
  private readonly byDescriptor: Map<AnyDesc | undefined, Element>;

  constructor(
    changes: Change[],
    before: PlacedContract,
    private readonly after: PlacedContract,
  ) {
    const parts = changes.flatMap((change) =>
      // What is folded into another entry has none of its own.
      [change.before?.name, ...foldedIn(change)].map((name) => ({ name, change })),
    );
    const pick = (items: typeof parts) => items.map(({ change }) => change);
    const groups = groupBy(parts, ({ name }) => name);
    this.byEarlier = new Map([...groups].map(([name, items]) => [name, pick(items)]));
    this.byLater = groupBy(changes, (change) => (change.before ? undefined : change.after?.desc));
    this.byFile = groupBy(
      changes.filter((change) => change.before && !change.before.parent && isIdentityChange(change)),
      (change) => change.before?.file,
    );
    this.packages = new Map(before.files.map(({ proto }) => [proto.name, proto.package]));
    const elements = after.elements.flatMap(withDescendants);
    this.byName = new Map(elements.map((element) => [element.name, element]));
    this.byDescriptor = new Map(elements.map((element) => [element.desc, element]));
  }

  /** Returns the changes that a violation is about; none if there is only the violation. */
  find(finding: Finding, violation: Violation): Change[] {
    for (const changes of this.candidates(finding, violation)) {
      if (changes.length > 0) {
        return changes;
      }
    }
    return [];
  }

  /** Yields lists of the changes that a violation can be about, the most likely first. */
  private *candidates({ element }: Finding, violation: Violation): Generator<Change[]> {
    const { rule, message } = violation;
    const path = importPathOf(violation) ?? "";
    const packageName = this.packages.get(path) ?? "";
    const changes = this.byEarlier.get(element) ?? [];
    if (rule === "FILE_NO_DELETE" || rule === "FILE_SAME_PACKAGE") {
      const ofFile = changes.filter(({ entry }) => entry.property === "package");
      yield [...ofFile, ...(this.byFile.get(path) ?? []), ...this.identityChangesOf(packageName)];
    }
    const withProperty = (list: Change[]) =>
      propertiesOf(rule).map((name) => list.filter(({ entry }) => entry.property === name));
    yield* withProperty(changes);
    if (rule.startsWith("RESERVED_")) {
      yield changes.filter(({ entry }) => entry.kind === "reserved" && entry.action === "removed");
    }
    const names = namesIn(message).map((text) => text.replace(/^\./, ""));
    const holder = element.slice(0, element.lastIndexOf("."));
    const inScope = (name: string) =>
      [packageName, holder].map((scope) => (scope === "" ? name : `${scope}.${name}`));
    // A deleted group is a field and a message, and a deleted number can have had several names.
    const deleted = rule.endsWith("_NO_DELETE") ? inScope(names[0] ?? "") : [];
    const aliases = aliasesOf(changes[0]?.before?.desc);
    yield [...new Set([element, ...deleted, ...aliases].flatMap((name) => this.identityChangesOf(name)))];
    // An alias that takes the place of another value, or a new required field.
    if (rule.startsWith("AGYN_ENUM_VALUE_") || rule === "MESSAGE_SAME_REQUIRED_FIELDS") {
      yield this.byLater.get(this.locate(violation)) ?? [];
    }
    // buf reports the members of a renamed oneof, and the users of a renamed type or package.
    const enclosing = names.flatMap((text) => enclosingNames(text));
    for (const name of [
      ...enclosing.flatMap((text) => [...inScope(text), text]),
      ...enclosingNames(element),
    ]) {
      yield this.identityChangesOf(name);
    }
    // An option of the file, or its edition, changes its fields.
    const ofFile = this.byEarlier.get(path) ?? [];
    yield* withProperty(ofFile);
    yield ofFile.filter(({ entry }) => entry.property === "syntax");
  }

  /**
   * Returns the findings of other changes that a change without its own shares, as buf does not compare everything: of a
   * field that has another number, not the type; of a file that is removed or moved, not the nested types; of a package,
   * message, enum or service that is renamed, nothing inside.
   */
  findInherited({ entry, before }: Change): Finding[] {
    const { kind, action, property } = entry;
    const isHarmless =
      isAboutPart(entry) || ["added", "deprecated"].includes(action) || property === "deprecated";
    if (before === undefined || isHarmless) {
      return [];
    }
    const findingsOf = (name: string) =>
      this.identityChangesOf(name).flatMap(({ entry: { findings = [] } }) => findings);
    const findings = findingsOf(before.name);
    if (findings.length > 0) {
      return [...new Set(findings)];
    }
    const isType = ["message", "enum", "service", "extension"].includes(kind) && property !== "type";
    const [finding] = withOuter(before)
      .slice(1)
      .flatMap(({ name }) => this.identityChangesOf(name))
      .filter((outer) => isType || outer.entry.action === "renamed")
      .flatMap(({ entry: { findings = [] } }) => findings)
      .concat(isType ? findingsOf(before.file) : [], findingsOf(before.package));
    const endsCalls = finding?.endsCalls === true && (kind === "service" || kind === "rpc");
    return finding ? [{ ...finding, element: before.name, endsCalls }] : [];
  }

  private identityChangesOf(name: string): Change[] {
    return (this.byEarlier.get(name) ?? []).filter(isIdentityChange);
  }

  /** Returns what the later contract has at the place of a violation. */
  private locate(violation: Violation): AnyDesc | undefined {
    const file = this.byName.get(violation.path ?? "")?.desc;
    return file?.kind === "file" ? elementAt(file, violation) : undefined;
  }

  /** Returns a change that only rules find. */
  describeOther({ element: name, violations, path = "" }: Finding): Change {
    const [violation] = violations as [Violation];
    const after = this.byName.get(name) ?? this.byDescriptor.get(this.locate(violation));
    // The default value of an enum has the enum's name.
    const [, from, to] =
      / from (?:[A-Za-z]\w*\.|"?)(.*?)"? to (?:[A-Za-z]\w*\.|"?)(.*?)"?\.$/.exec(violation.message) ?? [];
    const packageName = this.packages.get(path) ?? "";
    const subject = after
      ? describeElement(after, this.after)
      : { kind: "file" as const, element: name, package: packageName, public: false, file: path };
    return {
      entry: {
        ...subject,
        impact: "breaking",
        action: "changed",
        property: propertiesOf(violation.rule)[0],
        ...(from === to ? {} : { from, to }),
      },
      after,
    };
  }
}

/** Returns the full names of an enum value's number. */
const aliasesOf = (desc: AnyDesc | undefined) =>
  desc?.kind === "enum_value"
    ? withNumber(desc.parent.values, desc.number).map(({ name }) => `${desc.parent.typeName}.${name}`)
    : [];

/** Returns the full names of what the later contract folds into the entry of a change. */
const foldedIn = ({ entry, before }: Change) =>
  before ? (entry.contents?.messages ?? []).map(({ name }) => name) : [];

/** Returns a full name and those of everything around it, the innermost first: a.B.c, a.B, a. */
function enclosingNames(name: string): string[] {
  const parts = name.split(".");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("."));
}
