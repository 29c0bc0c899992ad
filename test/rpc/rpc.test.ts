import type { DescMethod } from "@bufbuild/protobuf";
import { create, type DescService, toBinary } from "@bufbuild/protobuf";
import type { ServiceDefinition } from "@grpc/grpc-js";
import type { CompatServiceDefinition } from "nice-grpc";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { rpcs, services } from "../support/contract.ts";
import { everyField } from "../support/extremes.ts";
import { type Flavours, loadFlavours } from "../support/flavours.ts";
import { type Client, connectClient } from "./clients.ts";
import { clientStreams, expectAnswered, firstOfEachKind, pathOf, serverStreams } from "./rpc.ts";
import { testRpcs, useServers } from "./rpc-tests.ts";

describe("each flavour defines every RPC with its path, types and kind:", () => {
  let flavours: Flavours;
  beforeAll(async () => {
    flavours = await loadFlavours(inject("flavours"));
  });

  const expected = rpcs.map((rpc) => [pathOf(rpc), rpc.input.typeName, rpc.output.typeName, rpc.methodKind]);

  test("es", () => {
    const defined = services.map((service) => flavours.es.exported<DescService>(service));
    expect(
      defined.flatMap(({ methods }) =>
        methods.map((rpc) => [pathOf(rpc), rpc.input.typeName, rpc.output.typeName, rpc.methodKind]),
      ),
    ).toEqual(expected);
  });

  test("connect-v1", () => {
    type Method1 = { name: string; kind: number; I: { typeName: string }; O: { typeName: string } };
    type Service1 = { typeName: string; methods: Record<string, Method1> };
    // In the order of MethodKind of protobuf-es 1.
    const kinds = ["unary", "server_streaming", "client_streaming", "bidi_streaming"];
    const defined = services.map((service) => flavours["connect-v1"].exported<Service1>(service));
    expect(
      defined.flatMap(({ typeName, methods }) =>
        Object.values(methods).map(({ name, kind, I, O }) => [
          ...[`/${typeName}/${name}`, I.typeName, O.typeName, kinds[kind]],
        ]),
      ),
    ).toEqual(expected);
  });

  test("ts-proto for nice-grpc", () => {
    for (const service of services) {
      const { exported } = flavours["ts-proto"];
      const { fullName, methods } = exported<CompatServiceDefinition & { fullName: string }>(
        service,
        "Definition",
      );
      expect(fullName).toBe(service.typeName);
      expect(Object.values(methods)).toEqual(
        service.methods.map((rpc) => ({
          name: rpc.name,
          requestType: exported(rpc.input),
          requestStream: clientStreams(rpc),
          responseType: exported(rpc.output),
          responseStream: serverStreams(rpc),
          options: expect.anything(),
        })),
      );
    }
  });

  test("ts-proto for grpc-js", () => {
    for (const service of services) {
      const definition = flavours["ts-proto"].exported<ServiceDefinition>(service, "Service");
      const defined = new Map(Object.values(definition).map((rpc) => [rpc.path, rpc]));
      expect([...defined.keys()]).toEqual(service.methods.map(pathOf));
      for (const rpc of service.methods) {
        const { requestStream, responseStream, requestDeserialize, responseDeserialize } = defined.get(
          pathOf(rpc),
        ) as ServiceDefinition[string];
        expect([requestStream, responseStream]).toEqual([clientStreams(rpc), serverStreams(rpc)]);
        // The definition names no types. A message with every field set is decoded differently as another type.
        for (const [desc, deserialize] of [
          [rpc.input, requestDeserialize],
          [rpc.output, responseDeserialize],
        ] as const) {
          const bytes = Buffer.from(toBinary(desc, create(desc, everyField(desc, 1))));
          expect(deserialize(bytes), pathOf(rpc)).toEqual(flavours["ts-proto"].codec(desc).decode(bytes));
        }
      }
    }
  });
});

test("a unary RPC and RPCs with streams are called between each pair", () => {
  expect(firstOfEachKind.map(({ methodKind }) => methodKind)).toContain("unary");
  expect(new Set(rpcs.map(({ methodKind }) => methodKind)).size).toBe(firstOfEachKind.length);
});

// Every RPC between the client and the server of one library.
testRpcs(({ client, server }) => (client.startsWith(server) ? rpcs : firstOfEachKind));

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
