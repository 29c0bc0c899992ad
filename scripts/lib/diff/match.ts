import { groupBy } from "../cli/collections.ts";
import { shortName } from "../contract/descriptors.ts";
import { matchByKey, matchDeclarations } from "../contract/match.ts";
import type { Element } from "./elements.ts";

/** Which elements of two contracts are the same. */
export interface Matching {
  /** The counterpart of each element that has one, in both directions. */
  counterparts: Map<Element, Element>;
  /** Later names of packages and declarations by their earlier ones, where the two differ. */
  names: Map<string, string>;
  /** Later paths of moved files by their earlier ones. */
  paths: Map<string, string>;
}

/**
 * Matches the elements of two contracts. Those with one name are the same. Of the others:
 *
 * - A package is renamed if exactly one other has the same declarations.
 * - A message, enum or service is renamed if exactly one other has the same fields, values or RPCs, with the same
 *   numbers and types; if several have, the one with the same short name. An extension is, by its number and types.
 * - A file is moved if its declarations that still exist are all in one new file, which has none of other files.
 * - Fields and values are renamed by their numbers and types, oneofs by their members.
 */
export function matchContracts(before: Element[], after: Element[]): Matching {
  const matcher = new Matcher(before, after);
  matcher.matchPackages();
  matcher.matchByName(before, after);
  // A round matches the types that refer to those of the round before. More rounds than that serve no real contract.
  for (let round = 0; round < 20 && matcher.matchByContents(); round++) {}
  matcher.matchFiles();
  matcher.matchMembers(before);
  const { counterparts, names, paths } = matcher;
  return { counterparts, names, paths };
}

/** Returns a type, which may be a list or a map, with another name of its message or enum. */
export const replaceTypeName = (type: string | undefined, replace: (name: string) => string) =>
  type?.replace(/[\w.]+(?=>?$)/, replace);

const isDeclaration = ({ kind }: Element) =>
  kind === "message" || kind === "enum" || kind === "service" || kind === "extension";

const nameInPackage = ({ name, package: packageName }: Element) =>
  packageName === "" ? name : name.slice(packageName.length + 1);

/** Returns the fields, values or RPCs of a declaration, in an order that does not depend on the file. */
const membersOf = ({ children }: Element) =>
  children
    .filter(({ kind }) => kind === "field" || kind === "value" || kind === "rpc")
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0) || (a.name < b.name ? -1 : 1));

/** Returns the types that an element refers to. */
const typesOf = ({ kind, attributes: { type, extends: extendee, request, response } }: Element): string[] =>
  kind === "enum" ? [] : [type, extendee, request, response].filter((text) => text !== undefined);

/** Returns messages and enums by full name, those that are nested in others included. */
function indexTypes(elements: Element[], types = new Map<string, Element>()): Map<string, Element> {
  for (const element of elements) {
    if (element.kind === "message" || element.kind === "enum") {
      types.set(element.name, element);
      indexTypes(element.children, types);
    }
  }
  return types;
}

class Matcher implements Matching {
  readonly counterparts = new Map<Element, Element>();
  readonly names = new Map<string, string>();
  readonly paths = new Map<string, string>();
  private readonly earlierTypes: Map<string, Element>;
  private readonly laterTypes: Map<string, Element>;
  /** Declarations without a counterpart. Those that are nested in one of them are left out. */
  private removed: Element[] = [];
  private added: Element[] = [];

  constructor(
    private readonly before: Element[],
    private readonly after: Element[],
  ) {
    this.earlierTypes = indexTypes(before);
    this.laterTypes = indexTypes(after);
  }

  private isUnmatched = (element: Element) => !this.counterparts.has(element);

  private link(before: Element, after: Element): void {
    this.counterparts.set(before, after).set(after, before);
    if (before.name !== after.name) {
      (before.kind === "file" ? this.paths : this.names).set(before.name, after.name);
    }
  }

  /** Matches elements by a key, and returns those of the first list that match. */
  private linkByKey(
    before: Element[],
    after: Element[],
    key: (element: Element) => string | undefined,
  ): Element[] {
    const matches = new Map<Element, Element>();
    matchByKey(before, after, key, matches);
    return before.filter((element) => {
      const counterpart = matches.get(element);
      if (counterpart) {
        this.link(element, counterpart);
      }
      return counterpart;
    });
  }

