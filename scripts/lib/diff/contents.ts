import type { AnyDesc, DescEnum, DescMessage, DescMethod } from "@bufbuild/protobuf";
import {
  commentOf,
  outermostType,
  reachableTypes,
  typeOf,
  withNestedMessages,
} from "../contract/descriptors.ts";
import { type Change, firstSentence, type PlacedContract } from "./changes.ts";
import type { Contract, Element } from "./elements.ts";
import type { Action, Contents, Rpc } from "./model.ts";

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

function describeRpc(rpc: DescMethod, { placement }: PlacedContract): Rpc {
  const { name, input, output, proto } = rpc;
  return {
    name,
    request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
    response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    resource: placement.resourceOfRpc(rpc),
    comment: firstSentence(commentOf(rpc)),
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
  fields.map((field) => ({ name: field.name, number: field.number, type: typeOf(field) }));

const valuesOf = ({ values }: DescEnum) => values.map(({ name, number }) => ({ name, number }));

const enumsIn = (message: DescMessage) =>
  withNestedMessages(message).flatMap(({ nestedEnums }) => nestedEnums);

/**
 * Moves messages that are added or removed with services and RPCs into the contents of these, if nothing else uses
 * them.
 *
 * @param contract The contract that has them.
 * @returns the remaining changes.
 */
export function foldMessages(
  changes: Change[],
  action: Extract<Action, "added" | "removed">,
  contract: Contract,
): Change[] {
  const elements = changes.flatMap((change) => {
    const { desc } = change.after ?? change.before ?? {};
    const { contents } = change.entry;
    return change.entry.action === action && contents && desc ? [{ change, contents, desc }] : [];
  });
  const owners = elements.map(({ change, contents, desc }) => {
    const rpcs = rpcsOf(desc);
    return { package: change.entry.package, contents, rpcs, types: outermostNames(rpcs.flatMap(typesOf)) };
  });
  const messages = new Map(
    elements.flatMap(({ change, desc }) =>
      desc.kind === "message" &&
      desc.parent === undefined &&
      owners.some(({ types }) => types.has(desc.typeName))
        ? [[desc, change]]
        : [],
    ),
  );
  const rpcs = new Set(owners.flatMap((owner) => owner.rpcs));
  const otherRpcs = contract.files
    .flatMap(({ services }) => services.flatMap(({ methods }) => methods))
    .filter((rpc) => !rpcs.has(rpc));
  const otherMessages = contract.files
    .flatMap((file) => file.messages)
    .filter((message) => !messages.has(message));
  const usedElsewhere = outermostNames([
    ...otherRpcs.flatMap(typesOf),
    ...otherMessages.flatMap(withNestedMessages),
  ]);

  const folded = new Set<Change>();
  for (const [message, change] of messages) {
    const users = owners.filter(({ types }) => types.has(message.typeName));
    const owner = users.find((user) => user.package === change.entry.package) ?? users[0];
    if (owner && !usedElsewhere.has(message.typeName)) {
      addMessage(owner.contents, message);
      folded.add(change);
    }
  }
  return changes.filter((change) => !folded.has(change));
}

function addMessage(contents: Contents, message: DescMessage): void {
  const { messages = [], enums = [] } = typeContents(withNestedMessages(message), enumsIn(message));
  contents.messages = [...(contents.messages ?? []), ...messages];
  if (enums.length > 0) {
    contents.enums = [...(contents.enums ?? []), ...enums];
  }
}

const typesOf = ({ input, output }: DescMethod) => [input, output];

function rpcsOf(desc: AnyDesc): DescMethod[] {
  return desc.kind === "service" ? desc.methods : desc.kind === "rpc" ? [desc] : [];
}

/** Returns the full names of the top-level types that hold the given types or the types that they use. */
const outermostNames = (types: DescMessage[]) =>
  new Set([...reachableTypes(types).values()].map((type) => outermostType(type).typeName));
