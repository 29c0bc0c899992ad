import type { AnyDesc, DescEnum, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { commentOf, typeOf, withNestedMessages } from "../contract/descriptors.ts";
import { type Change, type PlacedContract, summarizeComment, withLabel } from "./changes.ts";
import { type Element, labelOf } from "./elements.ts";
import type { Action, Contents, Rpc } from "./model.ts";
import { findOnlyUsers } from "./placement.ts";

/** Returns the parts of an element that is added or removed; undefined if its kind has none. */
export function contentsOf({ desc }: Element, contract: PlacedContract): Contents | undefined {
  switch (desc?.kind) {
    case "service":
    case "rpc":
      return { rpcs: rpcsOf(desc).map((rpc) => describeRpc(rpc, contract)) };
    case "message":
      return { fields: fieldsOf(desc), ...typeContents(withNestedMessages(desc).slice(1), enumsIn(desc)) };
    case "enum":
      return { values: valuesOf(desc) };
    default:
      return undefined;
  }
}

function describeRpc(rpc: DescMethod, contract: PlacedContract): Rpc {
  const { name, input, output, proto } = rpc;
  return {
    name,
    request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
    response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    resource: contract.placement.resourceOfRpc(rpc),
    comment: summarizeComment(commentOf(rpc), rpc, contract),
  };
}

const typeContents = (messages: DescMessage[], enums: DescEnum[]): Contents => ({
  ...(messages.length > 0
    ? { messages: messages.map((message) => ({ name: message.typeName, fields: fieldsOf(message) })) }
    : {}),
  ...(enums.length > 0
    ? { enums: enums.map((desc) => ({ name: desc.typeName, values: valuesOf(desc) })) }
    : {}),
});

const fieldsOf = ({ fields }: DescMessage) =>
  fields.map((field) => ({
    name: field.name,
    number: field.number,
    type: withLabel(labelOf(field), typeOf(field)),
  }));

const valuesOf = ({ values }: DescEnum) => values.map(({ name, number }) => ({ name, number }));

const enumsIn = (message: DescMessage) =>
  withNestedMessages(message).flatMap(({ nestedEnums }) => nestedEnums);

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
  const users = findOnlyUsers(
    placement.rpcs,
    files.flatMap((file) => file.messages),
  );
  const remaining: Change[] = [];
  for (const change of changes) {
    const { entry, before, after } = change;
    const desc = (after ?? before)?.desc;
    const isWhole = entry.kind === "message" && entry.action === action;
    const message = isWhole && desc?.kind === "message" && !placement.isResource(desc) ? desc : undefined;
    const rpc = message && users.get(message);
    const contents = rpc && owners.get(rpc);
    if (message && contents) {
      addMessage(contents, message);
    } else {
      remaining.push(change);
    }
  }
  return remaining;
}

function addMessage(contents: Contents, message: DescMessage): void {
  const { messages = [], enums = [] } = typeContents(withNestedMessages(message), enumsIn(message));
  contents.messages = [...(contents.messages ?? []), ...messages];
  if (enums.length > 0) {
    contents.enums = [...(contents.enums ?? []), ...enums];
  }
}

function rpcsOf(desc: AnyDesc): DescMethod[] {
  return desc.kind === "service" ? desc.methods : desc.kind === "rpc" ? [desc] : [];
}
