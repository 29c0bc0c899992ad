import type { DescEnum, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { typeOf } from "../../../lint/vocabulary.ts";
import type { Change, Placed } from "./compare.ts";
import type { Contract, Element } from "./elements.ts";
import type { Contents, MessageContents, Rpc } from "./model.ts";
import { typesWithin } from "./placement.ts";

/** What is in an element that came or went as a whole; undefined where there can be nothing. */
export function contentsOf(element: Element, contract: Placed): Contents | undefined {
  const { desc } = element;
  switch (desc?.kind) {
    case "service":
      return { rpcs: element.children.map((rpc) => rpcContents(rpc, contract)) };
    case "rpc":
      return { rpcs: [rpcContents(element, contract)] };
    case "message":
      return { fields: fieldsOf(desc), ...nestedContents(withNested(desc).slice(1), enumsIn(desc)) };
    case "enum":
      return { values: valuesOf(desc) };
    default:
      return undefined;
  }
}

function rpcContents(element: Element, { placement }: Placed): Rpc {
  const rpc = element.desc as DescMethod;
  const { name, input, output, proto } = rpc;
  return {
    name,
    request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
    response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    resource: placement.resourceOfRpc(rpc),
    comment: firstSentence(element.comment),
  };
}

const messageContents = (message: DescMessage): MessageContents => ({
  name: message.typeName,
  fields: fieldsOf(message),
});

const enumContents = (desc: DescEnum) => ({ name: desc.typeName, values: valuesOf(desc) });

const enumsIn = (message: DescMessage) => withNested(message).flatMap(({ nestedEnums }) => nestedEnums);

const nestedContents = (messages: DescMessage[], enums: DescEnum[]): Contents => ({
  ...(messages.length > 0 ? { messages: messages.map(messageContents) } : {}),
  ...(enums.length > 0 ? { enums: enums.map(enumContents) } : {}),
});

const fieldsOf = ({ fields }: DescMessage) =>
  fields.map((field) => ({ name: field.name, number: field.number, type: typeOf(field) }));

const valuesOf = ({ values }: DescEnum) => values.map(({ name, number }) => ({ name, number }));

/**
 * Puts messages that came or went with services and RPCs into the entries of these, where nothing else uses
 * them.
 *
 * @param contract The one that has them.
 * @returns the changes that are left.
 */
export function foldMessages(changes: Change[], action: "added" | "removed", contract: Contract): Change[] {
  const elementOf = ({ before, after }: Change) => (action === "added" ? after : before) as Element;
  const whole = changes.filter(({ entry }) => entry.action === action && entry.contents !== undefined);
  const owners = whole
    .filter(({ entry }) => entry.kind === "service" || entry.kind === "rpc")
    .map((change) => ({ change, rpcs: rpcsOf(elementOf(change)) }));
  if (owners.length === 0) {
    return changes;
  }
  const messages = new Map(
    whole
      .filter((change) => change.entry.kind === "message" && elementOf(change).parent === undefined)
      .map((change) => [change.entry.element, change]),
  );
  const rpcs = new Set(owners.flatMap((owner) => owner.rpcs));
  const reached = topNames([...rpcs].flatMap(typesOf));
  const others = contract.files
    .flatMap(({ services }) => services.flatMap(({ methods }) => methods))
    .filter((rpc) => !rpcs.has(rpc));
  const standing = contract.files
    .flatMap((file) => file.messages)
    .filter(({ typeName }) => !messages.has(typeName) || !reached.has(typeName));
  const shared = topNames([...others.flatMap(typesOf), ...standing.flatMap(withNested)]);

  const folded = new Set<Change>();
  const homes = owners.map(({ change, rpcs }) => ({ change, names: topNames(rpcs.flatMap(typesOf)) }));
  for (const [name, change] of messages) {
    if (reached.has(name) && !shared.has(name)) {
      const using = homes.filter(({ names }) => names.has(name));
      const home = using.find((one) => one.change.entry.package === change.entry.package) ?? using[0];
      const { contents } = home?.change.entry ?? {};
      if (contents) {
        const message = elementOf(change).desc as DescMessage;
        const { messages = [], enums } = nestedContents(withNested(message), enumsIn(message));
        contents.messages = [...(contents.messages ?? []), ...messages];
        contents.enums = enums ? [...(contents.enums ?? []), ...enums] : contents.enums;
        folded.add(change);
      }
    }
  }
  return changes.filter((change) => !folded.has(change));
}

const typesOf = ({ input, output }: DescMethod) => [input, output];

const withNested = (message: DescMessage): DescMessage[] => [
  message,
  ...message.nestedMessages.flatMap(withNested),
];

function rpcsOf({ desc }: Element): DescMethod[] {
  return desc?.kind === "service" ? desc.methods : [desc as DescMethod];
}

/** Full names of what stands at the top of a file and is, or has within it, what the types are made of. */
function topNames(types: DescMessage[]): Set<string> {
  return new Set([...typesWithin(types).values()].map(topName));
}

function topName(type: DescMessage | DescEnum): string {
  return type.parent ? topName(type.parent) : type.typeName;
}

/** The first sentence of a comment; the second too where the first is one word, as in "Secret. The …". */
export function firstSentence(comment: string): string | undefined {
  return /^(\S+[.:] )?.*?(?<!\b(e\.g|i\.e))[.!?](?= [^a-z]|$)|^.+/.exec(comment)?.[0];
}
