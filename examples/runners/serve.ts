import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type ConnectRouter, cors } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";

/** A handler of HTTP requests, of both versions of HTTP. */
export type Handler = ReturnType<typeof connectNodeAdapter>;

/** A running server. */
export interface Running {
  /** Its address: "http://localhost:8080". */
  url: string;
  /** Closes every connection, and resolves when the port is free. */
  stop(): Promise<void>;
}

/**
 * Serves RPCs on one port with Connect, gRPC and gRPC-Web, over HTTP/1.1 and over HTTP/2 without TLS.
 *
 * @param port 0 for any free port.
 * @param fallback Answers requests whose path is of no RPC. Default: with 404.
 * @throws Error of the system, such as EADDRINUSE, if it cannot listen.
 */
export async function serve(
  routes: (router: ConnectRouter) => void,
  port: number,
  fallback?: Handler,
): Promise<Running> {
  // Rejects unknown names in JSON, which are typos.
  const jsonOptions = { ignoreUnknownFields: false };
  const handle = allowPages(connectNodeAdapter({ routes, jsonOptions, ...(fallback && { fallback }) }));
  const [http1, http2] = [createHttp1(handle), createHttp2(handle)];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    // gRPC needs HTTP/2, and curl uses HTTP/1.1. The first bytes of a connection show its version.
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

/** Allows web pages of every origin to call the gateway, which is for outside clients, and no other service. */
function allowPages(handle: Handler): Handler {
  return (request, response) => {
    if (request.url?.startsWith("/agynio.api.gateway.")) {
      response.setHeader("Access-Control-Allow-Origin", "*");
      response.setHeader("Access-Control-Expose-Headers", cors.exposedHeaders.join());
      if (request.method === "OPTIONS") {
        response.setHeader("Access-Control-Allow-Methods", cors.allowedMethods.join());
        // Connect's list lacks the header of the token.
        response.setHeader("Access-Control-Allow-Headers", [...cors.allowedHeaders, "Authorization"].join());
        response.writeHead(204);
        response.end();
        return;
      }
    }
    handle(request, response);
  };
}
