import { once } from "node:events";
import type { Readable } from "node:stream";
import type { DescMethod } from "@bufbuild/protobuf";
import type * as grpc from "@grpc/grpc-js";
import type * as niceGrpc from "nice-grpc";
import type * as niceGrpcDeadline from "nice-grpc-client-middleware-deadline";
import {
  type CallOptions,
  type Handler,
  type Messages,
  map,
  pathOf,
  type RpcClient,
  RpcError,
  type RpcServer,
  type ServerCall,
  single,
  stream,
  toRpcError,
} from "./rpc.js";
import { forEveryService, type RpcFlavour } from "./rpc-libraries.js";
import { loadStatusCodec, type StatusCodec, statusTrailer } from "./rpc-status.js";

/** A running call; of what its kind lacks, nothing is used. */
type Call = grpc.ClientDuplexStream<unknown, unknown>;
type Rpc = (...args: unknown[]) => Call;
type Clients = { client: InstanceType<grpc.ServiceClientConstructor>; definition: grpc.ServiceDefinition };

/** What ts-proto calls an RPC in clients and servers of grpc-js: createApiToken for CreateAPIToken. */
function nameOf(method: DescMethod, definition: grpc.ServiceDefinition): string {
  const found = Object.entries(definition).find(([, { path }]) => path === pathOf(method));
  if (found === undefined) {
    throw new Error(`ts-proto has no ${pathOf(method)}`);
  }
  return found[0];
}

async function* settled<T>(item: Promise<T>): AsyncGenerator<T> {
  yield await item;
}

