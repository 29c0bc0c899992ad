import type { DescMethod } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Handler, pathOf, type RpcClient, RpcError, type RpcServer, rpcs } from "./rpc.js";
import { type ConnectProtocol, connectClient, startConnectServer } from "./rpc-connect.js";
import { converse, converseWith } from "./rpc-conversations.js";
import { testErrors } from "./rpc-errors.js";
import { grpcJsClient, niceGrpcClient, startGrpcJsServer } from "./rpc-grpc-js.js";
import { installRpcFlavours, type RpcFlavours } from "./rpc-libraries.js";
import { mistakes } from "./rpc-mistakes.js";
import { testStreams } from "./rpc-streams.js";

/** A client and the server that it calls. */
export interface Peers {
  name: string;
  server: "Connect 2" | "grpc-js";
  connect(flavours: RpcFlavours, server: RpcServer): Promise<RpcClient>;
  /** What becomes of an error's message, where the libraries disagree. */
  arrivesAs?(message: string): string;
  /** Whether the client keeps a deadline to itself, and cancels the call when it passes. */
  hidesDeadlines?: boolean;
}

/** grpc-js reads with decodeURI() what Connect writes with encodeURIComponent(): %3A stays what it is. */
const asGrpcJsReads = (server: Peers["server"]): Peers["arrivesAs"] =>
  server === "grpc-js" ? undefined : (message) => decodeURI(encodeURIComponent(message));

/** Peers of which one calls a server of Connect 2, by a protocol, and is of Connect 1 or Connect 2. */
export const connectPeers = (
  version: 1 | 2,
  protocol: ConnectProtocol,
  server: Peers["server"] = "Connect 2",
): Peers => ({
  name: `Connect ${version} by ${protocol.protocol}, ${protocol.encoding}, HTTP/${protocol.http}, to ${server}`,
  server,
  connect: (flavours, to) =>
    connectClient(version === 1 ? flavours["connect-v1"] : flavours.es, protocol, to),
});

/** A client of grpc-js, and its server. */
export const grpcJsPeers = (server: Peers["server"]): Peers => ({
  name: `grpc-js to ${server}`,
  server,
  connect: (flavours, to) => grpcJsClient(flavours["ts-proto"], to),
  arrivesAs: asGrpcJsReads(server),
});

/** A client of nice-grpc, and its server. */
export const niceGrpcPeers = (server: Peers["server"]): Peers => ({
  name: `nice-grpc to ${server}`,
  server,
  connect: (flavours, to) => niceGrpcClient(flavours["ts-proto"], to),
  arrivesAs: asGrpcJsReads(server),
  hidesDeadlines: true,
});

/** What a test can do with a client and its server. */
export interface Scene {
  client(): RpcClient;
  /** Has the server answer otherwise than by `converse`, until the test ends. */
  serve(handler: Handler): void;
  /** What becomes of an error's message. */
  arrivesAs(message: string): string;
  /** Whether the client keeps a deadline to itself. */
  hidesDeadlines: boolean;
}

/** A server's handler, which converses unless a test has it do otherwise. */
export function useHandler(): { handler: Handler; serve: Scene["serve"] } {
  let current: Handler = converse;
  return {
    handler: (call) => current(call),
    serve(other) {
      current = other;
      onTestFinished(() => {
        current = converse;
      });
    },
  };
}

/**
 * Declares the tests of clients that call servers by every RPC of the contract, over sockets.
 *
 * @param many How many messages a long stream has.
 */
export function testRpcs(pairs: Peers[], many: number): void {
  let flavours: RpcFlavours;
  let servers: Record<Peers["server"], RpcServer>;
  const { handler, serve } = useHandler();
  beforeAll(async () => {
    flavours = await installRpcFlavours();
    servers = {
      "Connect 2": await startConnectServer(flavours.es, handler),
      "grpc-js": await startGrpcJsServer(flavours["ts-proto"], handler),
    };
  });
  afterAll(async () => {
    await Promise.all(Object.values(servers ?? {}).map((server) => server.stop()));
    flavours?.remove();
  });
  describe.each(pairs.map((peers) => [peers.name, peers] as const))(
    "%s",
    (_, { server, connect, arrivesAs = (message) => message, hidesDeadlines = false }) => {
      let client: RpcClient;
      beforeAll(async () => {
        client = await connect(flavours, servers[server]);
      });
      afterAll(() => client?.close());
      const scene: Scene = { client: () => client, serve, arrivesAs, hidesDeadlines };

      test("every RPC, with the messages sent arriving as they were", async () => {
        const answered: string[] = [];
        serve((call) => {
          answered.push(pathOf(call.method));
          return converse(call);
        });
        expect(await wrongAnswers(client)).toEqual({});
        const carried = rpcs.filter((rpc) => client.carries(rpc));
        expect(answered).toEqual(carried.map(pathOf));
        for (const rpc of rpcs.filter((other) => !carried.includes(other))) {
          expect(rpc.methodKind).toBe("bidi_streaming");
          await expect(converseWith(client, rpc)).rejects.toBeInstanceOf(RpcError);
        }
      });
      testErrors(scene);
      testStreams(scene, many);
    },
  );

  describe("what is wrong is noticed", () => {
    let client: RpcClient;
    beforeAll(async () => {
      client = await connectClient(
        flavours.es,
        { protocol: "grpc", encoding: "binary", http: "2" },
        servers["Connect 2"],
      );
    });

    test.each(mistakes.map((mistake) => [mistake.name, mistake] as const))(
      "%s",
      async (_, { kind, answer, say }) => {
        const victim = rpcs.find(({ methodKind }) => methodKind === kind) as DescMethod;
        serve((call) => (call.method === victim && answer ? answer(call) : converse(call)));
        const call: RpcClient["call"] = (method, requests) =>
          client.call(method, method === victim && say ? say(requests) : requests);
        expect(Object.keys(await wrongAnswers({ ...client, call }))).toEqual([pathOf(victim)]);
      },
    );
  });
}

/** Has a client converse by every RPC that its protocol carries, and returns what went wrong, by path. */
async function wrongAnswers(client: RpcClient): Promise<Record<string, string>> {
  const wrong: Record<string, string> = {};
  for (const method of rpcs.filter((rpc) => client.carries(rpc))) {
    try {
      await converseWith(client, method);
    } catch (error) {
      wrong[pathOf(method)] = String(error);
    }
  }
  return wrong;
}
