import type { AnyDesc } from "@bufbuild/protobuf";
import { firstSentence } from "../contract/comments.ts";
import { commentOf } from "../contract/descriptors.ts";
import { findFronted, frontedRpc } from "../contract/gateway.ts";
import { type Contract, type Element, labeledTypeOf } from "./elements.ts";
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
export function describeElement(element: Element, contract: PlacedContract) {
  const { placement } = contract;
  const { desc } = element;
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
    type: desc?.kind === "field" || desc?.kind === "extension" ? labeledTypeOf(desc) : undefined,
    extendee: element.attributes.extends,
    comment: summarizeComment(element.comment, desc, contract),
  };
}

/**
 * Returns the first sentence of an element's comment; if a service or an RPC of a gateway has none, that of what it
 * fronts.
 */
export function summarizeComment(
  comment: string,
  desc: AnyDesc | undefined,
  { registry }: Contract,
): string | undefined {
  if (comment === "" && (desc?.kind === "rpc" || desc?.kind === "service")) {
    const fronted = desc.kind === "rpc" ? frontedRpc(desc, registry) : findFronted(desc, registry);
    return fronted && firstSentence(commentOf(fronted));
  }
  return firstSentence(comment);
}
