import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { type DescMessage, type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { arbitraryMessage } from "./arbitrary.js";
import { withoutKnownLosses, withoutMinusZero } from "./known-losses.js";
import { expectSame } from "./properties.js";
import { type Messages, pathOf, type RpcClient, type ServerCall } from "./rpc.js";

/** How many messages a stream has. */
const many = 40;

/** What a client and a server say to each other in one call. */
interface Conversation {
  requests: Message[];
  responses: Message[];
}

const conversations = new Map<DescMethod, Conversation>();

/**
 * The conversation of an RPC: messages with every field set, which differ from those of every other RPC.
 * In a call with streams both ways the server answers each request before the client sends the next, and
 * has more to say when the client has said all.
 */
export function conversationOf(method: DescMethod): Conversation {
  let conversation = conversations.get(method);
  if (conversation === undefined) {
    const { methodKind, input, output } = method;
    const asks = methodKind === "unary" || methodKind === "server_streaming" ? 1 : many;
    const answers = methodKind === "unary" || methodKind === "client_streaming" ? 1 : many + 10;
    conversation = {
      requests: messagesOf(input, asks, `request of ${pathOf(method)}`),
      responses: messagesOf(output, answers, `response of ${pathOf(method)}`),
    };
    conversations.set(method, conversation);
  }
  return conversation;
}

/** Messages that every protocol and flavour carries; the same for the same purpose. */
export function messagesOf(desc: DescMessage, count: number, purpose: string): Message[] {
  const seed = createHash("sha256").update(purpose).digest().readInt32LE();
  const lossless = [...Object.values(withoutKnownLosses), withoutMinusZero];
  return fc
    .sample(arbitraryMessage(desc, { depth: 2, full: true }), { numRuns: count, seed })
    .map((message) => lossless.reduce((kept, edit) => edit(kept), message));
}

/** A server's part of the conversation. Fails when it hears anything else than what the client is to say. */
export async function* converse({ method, requests }: ServerCall): Messages {
  const conversation = conversationOf(method);
  const responses = conversation.responses.map((response) => toBinary(method.output, response)).values();
  const heard: Uint8Array[] = [];
  for await (const request of requests) {
    heard.push(request);
    if (method.methodKind === "bidi_streaming") {
      const response = responses.next();
      if (!response.done) {
        yield response.value;
      }
    }
  }
  expectMessages(method.input, heard, conversation.requests);
  yield* responses;
}

/** A client's part of the conversation. Fails when it hears anything else than what the server is to say. */
export async function converseWith(client: RpcClient, method: DescMethod): Promise<void> {
  const { requests, responses } = conversationOf(method);
  const heard: Uint8Array[] = [];
  const hearing = new EventEmitter();
  let over = false;
  async function* say(): Messages {
    for (const [i, request] of requests.entries()) {
      yield toBinary(method.input, request);
      while (method.methodKind === "bidi_streaming" && heard.length <= i && !over) {
        await once(hearing, "response");
      }
    }
  }
  try {
    for await (const response of client.call(method, say())) {
      heard.push(response);
      hearing.emit("response");
    }
  } finally {
    over = true;
    hearing.emit("response");
  }
  expectMessages(method.output, heard, responses);
}

/** Fails unless messages are those expected, in their order. */
export function expectMessages(desc: DescMessage, bytes: Uint8Array[], expected: Message[]): void {
  expectSame(
    bytes.map((message) => fromBinary(desc, message)),
    expected,
  );
}