/** A client of grpc-js, as ts-proto generates them. */
export async function grpcJsClient(
  { load, codecs, service }: RpcFlavour,
  { ports }: RpcServer,
): Promise<RpcClient> {
  const { credentials, Metadata } = await load<typeof grpc>("@grpc/grpc-js");
  const status = await loadStatusCodec();
  const clients = await forEveryService(async (desc) => {
    const Client = await service<grpc.ServiceClientConstructor>(desc, "Client");
    return {
      client: new Client(`localhost:${ports.http2}`, credentials.createInsecure()),
      definition: await service<grpc.ServiceDefinition>(desc, "Service"),
    };
  });

  async function* call(
    method: DescMethod,
    requests: Messages,
    { signal, timeoutMs }: CallOptions = {},
  ): Messages {
    const { input, output } = codecs(method);
    const { client, definition } = clients.get(method.parent) as Clients;
    const rpc = (client[nameOf(method, definition)] as Rpc).bind(client);
    const options = timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
    const decoded = map(requests, input.decode);
    const { methodKind } = method;
    const asksOnce = methodKind === "unary" || methodKind === "server_streaming";
    const answersOnce = methodKind === "unary" || methodKind === "client_streaming";
    const args = [...(asksOnce ? [await single(decoded)] : []), new Metadata(), options];
    let running: Call | undefined;
    const cancel = () => running?.cancel();
    signal?.addEventListener("abort", cancel);
    try {
      let responses: AsyncIterable<unknown>;
      if (answersOnce) {
        const response = new Promise((resolve, reject) => {
          running = rpc(...args, (error: unknown, message: unknown) =>
            error ? reject(error) : resolve(message),
          );
        });
        responses = settled(response);
      } else {
        running = rpc(...args);
        responses = running;
      }
      if (!asksOnce) {
        write(decoded, running as Call);
      }
      yield* map(responses, (message) => Uint8Array.from(output.encode(message)));
    } catch (error) {
      throw fromServiceError(error as grpc.ServiceError, status);
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  return {
    carries: () => true,
    call,
    close: () => {
      for (const { client } of clients.values()) {
        client.close();
      }
    },
  };
}

/** Writes messages as fast as the other side takes them, and then half-closes. */
async function write(messages: AsyncIterable<unknown>, call: Call) {
  const over = new AbortController();
  call.once("status", () => over.abort());
  try {
    for await (const message of messages) {
      if (over.signal.aborted) {
        return;
      }
      if (!call.write(message)) {
        await once(call, "drain", over);
      }
    }
    call.end();
  } catch (error) {
    if (!over.signal.aborted) {
      call.destroy(error as Error);
    }
  }
}

function fromServiceError(error: grpc.ServiceError, status: StatusCodec): RpcError {
  const [bytes] = error.metadata?.get(statusTrailer) ?? [];
  const { details = [] } = bytes === undefined ? {} : status.decode(bytes as Buffer);
  return new RpcError(error.code, error.details, details);
}

/** A client of nice-grpc, with the package of its authors that gives it deadlines. */
export async function niceGrpcClient(
  { load, codecs, service }: RpcFlavour,
  { ports }: RpcServer,
): Promise<RpcClient> {
  const { createChannel, createClientFactory, ClientError } = await load<typeof niceGrpc>("nice-grpc");
  const { deadlineMiddleware } = await load<typeof niceGrpcDeadline>("nice-grpc-client-middleware-deadline");
  const status = await loadStatusCodec();
  const channel = createChannel(`localhost:${ports.http2}`);
  const factory = createClientFactory().use(deadlineMiddleware);
  type Options = niceGrpc.CallOptions & niceGrpcDeadline.DeadlineOptions;
  type Client = Record<string, (request: unknown, options: Options) => unknown>;
  const clients = await forEveryService(
    async (desc) =>
      factory.create(
        await service<niceGrpc.CompatServiceDefinition>(desc, "Definition"),
        channel,
      ) as unknown as Client,
  );

  async function* call(
    method: DescMethod,
    requests: Messages,
    { signal, timeoutMs: deadline }: CallOptions = {},
  ): Messages {
    const { input, output } = codecs(method);
    const { methodKind, parent, localName } = method;
    const rpc = clients.get(parent)?.[localName] as Client[string];
    let trailer: niceGrpc.Metadata | undefined;
    const onTrailer = (metadata: niceGrpc.Metadata) => {
      trailer = metadata;
    };
    try {
      const decoded = map(requests, input.decode);
      const request =
        methodKind === "unary" || methodKind === "server_streaming" ? await single(decoded) : decoded;
      const response = rpc(request, { signal, deadline, onTrailer });
      const responses =
        methodKind === "unary" || methodKind === "client_streaming"
          ? stream(await response)
          : (response as AsyncIterable<unknown>);
      yield* map(responses, (message) => Uint8Array.from(output.encode(message)));
    } catch (error) {
      if (error instanceof ClientError) {
        const bytes = trailer?.get(statusTrailer) as Uint8Array | undefined;
        throw new RpcError(error.code, error.details, bytes && status.decode(bytes).details);
      }
      // What nice-grpc throws when its signal is aborted, as fetch() does.
      throw (error as Error).name === "AbortError" ? new RpcError(1, "aborted") : error;
    }
  }

  return { carries: () => true, call, close: () => channel.close() };
}

/** A server of grpc-js, with every service of the contract. */
export async function startGrpcJsServer(
  { load, codecs, service }: RpcFlavour,
  handler: Handler,
): Promise<RpcServer> {
  const { Metadata, Server, ServerCredentials } = await load<typeof grpc>("@grpc/grpc-js");
  const status = await loadStatusCodec();
  const server = new Server();

  const toStatus = (error: RpcError) => {
    const metadata = new Metadata();
    metadata.set(statusTrailer, Buffer.from(status.encode(error)));
    return { code: error.code, details: error.message, metadata };
  };

  function implement(method: DescMethod) {
    const { input, output } = codecs(method);
    const answer = (requests: AsyncIterable<unknown>, call: Cancellable) =>
      map(
        handler({
          method,
          requests: map(requests, (request) => Uint8Array.from(input.encode(request))),
          ...contextOf(call),
        }),
        output.decode,
      );
    const respond = (answers: AsyncIterable<unknown>, callback: grpc.sendUnaryData<unknown>) =>
      single(answers).then(
        (response) => callback(null, response),
        (error) => callback(toStatus(toRpcError(error))),
      );
    const respondEach = async (
      answers: AsyncIterable<unknown>,
      call: grpc.ServerWritableStream<never, unknown>,
    ) => {
      try {
        for await (const response of answers) {
          if (!call.write(response)) {
            await once(call, "drain");
          }
        }
        call.end();
      } catch (error) {
        call.emit("error", toStatus(toRpcError(error)));
      }
    };
    type Unary = grpc.ServerUnaryCall<unknown, unknown>;
    type Reading = grpc.ServerReadableStream<unknown, unknown>;
    type Writable = grpc.ServerWritableStream<never, unknown>;
    type Duplex = grpc.ServerDuplexStream<unknown, unknown>;
    return {
      unary: (call: Unary, callback: grpc.sendUnaryData<unknown>) =>
        respond(answer(stream(call.request), call), callback),
      server_streaming: (call: Writable) => respondEach(answer(stream(call.request), call), call),
      client_streaming: (call: Reading, callback: grpc.sendUnaryData<unknown>) =>
        respond(answer(requestsOf(call), call), callback),
      bidi_streaming: (call: Duplex) =>
        respondEach(answer(requestsOf(call), call), call as unknown as Writable),
    }[method.methodKind];
  }

  const definitions = await forEveryService((desc) => service<grpc.ServiceDefinition>(desc, "Service"));
  for (const [desc, definition] of definitions) {
    const methods = desc.methods.map((method) => [nameOf(method, definition), implement(method)]);
    server.addService(definition, Object.fromEntries(methods));
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("localhost:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { ports: { http2: port }, stop: async () => server.forceShutdown() };
}

/** What a client sends. Node.js would end both directions of a call when one has been read. */
const requestsOf = (call: Readable): AsyncIterable<unknown> => call.iterator({ destroyOnReturn: false });

type Cancellable = Pick<grpc.ServerUnaryCall<unknown, unknown>, "getDeadline" | "cancelled"> &
  NodeJS.EventEmitter;

function contextOf(call: Cancellable): Pick<ServerCall, "signal" | "timeoutMs"> {
  const controller = new AbortController();
  call.once("cancelled", () => controller.abort());
  const deadline = Number(call.getDeadline());
  return {
    signal: controller.signal,
    timeoutMs: Number.isFinite(deadline) ? deadline - Date.now() : undefined,
  };
}
