import type { Element } from "./elements.ts";

/** What of two lists of elements is in both, and what is only in the former. */
export interface Matches {
  pairs: [before: Element, after: Element][];
  removed: Element[];
}

/**
 * Finds the elements of one list in another: fields and values by number and name, then by number and type,
 * which makes it certain that they are renamed, then by name; oneofs by name, then by their members; all
 * others by name.
 */
export function match(before: Element[], after: Element[]): Matches {
  const counterparts = new Map<Element, Element>();
  const pairUp = (key: (element: Element) => string | undefined) => {
    const free = (all: Element[]) =>
      group(
        all.filter((one) => !counterparts.has(one)),
        key,
      );
    const rest = free(after);
    for (const [name, [one, ...more]] of free(before)) {
      const [other, ...others] = rest.get(name) ?? [];
      if (one && other && more.length + others.length === 0) {
        counterparts.set(one, other).set(other, one);
      }
    }
  };
  const isNumbered = ({ kind }: Element) => kind === "field" || kind === "value";
  pairUp((one) => `${one.kind} ${one.name} ${isNumbered(one) ? one.number : ""}`);
  pairUp((one) => (isNumbered(one) ? `${one.kind} ${one.number} ${one.attributes.type}` : undefined));
  pairUp((one) => `${one.kind} ${one.name}`);
  pairUp((one) => (one.kind === "oneof" ? membersOf(one) : undefined));
  return {
    pairs: before.flatMap((one) => {
      const other = counterparts.get(one);
      return other ? [[one, other]] : [];
    }),
    removed: before.filter((one) => !counterparts.has(one)),
  };
}

function group(elements: Element[], key: (element: Element) => string | undefined): Map<string, Element[]> {
  const groups = new Map<string, Element[]>();
  for (const element of elements) {
    const name = key(element);
    if (name !== undefined) {
      groups.set(name, groups.get(name) ?? []);
      groups.get(name)?.push(element);
    }
  }
  return groups;
}

/** The fields of a oneof, by number and type. */
function membersOf(oneof: Element): string {
  return (oneof.parent?.children ?? [])
    .filter(({ attributes }) => attributes.oneof !== undefined && oneof.name.endsWith(`.${attributes.oneof}`))
    .map(({ number, attributes }) => `${number} ${attributes.type}`)
    .sort()
    .join();
}
