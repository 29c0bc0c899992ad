import {
  create,
  type DescMessage,
  type DescMethod,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { groupBy } from "../../scripts/lib/cli/collections.ts";
import { rpcs } from "../support/contract.ts";
import { expectSame } from "../support/expect-same.ts";
import { everyField } from "../support/extremes.ts";
import type { Codec, Flavour } from "../support/flavours.ts";
import { withoutKnownLosses } from "../support/known-losses.ts";

/** Returns the path of an RPC: "/agynio.api.runners.v1.RunnersService/GetWorkload". */
export const pathOf = ({ name, parent }: DescMethod): string => `/${parent.typeName}/${name}`;

export const clientStreams = ({ methodKind }: DescMethod) =>
  methodKind === "client_streaming" || methodKind === "bidi_streaming";
export const serverStreams = ({ methodKind }: DescMethod) =>
  methodKind === "server_streaming" || methodKind === "bidi_streaming";

/** Returns how many of an RPC's messages have fields. */
const filled = ({ input, output }: DescMethod) =>
  [input, output].filter(({ fields }) => fields.length > 0).length;

/** The first RPC of each kind, preferably of those whose request and response have fields. */
export const firstOfEachKind: DescMethod[] = [
  ...groupBy(
    rpcs.toSorted((a, b) => filled(b) - filled(a)),
    ({ methodKind }) => methodKind,
  ).values(),
].map(([first]) => first as DescMethod);

/** Calls an RPC with encoded requests, and returns the encoded responses. A single message is a list of one. */
export type Call = (method: DescMethod, requests: Uint8Array[]) => Promise<Uint8Array[]>;

/** A server of every service, on a port of the loopback interface that accepts HTTP/2 without TLS. */
export interface Server {
  port: number;
  stop(): Promise<void>;
}

/** An error of an RPC, with a status code of gRPC, which Connect has as well. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const samples = new Map<DescMessage, Message[]>();

/** Returns messages with every field set, as many as a call has: one, or three in a stream. */
function messagesOf(desc: DescMessage, streams: boolean): Message[] {
  const edits = Object.values(withoutKnownLosses).flatMap(({ binary, json }) => [binary, json]);
  const made =
    samples.get(desc) ??
    [3, 4, 5].map((nth) =>
      edits.reduce<Message>((message, edit) => edit(message), create(desc, everyField(desc, nth))),
    );
  samples.set(desc, made);
  return streams ? made : made.slice(0, 1);
}

const encode = (desc: DescMessage, messages: Message[]) => messages.map((message) => toBinary(desc, message));
const requestsOf = (method: DescMethod) => messagesOf(method.input, clientStreams(method));
const responsesOf = (method: DescMethod) => messagesOf(method.output, serverStreams(method));

function expectMessages(desc: DescMessage, actual: Uint8Array[], expected: Message[]): void {
  expectSame(
    actual.map((bytes) => fromBinary(desc, bytes)),
    expected,
  );
}

/** Calls an RPC with messages that have every field set, and fails unless the expected responses arrive. */
export async function expectAnswered(call: Call, method: DescMethod): Promise<void> {
  const responses = await call(method, encode(method.input, requestsOf(method)));
  expectMessages(method.output, responses, responsesOf(method));
}

/** A server's handler of an RPC: the stream of its responses to a stream of requests, in a library's messages. */
export type Handler = (requests: AsyncIterable<unknown>) => AsyncGenerator<unknown>;

/**
 * Creates the handler of an RPC for a server of a flavour.
 *
 * @param received Called with each RPC that is called.
 * @param toError Creates the library's error from the one that the client must receive, if the requests are not
 *   those expected.
 */
export function handlerOf(
  method: DescMethod,
  { codec }: Flavour,
  received: (method: DescMethod) => void,
  toError: (error: RpcError) => unknown,
): Handler {
  return async function* (requests) {
    received(method);
    const actual = await collect(requests);
    try {
      expectMessages(method.input, actual.map(bytesWith(codec(method.input))), requestsOf(method));
    } catch {
      throw toError(unexpected);
    }
    yield* encode(method.output, responsesOf(method)).map(codec(method.output).decode);
  };
}

/** The error that a server returns for requests that it does not expect. */
export const unexpected = new RpcError(3, "unexpected requests");

/** Converts a message of a flavour to bytes that no buffer pool shares. */
export const bytesWith =
  ({ encode }: Codec) =>
  (message: unknown): Uint8Array =>
    Uint8Array.from(encode(message));

export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    collected.push(item);
  }
  return collected;
}

export async function single<T>(items: AsyncIterable<T>): Promise<T> {
  const [item, ...others] = await collect(items);
  if (item === undefined || others.length > 0) {
    throw new Error(`${others.length} more messages than one`);
  }
  return item;
}
