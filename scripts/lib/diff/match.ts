import { groupBy } from "../cli/collections.ts";
import { shortName } from "../contract/descriptors.ts";
import { matchByKey, matchDeclarations } from "../contract/match.ts";
import { type Element, withOuter } from "./elements.ts";

/** Which elements of two contracts are the same. */
export interface Matching {
  /** The counterpart of each element that has one, in both directions. */
  counterparts: Map<Element, Element>;
  /** Later names of packages and declarations by their earlier ones, where the two differ. */
  names: Map<string, string>;
  /** Later paths of moved files by their earlier ones. */
  paths: Map<string, string>;
  /** The declarations that moved with a file, by its later path. */
  moved: Map<string, Element[]>;
}

/**
 * Matches the elements of two contracts. Those with one name are the same. Of the others:
 *
 * - A package is renamed if exactly one other has the same declarations.
 * - A message, enum or service is renamed if exactly one other has the same fields, values or RPCs, with the same
 *   numbers and types; if several have, the one with the same short name. See also `canBeRenamed`. An extension is, by
 *   its number and types.
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
  const { counterparts, names, paths, moved } = matcher;
  return { counterparts, names, paths, moved };
}

/** Returns a type, which may be a list or a map, with another name of its message or enum. */
export const replaceTypeName = (type: string | undefined, replace: (name: string) => string) =>
  type?.replace(/[\w.]+(?=>?$)/, replace);

const isType = ({ kind }: Element) => kind === "message" || kind === "enum";

const isDeclaration = (element: Element) =>
  isType(element) || element.kind === "service" || element.kind === "extension";

const nameInPackage = ({ name, package: packageName }: Element) =>
  packageName === "" ? name : name.slice(packageName.length + 1);

/** Returns the fields, values or RPCs of a declaration, in an order that does not depend on the file. */
const membersOf = ({ children }: Element) =>
  children
    .filter(({ kind }) => kind === "field" || kind === "value" || kind === "rpc")
    .sort((a, b) => (a.number ?? 0) - (b.number ?? 0) || (a.name < b.name ? -1 : 1));

/** Returns the values of an enum in a package, without the name of the enum that they begin with. */
function signValuesWithoutPrefix(element: Element): string | undefined {
  const { kind, name, package: packageName, parent } = element;
  if (kind !== "enum") {
    return undefined;
  }
  const prefix = `${toUpperSnakeCase(shortName(name))}_`;
  const values = membersOf(element).map((value) => `${value.number} ${shortName(value.name)}`);
  return [parent?.name ?? packageName, ...values.map((value) => value.replace(` ${prefix}`, " "))].join("\n");
}

/** Returns a name in CamelCase as values of an enum begin with it: HTTPStatus as HTTP_STATUS. */
const toUpperSnakeCase = (name: string) =>
  name.replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$3_$2").toUpperCase();

/** Returns the types that an element refers to. */
const typesOf = ({ kind, attributes: { type, extends: extendee, request, response } }: Element): string[] =>
  kind === "enum" ? [] : [type, extendee, request, response].filter((text) => text !== undefined);

/** Returns messages and enums, those that are nested in others included. */
const typesIn = (elements: Element[]): Element[] =>
  elements.filter(isType).flatMap((type) => [type, ...typesIn(type.children)]);

const indexTypes = (elements: Element[]) => new Map(typesIn(elements).map((type) => [type.name, type]));

/** The role of a type that fields and extensions refer to. */
const plainRole = "type";

/** Returns what types are for: requests and responses of which RPCs, and types of fields. */
const rolesIn = (elements: Element[], types: Map<string, Element>) =>
  [...elements, ...types.values()]
    .flatMap((element) => [element, ...element.children])
    .flatMap(({ kind, name, attributes: { type, extends: extendee, request, response } }) =>
      kind === "rpc"
        ? [
            { role: `request of ${shortName(name)}`, type: request },
            { role: `response of ${shortName(name)}`, type: response },
          ]
        : [type, extendee].map((plain) => ({ role: plainRole, type: plain })),
    )
    .map(({ role, type }) => ({ role, type: typeNamed(type, types) }));

const typeNamed = (type: string | undefined, types: Map<string, Element>) =>
  types.get(/[\w.]+(?=>?$)/.exec(type ?? "")?.[0] ?? "");

