import type { Contract, Element } from "./elements.ts";
import type { Entry } from "./model.ts";
import type { Placement } from "./placement.ts";

/** A contract, and the services and resources that its elements belong to. */
export interface PlacedContract extends Contract {
  placement: Placement;
}

/** One change, and the element that it is about: before and after, or one of them if it is added or removed. */
export interface Change {
  entry: Entry;
  before?: Element;
  after?: Element;
}

/** Returns the properties of an entry that do not depend on the change. */
export function describeElement(element: Element, { placement }: PlacedContract) {
  const isField = element.kind === "field" || element.kind === "extension";
  return {
    kind: element.kind,
    impact: "addition" as const,
    element: element.name,
    package: element.package,
    service: placement.serviceOf(element),
    resource: placement.resourceOf(element),
    public: placement.isPublic(element),
    file: element.file,
    number: element.number,
    type: isField ? [element.label, element.attributes.type].filter(Boolean).join(" ") : undefined,
    extendee: element.attributes.extends,
    comment: firstSentence(element.comment),
  };
}

/** Returns the first sentence of a comment; also the second if the first is one word, as in "Secret. The …". */
export function firstSentence(comment: string): string | undefined {
  return /^(\S+[.:] )?.*?(?<!\b(e\.g|i\.e))[.!?](?= [^a-z]|$)|^.+/.exec(comment)?.[0];
}
