import { groupBy } from "../cli/collections.ts";

/** What decides whether two declarations, of an earlier and a later contract, are the same. */
export interface Identity {
  kind: string;
  name: string;
  /** Of a field, an extension or an enum value; undefined if a new name makes another declaration. */
  number?: number | undefined;
  /** Of a field or an extension. */
  type?: string | undefined;
}

/**
 * Matches the declarations of two lists: by name, and those without a namesake by number and type, as they are renamed.
 * A declaration whose name is in both lists is thus the same even if its number has another name in the later list.
 *
 * @param counterparts Those that are known; changed in place.
 * @returns the counterpart of each declaration that has one, in both directions.
 */
export function matchDeclarations<T>(
  before: T[],
  after: T[],
  identityOf: (declaration: T) => Identity,
  counterparts = new Map<T, T>(),
): Map<T, T> {
  const byName = (declaration: T) => {
    const { kind, name } = identityOf(declaration);
    return `${kind} ${name}`;
  };
  const byNumber = (declaration: T) => {
    const { kind, number, type } = identityOf(declaration);
    return number === undefined ? undefined : `${kind} ${number} ${type}`;
  };
  matchByKey(before, after, byName, counterparts);
  matchByKey(before, after, byNumber, counterparts);
  return counterparts;
}

/**
 * Matches the items of two lists that have no counterpart yet by a key. A key that several of them in a list share
 * matches none.
 *
 * @param key Returns undefined for an item that cannot match.
 * @param counterparts Changed in place, in both directions.
 */
export function matchByKey<T>(
  before: T[],
  after: T[],
  key: (item: T) => string | undefined,
  counterparts: Map<T, T>,
): void {
  const groupUnmatched = (items: T[]) =>
    groupBy(
      items.filter((item) => !counterparts.has(item)),
      key,
    );
  const candidates = groupUnmatched(after);
  for (const [value, [item, ...duplicates]] of groupUnmatched(before)) {
    const [counterpart, ...others] = candidates.get(value) ?? [];
    if (value !== undefined && item && counterpart && duplicates.length + others.length === 0) {
      counterparts.set(item, counterpart).set(counterpart, item);
    }
  }
}