class Matcher implements Matching {
  readonly counterparts = new Map<Element, Element>();
  readonly names = new Map<string, string>();
  readonly paths = new Map<string, string>();
  readonly moved = new Map<string, Element[]>();
  private readonly earlierTypes: Map<string, Element>;
  private readonly laterTypes: Map<string, Element>;
  /** What messages and enums are for. */
  private readonly roles: Map<Element | undefined, { role: string }[]>;
  /** Declarations without a counterpart. Those that are nested in one of them are left out. */
  private removed: Element[] = [];
  private added: Element[] = [];

  constructor(
    private readonly before: Element[],
    private readonly after: Element[],
  ) {
    this.earlierTypes = indexTypes(before);
    this.laterTypes = indexTypes(after);
    this.roles = groupBy(
      [...rolesIn(before, this.earlierTypes), ...rolesIn(after, this.laterTypes)],
      ({ type }) => type,
    );
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
      ...this.signPackages(removed, this.before, this.earlierTypes, this.laterTypes),
      ...this.signPackages(added, this.after, this.laterTypes, this.earlierTypes),
    ]);
    this.linkByKey(removed, added, (element) => signatures.get(element));
  }

  /** Returns the declarations of packages as text. A type of another package that the other contract lacks may be renamed. */
  private signPackages(
    packages: Element[],
    elements: Element[],
    types: Map<string, Element>,
    otherTypes: Map<string, Element>,
  ) {
    const names = new Set(packages.map(({ name }) => name));
    const printType = (type: Element) =>
      names.has(type.package) ? nameInPackage(type) : otherTypes.has(type.name) ? type.name : "?";
    const members = groupBy(
      packages.length > 0 ? elements.filter(isDeclaration) : [],
      (element) => element.package,
    );
    const sign = (element: Element) =>
      `${nameInPackage(element)} ${this.signatureOf(element, types, printType) ?? element.kind}`;
    return packages.map(
      (element) => [element, members.get(element.name)?.map(sign).sort().join("\n")] as const,
    );
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
    matchByKey(this.removed, this.added, signValuesWithoutPrefix, candidates);
    for (const element of this.removed) {
      if (!this.canBeRenamed(element, candidates.get(element))) {
        candidates.delete(element);
      }
    }
    this.dropOtherTypes(candidates);
    const matched = this.removed.filter((element) => candidates.has(element));
    for (const element of matched) {
      const counterpart = candidates.get(element) as Element;
      this.link(element, counterpart);
      this.matchByName(element.children, counterpart.children);
    }
    return matched.length > 0;
  }

  /**
   * Returns whether a declaration with the same contents can be the later one of another: many have the same few fields.
   * It has the same short name or is in the same package, messages of RPCs are those of an RPC with the same name or the
   * types of fields before and after, and neither name is that of a message on one side and of an enum on the other.
   */
  private canBeRenamed(before: Element, after: Element | undefined): boolean {
    if (after === undefined) {
      return false;
    }
    const isNear =
      shortName(before.name) === shortName(after.name) ||
      (this.names.get(before.package) ?? before.package) === after.package;
    const [earlier = [], later = []] = [before, after].map((element) => this.roles.get(element));
    const namesakes = [this.laterTypes.get(before.name), this.earlierTypes.get(after.name)];
    const changesKind = isType(before) && namesakes.some((type) => type && type.kind !== before.kind);
    const roles = new Set(later.map(({ role }) => role));
    const hasSameRole =
      earlier.some(({ role }) => roles.has(role)) ||
      [...earlier, ...later].every(({ role }) => role === plainRole);
    return isNear && hasSameRole && !changesKind;
  }

  /**
   * Returns what a declaration holds; undefined if it is empty.
   *
   * @param printUnmatched Returns what stands for a type that has no counterpart.
   */
  private signatureOf(
    element: Element,
    types: Map<string, Element>,
    printUnmatched = (_type: Element) => "?",
  ): string | undefined {
    const { kind, name } = element;
    const laterNames = types === this.earlierTypes ? this.names : undefined;
    const replace = (reference: string) => {
      const type = types.get(reference);
      if (type === undefined) {
        return reference;
      }
      if (type === element || reference.startsWith(`${name}.`)) {
        return `self${reference.slice(name.length)}`;
      }
      return this.isUnmatched(type) ? printUnmatched(type) : (laterNames?.get(reference) ?? reference);
    };
    const describe = (member: Element) => {
      const references = typesOf(member).map((type) => replaceTypeName(type, replace));
      return [member.number, member.attributes.presence, ...references].join(" ");
    };
    const linesIn = (holder: Element): string[] => {
      const oneofs = groupBy(holder.children, ({ attributes }) => attributes.oneof);
      const members = membersOf(holder).map((member) => {
        const { oneof } = member.attributes;
        // The number of the oneof's first field stands for its name.
        const first = oneof === undefined ? "" : oneofs.get(oneof)?.[0]?.number;
        return `${shortName(member.name)} ${describe(member)} ${first}`;
      });
      const types = holder.children
        .filter(isDeclaration)
        .map((type) => [`${type.kind} ${type.name.slice(name.length)} ${describe(type)}`, ...linesIn(type)]);
      return [...members, ...types.flat()];
    };
    const lines = kind === "extension" ? [describe(element)] : linesIn(element);
    return lines.length === 0 ? undefined : [kind, ...lines].join("\n");
  }

  /** Drops candidates that refer to types which have no counterparts, and then those that refer to these. */
  private dropOtherTypes(candidates: Map<Element, Element>): void {
    const pending = this.removed.filter((element) => candidates.has(element));
    const users = groupBy(
      pending.flatMap((user) =>
        this.referencesOf(user, this.earlierTypes).flatMap((type) =>
          withOuter(type).map((outer) => ({ user, type: outer })),
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
      .flatMap((type) => typeNamed(type, types) ?? []);
  }

  matchFiles(): void {
    const isFile = (element: Element) => element.kind === "file" && this.isUnmatched(element);
    const [removed, added] = [this.before.filter(isFile), this.after.filter(isFile)];
    if (removed.length === 0) {
      return;
    }
    const moves = this.before.filter(isDeclaration).flatMap((element) => {
      const counterpart = this.counterparts.get(element);
      return counterpart && !counterpart.parent
        ? [{ from: element.file, to: counterpart.file, element }]
        : [];
    });
    const declarations = groupBy(moves, ({ from }) => from);
    this.linkHolders(removed, added, ({ name }) => name, moves);
    for (const [earlier, later] of this.paths) {
      this.moved.set(
        later,
        (declarations.get(earlier) ?? []).map(({ element }) => element),
      );
    }
  }

  /**
   * Matches files or oneofs: one whose members that still exist are all in one other, which has none from elsewhere.
   *
   * @param moves The names of what holds each member before and after.
   */
  private linkHolders(
    before: Element[],
    after: Element[],
    nameOf: (holder: Element) => string,
    moves: { from: string | undefined; to: string | undefined }[],
  ): void {
    const targets = groupBy(moves, ({ from }) => from);
    const sources = groupBy(moves, ({ to }) => to);
    const later = new Map<string | undefined, Element>(after.map((holder) => [nameOf(holder), holder]));
    for (const holder of before) {
      const members = targets.get(nameOf(holder)) ?? [];
      const to = members[0]?.to;
      const counterpart = later.get(to);
      const isOnlySource = sources.get(to)?.length === members.length;
      if (counterpart && isOnlySource && members.every((member) => member.to === to)) {
        this.link(holder, counterpart);
      }
    }
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
    const identityOf = (member: Element) => {
      const { kind, name, attributes } = member;
      const number = kind === "extension" ? undefined : member.number;
      const type = earlier.has(member) ? this.laterType(attributes.type) : attributes.type;
      return { kind, name: shortName(name), number, type };
    };
    matchDeclarations(before, after, identityOf, this.counterparts);
    const isOneof = (element: Element) => element.kind === "oneof" && this.isUnmatched(element);
    const oneofs = before.filter(isOneof);
    if (oneofs.length > 0) {
      const moves = before.flatMap((element) => {
        const counterpart = element.kind === "field" && this.counterparts.get(element);
        return counterpart ? [{ from: element.attributes.oneof, to: counterpart.attributes.oneof }] : [];
      });
      this.linkHolders(oneofs, after.filter(isOneof), ({ name }) => shortName(name), moves);
    }
  }

  /** Returns the later name of an earlier type. */
  laterType(type: string | undefined): string | undefined {
    return this.names.size === 0 ? type : replaceTypeName(type, (name) => this.names.get(name) ?? name);
  }
}