  matchPackages(): void {
    const isPackage = ({ kind }: Element) => kind === "package";
    const [before, after] = [this.before.filter(isPackage), this.after.filter(isPackage)];
    this.linkByKey(before, after, ({ name }) => name);
    const [removed, added] = [before.filter(this.isUnmatched), after.filter(this.isUnmatched)];
    const signatures = new Map([
      ...signPackages(removed, this.before, this.earlierTypes, this.laterTypes),
      ...signPackages(added, this.after, this.laterTypes, this.earlierTypes),
    ]);
    this.linkByKey(removed, added, (element) => signatures.get(element));
  }

  /** Matches files and declarations by name, and those that are nested in them. */
  matchByName(before: Element[], after: Element[]): void {
    const isNamed = (element: Element) =>
      (isDeclaration(element) || element.kind === "file") && this.isUnmatched(element);
    const [removed, added] = [before.filter(isNamed), after.filter(isNamed)];
    const nameOf = ({ kind, name, parent, package: packageName }: Element) =>
      kind === "file"
        ? name
        : `${parent ? "" : (this.names.get(packageName) ?? packageName)}.${shortName(name)}`;
    const matched = this.linkByKey(removed, added, (element) => `${element.kind} ${nameOf(element)}`);
    for (const element of matched) {
      this.matchByName(element.children, this.counterparts.get(element)?.children ?? []);
    }
    for (const element of removed.filter(isNamed)) {
      this.removed.push(element);
    }
    for (const element of added.filter(isNamed)) {
      this.added.push(element);
    }
  }

  /** Matches declarations by what they hold, and returns whether there are any. */
  matchByContents(): boolean {
    const isRenamed = (element: Element) => isDeclaration(element) && this.isUnmatched(element);
    this.removed = this.removed.filter(isRenamed);
    this.added = this.added.filter(isRenamed);
    const signatures = new Map([
      ...this.removed.map((element) => [element, this.signatureOf(element, this.earlierTypes)] as const),
      ...this.added.map((element) => [element, this.signatureOf(element, this.laterTypes)] as const),
    ]);
    const withName = (element: Element) => {
      const signature = signatures.get(element);
      return signature && `${shortName(element.name)} ${signature}`;
    };
    const candidates = new Map<Element, Element>();
    matchByKey(this.removed, this.added, withName, candidates);
    matchByKey(this.removed, this.added, (element) => signatures.get(element), candidates);
    this.dropOtherTypes(candidates);
    const matched = this.removed.filter((element) => candidates.has(element));
    for (const element of matched) {
      const counterpart = candidates.get(element) as Element;
      this.link(element, counterpart);
      this.matchByName(element.children, counterpart.children);
    }
    return matched.length > 0;
  }

  /** Returns what a declaration holds, without the names of types that have no counterpart; undefined if it is empty. */
  private signatureOf(element: Element, types: Map<string, Element>): string | undefined {
    const { kind, name } = element;
    const members = kind === "extension" ? [element] : membersOf(element);
    const replace = (reference: string) => {
      const type = types.get(reference);
      if (type === undefined) {
        return reference;
      }
      if (type === element || reference.startsWith(`${name}.`)) {
        return `self${reference.slice(name.length)}`;
      }
      return this.isUnmatched(type) ? "?" : (this.names.get(reference) ?? reference);
    };
    const lines = members.map((member) =>
      [
        ...(kind === "extension" ? [] : [shortName(member.name)]),
        member.number,
        ...typesOf(member).map((type) => replaceTypeName(type, replace)),
      ].join(" "),
    );
    return lines.length === 0 ? undefined : [kind, ...lines].join("\n");
  }

  /** Drops candidates that refer to types which have no counterparts, and then those that refer to these. */
  private dropOtherTypes(candidates: Map<Element, Element>): void {
    const pending = this.removed.filter((element) => candidates.has(element));
    const users = groupBy(
      pending.flatMap((user) =>
        this.referencesOf(user, this.earlierTypes).flatMap((type) =>
          outerTypes(type).map((outer) => ({ user, type: outer })),
        ),
      ),
      ({ type }) => type,
    );
    const isSame = (before: Element, after: Element): boolean =>
      this.counterparts.get(before) === after ||
      candidates.get(before) === after ||
      (before.parent !== undefined &&
        after.parent !== undefined &&
        shortName(before.name) === shortName(after.name) &&
        isSame(before.parent, after.parent));
    for (let element = pending.pop(); element; element = pending.pop()) {
      const counterpart = candidates.get(element);
      if (counterpart) {
        const later = this.referencesOf(counterpart, this.laterTypes);
        const earlier = this.referencesOf(element, this.earlierTypes);
        if (!earlier.every((type, index) => later[index] && isSame(type, later[index]))) {
          candidates.delete(element);
          for (const { user } of users.get(element) ?? []) {
            pending.push(user);
          }
        }
      }
    }
  }

