import type { DescOneof } from "@bufbuild/protobuf";
import { groupBy } from "../cli/collections.ts";
import { typeOf } from "../contract/descriptors.ts";
import type { Element } from "./elements.ts";

/** Keys of elements, the most reliable first. Elements without a key cannot match by it. */
const keys: ((element: Element) => string | undefined)[] = [
  ({ kind, name, number }) => `${kind} ${name} ${isNumbered(kind) ? number : ""}`,
  // The same number and type under another name: the element is renamed.
  ({ kind, number, attributes }) => (isNumbered(kind) ? `${kind} ${number} ${attributes.type}` : undefined),
  ({ kind, name }) => `${kind} ${name}`,
  ({ desc }) => (desc?.kind === "oneof" ? membersOf(desc) : undefined),
];

const isNumbered = (kind: Element["kind"]) => kind === "field" || kind === "value";

const membersOf = ({ fields }: DescOneof) =>
  fields
    .map((field) => `${field.number} ${typeOf(field)}`)
    .sort()
    .join();

/**
 * Matches the elements of two lists. Fields and values match by number and name, else by number and type, else by
 * name; oneofs by name, else by their members; all others by name. A key that several elements of a list share
 * matches none of them.
 *
 * @returns the counterpart of each element that has one, in both directions.
 */
export function matchElements(before: Element[], after: Element[]): Map<Element, Element> {
  const counterparts = new Map<Element, Element>();
  for (const key of keys) {
    const groupUnmatched = (elements: Element[]) =>
      groupBy(
        elements.filter((element) => !counterparts.has(element)),
        key,
      );
    const candidates = groupUnmatched(after);
    for (const [value, [element, ...duplicates]] of groupUnmatched(before)) {
      const [counterpart, ...others] = candidates.get(value) ?? [];
      if (value !== undefined && element && counterpart && duplicates.length + others.length === 0) {
        counterparts.set(element, counterpart).set(counterpart, element);
      }
    }
  }
  return counterparts;
}
