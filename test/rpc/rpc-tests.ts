import type { DescMethod } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type FlavourName, type Flavours, loadFlavours } from "../support/flavours.ts";
import { type Client, connectClient, grpcJsClient, niceGrpcClient } from "./clients.ts";
import { expectAnswered, firstOfEachKind, pathOf, type Server, unexpected } from "./rpc.ts";
import { type StartServer, startConnectServer, startGrpcJsServer, startNiceGrpcServer } from "./servers.ts";

const servers = {
  "Connect 2": [startConnectServer, "es"],
  "Connect 1": [startConnectServer, "connect-v1"],
  "grpc-js": [startGrpcJsServer, "ts-proto"],
  "nice-grpc": [startNiceGrpcServer, "ts-proto"],
} satisfies Record<string, [StartServer, FlavourName]>;
type ServerName = keyof typeof servers;
const serverNames = Object.keys(servers) as ServerName[];

const json = { protocol: "connect", useBinaryFormat: false } as const;
const grpc = { protocol: "grpc", useBinaryFormat: true } as const;

type Connect = (flavours: Flavours, port: number) => Promise<Client>;

/** Each client, with the servers that implement its protocol. */
const clients: Record<string, [Connect, ServerName[]]> = {
  "Connect 2 with JSON": [({ es }, port) => connectClient(es, json, port), ["Connect 2", "Connect 1"]],
  "Connect 1 with JSON": [
    (all, port) => connectClient(all["connect-v1"], json, port),
    ["Connect 2", "Connect 1"],
  ],
  "Connect 2 with gRPC": [({ es }, port) => connectClient(es, grpc, port), serverNames],
  "Connect 1 with gRPC": [(all, port) => connectClient(all["connect-v1"], grpc, port), serverNames],
  "grpc-js": [(all, port) => grpcJsClient(all["ts-proto"], port), serverNames],
  "nice-grpc": [(all, port) => niceGrpcClient(all["ts-proto"], port), serverNames],
};

/** Every pair of a client and a server that implement the same protocol. */
const pairs = Object.entries(clients).flatMap(([client, [, names]]) =>
  names.map((server) => ({ client, server })),
);

/** The servers of a test file, which start before its tests. */
export function useServers() {
  const received: DescMethod[] = [];
  const running = {} as Record<ServerName, Server>;
  let flavours: Flavours;
  beforeAll(async () => {
    flavours = await loadFlavours(inject("flavours"));
    for (const name of serverNames) {
      const [start, flavour] = servers[name];
      running[name] = await start(flavours[flavour], (method) => received.push(method));
    }
  });
  afterAll(() => Promise.all(Object.values(running).map((server) => server.stop())));
  return { received, running, flavours: () => flavours };
}

/**
 * Declares the tests of RPCs between each pair of a client and a server, over sockets.
 *
 * @param chosen Returns the RPCs to call between a pair.
 */
export function testRpcs(chosen: (pair: (typeof pairs)[number]) => DescMethod[]): void {
  const { received, running, flavours } = useServers();

  describe.each(pairs.map((pair) => [`${pair.client} to ${pair.server}`, pair] as const))("%s", (_, pair) => {
    let client: Client;
    beforeAll(async () => {
      const [connect] = clients[pair.client] as (typeof clients)[string];
      client = await connect(flavours(), running[pair.server].port);
    });
    afterAll(() => client?.close());

    test("RPCs of every kind arrive with their requests, and their responses return", async () => {
      received.length = 0;
      const methods = chosen(pair);
      for (const method of methods) {
        await expectAnswered(client.call, method).catch((cause) => {
          throw new Error(pathOf(method), { cause });
        });
      }
      expect(received.map(pathOf)).toEqual(methods.map(pathOf));
    });

    test("an error arrives with its code and message", async () => {
      for (const method of firstOfEachKind.filter(({ input }) => input.fields.length > 0)) {
        await expect(client.call(method, [new Uint8Array(0)])).rejects.toEqual(unexpected);
      }
    });
  });
}
