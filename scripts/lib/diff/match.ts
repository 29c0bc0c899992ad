import type { DescOneof } from "@bufbuild/protobuf";
import { typeOf } from "../contract/descriptors.ts";
import { matchByKey, matchDeclarations } from "../contract/match.ts";
import type { Element } from "./elements.ts";

const isNumbered = (kind: Element["kind"]) => kind === "field" || kind === "value";

const membersOf = ({ fields }: DescOneof) =>
  fields
    .map((field) => `${field.number} ${typeOf(field)}`)
    .sort()
    .join();

/**
 * Matches the elements of two lists as `matchDeclarations` does, and oneofs without a namesake by their members.
 *
 * @returns the counterpart of each element that has one, in both directions.
 */
export function matchElements(before: Element[], after: Element[]): Map<Element, Element> {
  const counterparts = matchDeclarations(before, after, ({ kind, name, number, attributes: { type } }) =>
    isNumbered(kind) ? { kind, name, number, type } : { kind, name },
  );
  const byMembers = ({ desc }: Element) => (desc?.kind === "oneof" ? membersOf(desc) : undefined);
  matchByKey(before, after, byMembers, counterparts);
  return counterparts;
}
