import type { AnyDesc, DescEnum, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { commentOf, withNestedMessages } from "../contract/descriptors.ts";
import { type Change, type PlacedContract, summarizeComment } from "./changes.ts";
import { type Element, labeledTypeOf, printMessages } from "./elements.ts";
import type { Action, Contents, Rpc } from "./model.ts";
import { findOnlyUsers } from "./placement.ts";

/** Returns the parts of an element that is added or removed; undefined if its kind has none. */
export function contentsOf({ desc }: Element, contract: PlacedContract): Contents | undefined {
  switch (desc?.kind) {
    case "service":
    case "rpc":
      return { rpcs: rpcsOf(desc).map((rpc) => describeRpc(rpc, contract)) };
    case "message": {
      const { messages, enums } = describeTypes(withNestedMessages(desc));
      return { fields: fieldsOf(desc), messages: orNone(messages.slice(1)), enums: orNone(enums) };
    }
    case "enum":
      return { values: valuesOf(desc) };
    default:
      return undefined;
  }
}

const describeRpc = (rpc: DescMethod, contract: PlacedContract): Rpc => ({
  name: rpc.name,
  ...printMessages(rpc),
  resource: contract.placement.resourceOfRpc(rpc),
  comment: summarizeComment(commentOf(rpc), rpc, contract),
});

/** Returns messages, and the enums nested in them. */
const describeTypes = (messages: DescMessage[]) => ({
  messages: messages.map((message) => ({ name: message.typeName, fields: fieldsOf(message) })),
  enums: messages
    .flatMap(({ nestedEnums }) => nestedEnums)
    .map((desc) => ({ name: desc.typeName, values: valuesOf(desc) })),
});

const orNone = <T>(items: T[]) => (items.length > 0 ? items : undefined);

const fieldsOf = ({ fields }: DescMessage) =>
  fields.map((field) => ({ name: field.name, number: field.number, type: labeledTypeOf(field) }));

const valuesOf = ({ values }: DescEnum) => values.map(({ name, number }) => ({ name, number }));

/**
 * Moves the requests and responses of RPCs that are added or removed into the contents of these, or of their services. A
 * message that anything else uses, or that is a resource, keeps its change.
 *
 * @param contract The contract that has them.
 * @returns the remaining changes.
 */
export function foldMessages(
  changes: Change[],
  action: Extract<Action, "added" | "removed">,
  { files, placement }: PlacedContract,
): Change[] {
  const owners = new Map<DescMethod, Contents>();
  for (const { entry, before, after } of changes) {
    const desc = (after ?? before)?.desc;
    if (entry.action === action && entry.contents && desc) {
      for (const rpc of rpcsOf(desc)) {
        owners.set(rpc, entry.contents);
      }
    }
  }
  if (owners.size === 0) {
    return changes;
  }
  const messages = files.flatMap((file) => file.messages);
  const users = findOnlyUsers(placement.rpcs, messages);
  return changes.filter(({ entry, before, after }) => {
    const desc = (after ?? before)?.desc;
    const isWhole = entry.action === action && entry.contents !== undefined;
    const message = isWhole && desc?.kind === "message" && !placement.isResource(desc) ? desc : undefined;
    const rpc = message && users.get(message);
    const contents = rpc && owners.get(rpc);
    if (message && contents) {
      const { messages: added, enums } = describeTypes(withNestedMessages(message));
      contents.messages = [...(contents.messages ?? []), ...added];
      contents.enums = orNone([...(contents.enums ?? []), ...enums]);
    }
    return !contents;
  });
}

const rpcsOf = (desc: AnyDesc): DescMethod[] =>
  desc.kind === "service" ? desc.methods : desc.kind === "rpc" ? [desc] : [];
