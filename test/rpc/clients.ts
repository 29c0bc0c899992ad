import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type * as connect from "@connectrpc/connect";
import type * as connectNode from "@connectrpc/connect-node";
import type * as grpc from "@grpc/grpc-js";
import type * as niceGrpc from "nice-grpc";
import type { Flavour } from "../support/flavours.ts";
import {
  bytesWith,
  type Call,
  clientStreams,
  collect,
  pathOf,
  RpcError,
  serverStreams,
  stream,
} from "./rpc.ts";

export interface Client {
  call: Call;
  close(): void;
}

/** A client of Connect 1, Connect 2 or nice-grpc: each function returns a promise or an async iterable. */
type Functions = Record<string, (request: unknown) => unknown>;

function callWith({ codec }: Flavour, clientOf: (service: DescService) => unknown): Call {
  return async (method, requests) => {
    const decoded = requests.map(codec(method.input).decode);
    const client = clientOf(method.parent) as Functions;
    try {
      const name = namesOf(method).find((candidate) => Object.hasOwn(client, candidate)) ?? method.localName;
      const response = client[name]?.(clientStreams(method) ? stream(decoded) : decoded[0]);
      const responses = serverStreams(method)
        ? await collect(response as AsyncIterable<unknown>)
        : [await response];
      return responses.map(bytesWith(codec(method.output)));
    } catch (error) {
      throw toRpcError(error);
    }
  };
}

/** Returns the names of an RPC in TypeScript: toString$ for Connect, toString for nice-grpc. */
export const namesOf = ({ localName }: DescMethod): string[] => [localName, localName.replace("$", "")];

/** Converts an error of any library, which all have a code, and the message under different names. */
function toRpcError(error: unknown): unknown {
  const { code, rawMessage, details } = error as Partial<connect.ConnectError & grpc.ServiceError>;
  return code === undefined ? error : new RpcError(code, rawMessage ?? `${details}`);
}

/** Creates a client of Connect 1 or Connect 2 over HTTP/2, depending on the flavour. */
export async function connectClient(
  flavour: Flavour,
  { protocol, useBinaryFormat }: { protocol: "connect" | "grpc"; useBinaryFormat: boolean },
  port: number,
): Promise<Client> {
  const { createClient } = await flavour.load<typeof connect>("@connectrpc/connect");
  const node = await flavour.load<typeof connectNode>("@connectrpc/connect-node");
  const createTransport = protocol === "grpc" ? node.createGrpcTransport : node.createConnectTransport;
  const transport = createTransport({
    baseUrl: `http://localhost:${port}`,
    httpVersion: "2",
    useBinaryFormat,
  });
  return {
    call: callWith(flavour, (service) => createClient(flavour.exported<DescService>(service), transport)),
    // The server closes the connections.
    close: () => {},
  };
}

export async function niceGrpcClient(flavour: Flavour, port: number): Promise<Client> {
  const { createChannel, createClient } = await flavour.load<typeof niceGrpc>("nice-grpc");
  const channel = createChannel(`localhost:${port}`);
  return {
    call: callWith(flavour, (service) =>
      createClient(flavour.exported<niceGrpc.CompatServiceDefinition>(service, "Definition"), channel),
    ),
    close: () => channel.close(),
  };
}

export async function grpcJsClient({ load, exported, codec }: Flavour, port: number): Promise<Client> {
  const { credentials, Channel } = await load<typeof grpc>("@grpc/grpc-js");
  const insecure = credentials.createInsecure();
  const address = `localhost:${port}`;
  const channelOverride = new Channel(address, insecure, {});
  const call: Call = async (method, requests) => {
    const ServiceClient = exported<grpc.ServiceClientConstructor>(method.parent, "Client");
    const client = new ServiceClient(address, insecure, { channelOverride });
    const name = grpcJsName(exported<grpc.ServiceDefinition>(method.parent, "Service"), pathOf(method));
    const decoded = requests.map(codec(method.input).decode);
    const args = clientStreams(method) ? [] : [decoded[0]];
    // A call that is not of this kind lacks some of these methods.
    type AnyCall = grpc.ClientDuplexStream<unknown, unknown>;
    const rpc = (client[name] as (...args: unknown[]) => AnyCall).bind(client);
    const responses = await new Promise<unknown[]>((resolve, reject) => {
      const running = serverStreams(method)
        ? rpc(...args)
        : rpc(...args, (error: unknown, response: unknown) => (error ? reject(error) : resolve([response])));
      if (serverStreams(method)) {
        collect(running).then(resolve, reject);
      }
      if (clientStreams(method)) {
        for (const request of decoded) {
          running.write(request);
        }
        running.end();
      }
    }).catch((error) => {
      throw toRpcError(error);
    });
    return responses.map(bytesWith(codec(method.output)));
  };
  return { call, close: () => channelOverride.close() };
}

/** Returns the name that ts-proto gives an RPC for grpc-js: createApiToken for CreateAPIToken. */
export function grpcJsName(definition: grpc.ServiceDefinition, path: string): string {
  const [name] = Object.entries(definition).find(([, rpc]) => rpc.path === path) ?? [];
  if (name === undefined) {
    throw new Error(`ts-proto has no ${path}`);
  }
  return name;
}
