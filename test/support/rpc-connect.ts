import { createServer } from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { DescMethod, DescService, Registry } from "@bufbuild/protobuf";
import type * as connect from "@connectrpc/connect";
import type * as connectNode from "@connectrpc/connect-node";
import {
  type CallOptions,
  type Handler,
  type Messages,
  map,
  type RpcClient,
  RpcError,
  type RpcServer,
  single,
  stream,
  toRpcError,
} from "./rpc.js";
import { forEveryService, type RpcFlavour } from "./rpc-libraries.js";

/** How a Connect client talks. */
export interface ConnectProtocol {
  protocol: "connect" | "grpc" | "grpc-web";
  encoding: "binary" | "json";
  http: "1.1" | "2";
}

/** Every way in which a Connect client can talk: all but gRPC on HTTP/1.1, which has no trailers there. */
export const connectProtocols: ConnectProtocol[] = (["connect", "grpc", "grpc-web"] as const).flatMap(
  (protocol) =>
    (["binary", "json"] as const).flatMap((encoding) =>
      (protocol === "grpc" ? (["2"] as const) : (["1.1", "2"] as const)).map((http) => ({
        protocol,
        encoding,
        http,
      })),
    ),
);

/** What a client of Connect 1 and Connect 2 has at run time: a function for each RPC. */
type Client = Record<string, (request: unknown, options: connect.CallOptions) => unknown>;

/** A client of Connect 2, or of Connect 1 in its flavour, whose functions are the same. */
export async function connectClient(
  { load, codecs, service }: RpcFlavour,
  { protocol, encoding, http }: ConnectProtocol,
  { ports }: RpcServer,
): Promise<RpcClient> {
  const { createClient, ConnectError } = await load<typeof connect>("@connectrpc/connect");
  const node = await load<typeof connectNode>("@connectrpc/connect-node");
  const createTransport = {
    connect: node.createConnectTransport,
    grpc: node.createGrpcTransport,
    "grpc-web": node.createGrpcWebTransport,
  }[protocol];
  const port = http === "2" ? ports.http2 : ports.http1;
  const transport = createTransport({
    baseUrl: `http://localhost:${port}`,
    httpVersion: http,
    useBinaryFormat: encoding === "binary",
  });
  const clients = await forEveryService(
    async (desc) => createClient(await service<DescService>(desc), transport) as unknown as Client,
  );

  async function* call(method: DescMethod, requests: Messages, options: CallOptions = {}): Messages {
    const { input, output } = codecs(method);
    const { methodKind, parent, localName } = method;
    const rpc = clients.get(parent)?.[localName] as Client[string];
    const decoded = map(requests, input.decode);
    try {
      const request =
        methodKind === "unary" || methodKind === "server_streaming" ? await single(decoded) : decoded;
      const response = rpc(request, options);
      const responses =
        methodKind === "unary" || methodKind === "client_streaming"
          ? stream(await response)
          : (response as AsyncIterable<unknown>);
      yield* map(responses, output.encode);
    } catch (error) {
      throw error instanceof ConnectError ? fromConnectError(error) : error;
    }
  }

  return {
    // Streams both ways at the same time need HTTP/2.
    carries: ({ methodKind }) => http === "2" || methodKind !== "bidi_streaming",
    call,
    // The server closes the connections.
    close: () => {},
  };
}

function fromConnectError({ code, rawMessage, details }: connect.ConnectError): RpcError {
  const received = details as { type: string; value: Uint8Array }[];
  return new RpcError(
    code,
    rawMessage,
    received.map(({ type, value }) => ({ typeName: type, value: new Uint8Array(value) })),
  );
}

/** A server of Connect 2, with every service of the contract. */
export async function startConnectServer(
  { load, codecs, service }: RpcFlavour,
  handler: Handler,
): Promise<RpcServer> {
  const { ConnectError } = await load<typeof connect>("@connectrpc/connect");
  const { connectNodeAdapter } = await load<typeof connectNode>("@connectrpc/connect-node");
  const { registry } = await load<{ registry: Registry }>("@agynio/api/registry");
  const { fromBinary } = await load<typeof import("@bufbuild/protobuf")>("@bufbuild/protobuf");
  const exported = await forEveryService((desc) => service<DescService>(desc));

  const toConnectError = ({ code, message, details }: RpcError) =>
    new ConnectError(
      message,
      code,
      undefined,
      details.map(({ typeName, value }) => {
        const desc = registry.getMessage(typeName);
        if (desc === undefined) {
          throw new Error(`The registry has no ${typeName}`);
        }
        return { desc, value: fromBinary(desc, value) };
      }),
    );

  function implement(method: DescMethod): unknown {
    const { input, output } = codecs(method);
    async function* answer(requests: AsyncIterable<unknown>, context: connect.HandlerContext) {
      const call = {
        method,
        requests: map(requests, input.encode),
        signal: context.signal,
        timeoutMs: context.timeoutMs(),
      };
      try {
        yield* map(handler(call), output.decode);
      } catch (error) {
        throw toConnectError(toRpcError(error));
      }
    }
    type Context = connect.HandlerContext;
    return {
      unary: (request: unknown, context: Context) => single(answer(stream(request), context)),
      server_streaming: (request: unknown, context: Context) => answer(stream(request), context),
      client_streaming: (requests: AsyncIterable<unknown>, context: Context) =>
        single(answer(requests, context)),
      bidi_streaming: answer,
    }[method.methodKind];
  }

  const listener = connectNodeAdapter({
    routes(router) {
      for (const [desc, service] of exported) {
        const methods = desc.methods.map((method) => [method.localName, implement(method)]);
        router.service(service, Object.fromEntries(methods));
      }
    },
  });
  const servers = [createServer(listener), http2.createServer(listener)];
  const sockets = new Set<Socket>();
  const ports = await Promise.all(
    servers.map((server) => {
      server.on("connection", (socket: Socket) => {
        sockets.add(socket);
        socket.once("close", () => sockets.delete(socket));
      });
      return new Promise<number>((done) =>
        server.listen(0, "localhost", () => done((server.address() as AddressInfo).port)),
      );
    }),
  );
  return {
    ports: { http1: ports[0] as number, http2: ports[1] as number },
    async stop() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
    },
  };
}
