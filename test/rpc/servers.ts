import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type * as connect from "@connectrpc/connect";
import type * as connectNode from "@connectrpc/connect-node";
import type * as grpc from "@grpc/grpc-js";
import type * as niceGrpc from "nice-grpc";
import { services } from "../support/contract.ts";
import type { Flavour } from "../support/flavours.ts";
import { grpcJsName, namesOf } from "./clients.ts";
import {
  clientStreams,
  handlerOf,
  pathOf,
  type RpcError,
  type Server,
  serverStreams,
  single,
  stream,
} from "./rpc.ts";

/** The services with RPCs: grpc-js refuses others. */
const served = services.filter(({ methods }) => methods.length > 0);

/** Starts a server of every service of the contract, which calls back with each RPC that is called. */
export type StartServer = (flavour: Flavour, received: (method: DescMethod) => void) => Promise<Server>;

/** Returns the handlers of a service for Connect 1, Connect 2 and nice-grpc. */
function handlersOf(
  { methods }: DescService,
  flavour: Flavour,
  received: (method: DescMethod) => void,
  toError: (error: RpcError) => unknown,
) {
  const handlers = methods.flatMap((method) => {
    const handle = handlerOf(method, flavour, received, toError);
    const respond = (request: unknown) =>
      handle(clientStreams(method) ? (request as AsyncIterable<unknown>) : stream([request]));
    const handler = serverStreams(method) ? respond : (request: unknown) => single(respond(request));
    return namesOf(method).map((name) => [name, handler]);
  });
  return Object.fromEntries(handlers);
}

/** Starts a server of Connect 1 or Connect 2, depending on the flavour. */
export const startConnectServer: StartServer = async (flavour, received) => {
  const { ConnectError } = await flavour.load<typeof connect>("@connectrpc/connect");
  const { connectNodeAdapter } = await flavour.load<typeof connectNode>("@connectrpc/connect-node");
  const toError = ({ message, code }: RpcError) => new ConnectError(message, code);
  const routes = (router: connect.ConnectRouter) => {
    for (const service of served) {
      router.service(flavour.exported<DescService>(service), handlersOf(service, flavour, received, toError));
    }
  };
  const server = createServer(connectNodeAdapter({ routes }));
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((listening) => server.listen(0, "localhost", listening));
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      for (const session of sessions) {
        session.destroy();
      }
      return new Promise((stopped) => server.close(() => stopped()));
    },
  };
};

export const startNiceGrpcServer: StartServer = async (flavour, received) => {
  const { createServer, ServerError } = await flavour.load<typeof niceGrpc>("nice-grpc");
  const server = createServer();
  const toError = ({ message, code }: RpcError) => new ServerError(code, message);
  for (const service of served) {
    const definition = flavour.exported<niceGrpc.CompatServiceDefinition>(service, "Definition");
    server.add(definition, handlersOf(service, flavour, received, toError));
  }
  const port = await server.listen("localhost:0");
  return { port, stop: async () => server.forceShutdown() };
};

export const startGrpcJsServer: StartServer = async (flavour, received) => {
  const { Server, ServerCredentials } = await flavour.load<typeof grpc>("@grpc/grpc-js");
  const server = new Server();
  const toError = ({ message, code }: RpcError) => ({ code, details: message });
  // A call that is not of this kind lacks some of these methods.
  type AnyCall = grpc.ServerDuplexStream<unknown, unknown> & { request: unknown };
  const implement = (method: DescMethod) => {
    const handle = handlerOf(method, flavour, received, toError);
    return (call: AnyCall, callback: grpc.sendUnaryData<unknown>) => {
      // Without the option, Node.js ends both directions of the call when the requests end.
      const requests = clientStreams(method)
        ? call.iterator({ destroyOnReturn: false })
        : stream([call.request]);
      if (serverStreams(method)) {
        respondEach(handle(requests), call);
      } else {
        single(handle(requests)).then((response) => callback(null, response), callback);
      }
    };
  };
  const respondEach = async (responses: AsyncIterable<unknown>, call: AnyCall) => {
    try {
      for await (const response of responses) {
        call.write(response);
      }
      call.end();
    } catch (error) {
      call.emit("error", error);
    }
  };
  for (const service of served) {
    const definition = flavour.exported<grpc.ServiceDefinition>(service, "Service");
    const handlers = service.methods.map((method) => [
      grpcJsName(definition, pathOf(method)),
      implement(method),
    ]);
    server.addService(definition, Object.fromEntries(handlers));
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("localhost:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { port, stop: async () => server.forceShutdown() };
};
