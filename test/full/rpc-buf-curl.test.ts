// The Go client in `buf curl`: every service and every RPC with streams, by each protocol. A call starts a
// process, which takes about as long as a hundred calls of another client.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { services } from "../support/contract.js";
import { type Handler, pathOf, type RpcClient, type RpcServer, rpcs } from "../support/rpc.js";
import { bufCurl, type CurlProtocol } from "../support/rpc-buf-curl.js";
import { startConnectServer } from "../support/rpc-connect.js";
import { converse, converseWith } from "../support/rpc-conversations.js";
import { testErrors } from "../support/rpc-errors.js";
import { startGrpcJsServer } from "../support/rpc-grpc-js.js";
import { installRpcFlavours, type RpcFlavours } from "../support/rpc-libraries.js";
import { useHandler } from "../support/rpc-tests.js";

/** The first RPC of each service, and all that have streams. */
const chosen = rpcs.filter((rpc) => rpc === rpc.parent.methods[0] || rpc.methodKind !== "unary");

const { handler, serve } = useHandler();
let flavours: RpcFlavours;
const servers: Partial<Record<string, RpcServer>> = {};
beforeAll(async () => {
  flavours = await installRpcFlavours();
  servers["Connect 2"] = await startConnectServer(flavours.es, handler);
  servers["grpc-js"] = await startGrpcJsServer(flavours["ts-proto"], handler);
});
afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server?.stop()));
  flavours?.remove();
});

describe.each<{ protocol: CurlProtocol; to: string }>([
  { protocol: "connect", to: "Connect 2" },
  { protocol: "grpc", to: "Connect 2" },
  { protocol: "grpcweb", to: "Connect 2" },
  { protocol: "grpc", to: "grpc-js" },
])("buf curl by $protocol to $to", ({ protocol, to }) => {
  let client: RpcClient;
  beforeAll(() => {
    client = bufCurl(protocol, servers[to] as RpcServer);
  });

  test("every service, and every RPC with streams", async () => {
    const answered: string[] = [];
    const noting: Handler = (call) => {
      answered.push(pathOf(call.method));
      return converse(call);
    };
    serve(noting);
    const queue = chosen.values();
    // One process for each of the two cores that this is made for.
    await Promise.all(
      [1, 2].map(async () => {
        for (const method of queue) {
          await converseWith(client, method);
        }
      }),
    );
    expect(answered.sort()).toEqual(chosen.map(pathOf).sort());
    const called = new Set(chosen.map(({ parent }) => parent));
    expect([...called]).toEqual(services);
  });

  testErrors({ client: () => client, serve, arrivesAs: (message) => message });
});