  private referencesOf(element: Element, types: Map<string, Element>): Element[] {
    return (element.kind === "extension" ? [element] : membersOf(element))
      .flatMap(typesOf)
      .flatMap((type) => types.get(/[\w.]+(?=>?$)/.exec(type)?.[0] ?? "") ?? []);
  }

  matchFiles(): void {
    const isFile = (element: Element) => element.kind === "file" && this.isUnmatched(element);
    const [removed, added] = [this.before.filter(isFile), this.after.filter(isFile)];
    const targets = this.groupTargets(this.before);
    const sources = this.groupTargets(this.after);
    const byPath = new Map(added.map((file) => [file.name, file]));
    for (const file of removed) {
      const [path = "", ...others] = targets.get(file.name) ?? [];
      const counterpart = byPath.get(path);
      if (counterpart && others.length === 0 && sources.get(path)?.size === 1) {
        this.link(file, counterpart);
      }
    }
  }

  /** Returns the files that declare the counterparts of top-level declarations, by the files of these. */
  private groupTargets(elements: Element[]): Map<string, Set<string>> {
    const targets = new Map<string, Set<string>>();
    for (const element of elements) {
      const counterpart = this.counterparts.get(element);
      if (isDeclaration(element) && counterpart?.parent === undefined && counterpart) {
        targets.set(element.file, (targets.get(element.file) ?? new Set()).add(counterpart.file));
      }
    }
    return targets;
  }

  /** Matches what declarations that have counterparts hold. */
  matchMembers(before: Element[]): void {
    for (const element of before) {
      const counterpart = this.counterparts.get(element);
      if (counterpart && element.children.length > 0) {
        this.matchLists(
          element.children.filter(this.isUnmatched),
          counterpart.children.filter(this.isUnmatched),
        );
        this.matchMembers(element.children);
      }
    }
  }

  private matchLists(before: Element[], after: Element[]): void {
    const earlier = new Set(before);
    const typeOf = (member: Element) => {
      const { type } = member.attributes;
      return earlier.has(member) ? this.laterType(type) : type;
    };
    const identityOf = (member: Element) => {
      const { kind, name, number } = member;
      return kind === "field" || kind === "value"
        ? { kind, name: shortName(name), number, type: typeOf(member) }
        : { kind, name: shortName(name) };
    };
    matchDeclarations(before, after, identityOf, this.counterparts);
    const isOneof = (element: Element) => element.kind === "oneof" && this.isUnmatched(element);
    const [oneofs, laterOneofs] = [before.filter(isOneof), after.filter(isOneof)];
    if (oneofs.length > 0 && laterOneofs.length > 0) {
      const fields = groupBy([...before, ...after], ({ parent, attributes: { oneof } }) =>
        oneof === undefined ? undefined : `${parent?.name}.${oneof}`,
      );
      const describe = (field: Element) => `${field.number} ${typeOf(field)}`;
      this.linkByKey(oneofs, laterOneofs, ({ name }) => fields.get(name)?.map(describe).sort().join());
    }
  }

  /** Returns the later name of an earlier type. */
  laterType(type: string | undefined): string | undefined {
    return this.names.size === 0 ? type : replaceTypeName(type, (name) => this.names.get(name) ?? name);
  }
}

/** Returns a type, and those that it is nested in. */
const outerTypes = (type: Element): Element[] => [type, ...(type.parent ? outerTypes(type.parent) : [])];

/** Returns the declarations of each package as text, without the names of types that the other contract lacks. */
function signPackages(
  packages: Element[],
  elements: Element[],
  types: Map<string, Element>,
  otherTypes: Map<string, Element>,
) {
  const names = new Set(packages.map(({ name }) => name));
  const replace = (packageName: string) => (reference: string) => {
    const type = types.get(reference);
    if (type?.package === packageName) {
      return `self.${nameInPackage(type)}`;
    }
    return type && !otherTypes.has(reference) ? "?" : reference;
  };
  const linesOf = (element: Element): string[] => [
    [
      ...[element.kind, nameInPackage(element), element.number],
      ...typesOf(element).map((type) => replaceTypeName(type, replace(element.package))),
    ].join(" "),
    ...element.children.flatMap(linesOf),
  ];
  const members = groupBy(
    elements.filter((element) => isDeclaration(element) && names.has(element.package)),
    (element) => element.package,
  );
  return packages.map(
    (element) => [element, members.get(element.name)?.flatMap(linesOf).sort().join("\n")] as const,
  );
}
