import { type DescMethod, toBinary } from "@bufbuild/protobuf";
import { collect, failed, type Handler, type Messages, RpcError, type ServerCall } from "./rpc.js";
import { converse, messagesOf } from "./rpc-conversations.js";

/** Something that a client or a server does wrong in the first RPC of a kind. */
interface Mistake {
  name: string;
  kind: DescMethod["methodKind"];
  /** What the server does instead of conversing. */
  answer?: Handler;
  /** What the client sends instead of its requests. */
  say?(requests: Messages): Messages;
}

/** Converses, and then changes what there is to say. */
const changed = (change: (messages: Uint8Array[]) => Uint8Array[]) =>
  async function* (messages: Messages): Messages {
    yield* change(await collect(messages));
  };
const answer = (change: (messages: Uint8Array[]) => Uint8Array[]) => (call: ServerCall) =>
  changed(change)(converse(call));

const withoutLast = (messages: Uint8Array[]) => messages.slice(0, -1);
const swapped = ([first, second, ...rest]: Uint8Array[]) => [second, first, ...rest] as Uint8Array[];

/** Each must make one RPC fail, and no other. */
export const mistakes: Mistake[] = [
  {
    name: "a server that answers with another message of the same type",
    kind: "unary",
    answer: async function* ({ method, requests }) {
      await collect(requests);
      yield* messagesOf(method.output, 1, "mistake").map((message) => toBinary(method.output, message));
    },
  },
  {
    name: "a server that answers with an empty message",
    kind: "unary",
    answer: answer(() => [new Uint8Array(0)]),
  },
  {
    name: "a server that does not implement an RPC",
    kind: "unary",
    answer: () => failed(new RpcError(12, "not implemented")),
  },
  {
    name: "a server that leaves out the last message",
    kind: "server_streaming",
    answer: answer(withoutLast),
  },
  { name: "a server that swaps two messages", kind: "server_streaming", answer: answer(swapped) },
  { name: "a client that sends an empty message", kind: "unary", say: changed(() => [new Uint8Array(0)]) },
  { name: "a client that leaves out the last message", kind: "client_streaming", say: changed(withoutLast) },
  { name: "a client that swaps two messages", kind: "client_streaming", say: changed(swapped) },
];
