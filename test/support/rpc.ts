import type { DescMethod } from "@bufbuild/protobuf";
import { services } from "./contract.js";

/** Every RPC of the contract. */
export const rpcs: DescMethod[] = services.flatMap((service) => service.methods);

/** Where an RPC is served: "/agynio.api.runners.v1.RunnersService/GetWorkload". */
export const pathOf = ({ name, parent }: DescMethod): string => `/${parent.typeName}/${name}`;

/** A message of any type, encoded, that says more about an error. */
export interface Detail {
  typeName: string;
  value: Uint8Array;
}

/** How a call fails, whatever the library calls it. */
export class RpcError extends Error {
  /** @param code One of gRPC's status codes, which are Connect's as well. */
  constructor(
    readonly code: number,
    message: string,
    readonly details: Detail[] = [],
  ) {
    super(message);
  }
}

/** What a client can say about a call. */
export interface CallOptions {
  /** Cancels the call. */
  signal?: AbortSignal;
  /** Time until the deadline, in milliseconds. */
  timeoutMs?: number;
}

/** Messages, each encoded. An RPC that takes or returns a single message has streams of one. */
export type Messages = AsyncIterable<Uint8Array>;

/** A client of all services, of one library and protocol. It decodes and encodes with its flavour of the package. */
export interface RpcClient {
  /** Whether the protocol can carry the RPC. */
  carries(method: DescMethod): boolean;
  /** Calls an RPC. The responses end with an RpcError when it fails. */
  call(method: DescMethod, requests: Messages, options?: CallOptions): Messages;
  /** Closes its connections. */
  close(): void;
}

/** A call as a server sees it. */
export interface ServerCall {
  method: DescMethod;
  requests: Messages;
  /** Aborted when the client cancels, goes away, or lets the deadline pass. */
  signal: AbortSignal;
  /** The time that the client left until the deadline, in milliseconds; undefined when it gave none. */
  timeoutMs: number | undefined;
}

/** Answers any call. An RpcError that it throws is what the client is to get. */
export type Handler = (call: ServerCall) => Messages;

/** A server of all services, of one library. */
export interface RpcServer {
  /** Ports of the loopback interface, by the version of HTTP that they speak, without TLS. */
  ports: { http1?: number; http2: number };
  /** Ends it and its connections. */
  stop(): Promise<void>;
}

/** What a handler threw, for the client to see. */
export const toRpcError = (error: unknown): RpcError =>
  error instanceof RpcError ? error : new RpcError(2, error instanceof Error ? error.message : String(error));

/** A stream of given items. */
export async function* stream<T>(...items: T[]): AsyncGenerator<T> {
  yield* items;
}

/** A stream that fails before it has an item. */
export const failed = (error: unknown): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});

/** Converts each item of a stream. */
export async function* map<T, U>(items: AsyncIterable<T>, convert: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) {
    yield convert(item);
  }
}

/** The only item of a stream. */
export async function single<T>(items: AsyncIterable<T>): Promise<T> {
  const all = await collect(items);
  if (all.length !== 1) {
    throw new Error(`${all.length} messages instead of one`);
  }
  return all[0] as T;
}

/** All items of a stream. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}
