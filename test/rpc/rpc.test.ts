import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { rpcs, services } from "../support/contract.ts";
import { loadFlavours } from "../support/flavours.ts";
import { type Client, connectClient } from "./clients.ts";
import { expectAnswered, firstOfEachKind, pathOf } from "./rpc.ts";
import { testRpcs, useServers } from "./rpc-tests.ts";

test("a unary RPC and RPCs with streams are called between each pair", () => {
  const kinds = firstOfEachKind.map(({ methodKind }) => methodKind);
  expect(kinds).toEqual(expect.arrayContaining(["unary", "client_streaming", "server_streaming"]));
  expect(new Set(kinds)).toEqual(new Set(rpcs.map(({ methodKind }) => methodKind)));
});

// Every RPC between gen/es, whose paths, types and kinds are those of the descriptors, and each other flavour.
testRpcs(({ client, server }) =>
  client === "Connect 2 with gRPC" || (server === "Connect 2" && !client.endsWith("JSON"))
    ? rpcs
    : firstOfEachKind,
);

test("gen/es has every RPC with its path, types and kind", async () => {
  const { es } = await loadFlavours(inject("flavours"));
  const describeRpcs = ({ methods }: DescService) =>
    methods.map((rpc) => [pathOf(rpc), rpc.input.typeName, rpc.output.typeName, rpc.methodKind]);
  for (const service of services) {
    expect(describeRpcs(es.exported<DescService>(service))).toEqual(describeRpcs(service));
  }
});

describe("the tests fail for", () => {
  const { running, flavours } = useServers();
  let client: Client;
  beforeAll(async () => {
    client = await connectClient(
      flavours().es,
      { protocol: "grpc", useBinaryFormat: true },
      running["grpc-js"].port,
    );
  });
  const first = (kind: DescMethod["methodKind"]) =>
    firstOfEachKind.find(({ methodKind }) => methodKind === kind) as DescMethod;

  test("an empty request", async () => {
    const call: Client["call"] = (method) => client.call(method, [new Uint8Array(0)]);
    await expect(expectAnswered(call, first("unary"))).rejects.toThrow("unexpected requests");
  });

  test("a stream of requests without the last", async () => {
    const call: Client["call"] = (method, requests) => client.call(method, requests.slice(0, -1));
    await expect(expectAnswered(call, first("client_streaming"))).rejects.toThrow("unexpected requests");
  });

  test("responses in another order", async () => {
    const call: Client["call"] = async (method, requests) => (await client.call(method, requests)).reverse();
    await expect(expectAnswered(call, first("server_streaming"))).rejects.toThrow("strictly equal");
  });
});
