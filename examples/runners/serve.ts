import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type ConnectRouter, cors } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

type Handler = ReturnType<typeof connectNodeAdapter>;

/** A server that listens. */
export interface Running {
  /** Where, as "http://localhost:8080". */
  url: string;
  /** Ends every connection, and resolves when the port is free again. */
  stop(): Promise<void>;
}

/**
 * Serves RPCs on one port by Connect, gRPC and gRPC-Web, over HTTP/1.1 and over HTTP/2 without TLS.
 *
 * @param port 0 for any that is free.
 * @throws Error of the system, such as EADDRINUSE, when it cannot listen.
 */
export async function serve(routes: (router: ConnectRouter) => void, port: number): Promise<Running> {
  // A name that is misspelt in JSON would count as unset: the answer says so instead.
  const handle = allowPages(connectNodeAdapter({ routes, jsonOptions: { ignoreUnknownFields: false } }));
  const [http1, http2] = [createHttp1(handle), createHttp2(handle)];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    // gRPC needs HTTP/2 and curl speaks HTTP/1.1. A client of HTTP/2 says so in its first bytes.
    socket.once("readable", () => {
      const head: Buffer | null = socket.read();
      if (head !== null) {
        socket.unshift(head);
        (head.toString("latin1").startsWith("PRI *") ? http2 : http1).emit("connection", socket);
      }
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed).listen(port, "localhost", listening);
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        for (const socket of sockets) {
          socket.destroy();
        }
      }),
  };
}

/** Lets web pages of every origin call the gateway, which is what outside clients reach, and nothing else. */
function allowPages(handle: Handler): Handler {
  return (request, response) => {
    if (request.url?.startsWith("/agynio.api.gateway.")) {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Expose-Headers", cors.exposedHeaders.join());
      if (request.method === "OPTIONS") {
        response.setHeader("Access-Control-Allow-Methods", cors.allowedMethods.join());
        response.setHeader("Access-Control-Allow-Headers", cors.allowedHeaders.join());
        response.writeHead(204);
        response.end();
        return;
      }
    }
    handle(request, response);
  };
}
