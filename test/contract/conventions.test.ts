import { type DescField, type DescFile, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { inGateway } from "../lint/vocabulary.js";
import { enums, isOurs, messages, services } from "./support/contract.js";

const ourMessages = messages.filter(isOurs);
const ourServices = services.filter(isOurs);
const isGateway = ({ file }: { file: DescFile }) => inGateway(file);

const field = (message: DescMessage, name: string) => message.fields.find((f) => f.name === name);
const is = (f: DescField | undefined, scalar: ScalarType, number?: number) =>
  f?.fieldKind === "scalar" && f.scalar === scalar && (number === undefined || f.number === number);
const isTimestamp = (f: DescField | undefined) =>
  f?.fieldKind === "message" && f.message.typeName === "google.protobuf.Timestamp";

test("the contract is there to be tested", () => {
  expect(ourServices.length).toBeGreaterThan(0);
  expect(ourMessages.length).toBeGreaterThan(0);
  expect(enums.filter(isOurs).length).toBeGreaterThan(0);
});

describe("enums", () => {
  test.each(enums.filter(isOurs).map((e) => [e.typeName, e] as const))(
    "%s",
    (_, { name, values, sharedPrefix }) => {
      const prefix = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase();
      expect(sharedPrefix).toBe(`${prefix.toLowerCase()}_`);
      expect(values.filter((value) => !value.name.startsWith(`${prefix}_`))).toEqual([]);
      expect(values.find(({ number }) => number === 0)?.name).toBe(`${prefix}_UNSPECIFIED`);
    },
  );
});

describe("EntityMeta", () => {
  test.each(ourMessages.filter(({ name }) => name === "EntityMeta").map((m) => [m.typeName, m] as const))(
    "%s is an ID and two times",
    (_, message) => {
      expect(message.fields.map(({ name, number }) => `${name} = ${number}`)).toEqual([
        "id = 1",
        "created_at = 2",
        "updated_at = 3",
      ]);
      expect(is(field(message, "id"), ScalarType.STRING)).toBe(true);
      expect(isTimestamp(field(message, "created_at"))).toBe(true);
      expect(isTimestamp(field(message, "updated_at"))).toBe(true);
    },
  );

  test.each(ourMessages.filter((m) => field(m, "meta")).map((m) => [m.typeName, m] as const))(
    "%s has its package's own as field 1",
    (_, message) => {
      const meta = field(message, "meta");
      expect(meta?.number).toBe(1);
      expect(meta?.message?.typeName).toBe(`${message.file.proto.package}.EntityMeta`);
    },
  );
});

describe("pagination", () => {
  const paginated = ourServices
    .flatMap(({ methods }) => methods)
    .filter(({ input, output }) =>
      [field(input, "page_size"), field(input, "page_token"), field(output, "next_page_token")].some(Boolean),
    );

  test.each(paginated.map((m) => [`${m.parent.typeName}.${m.name}`, m] as const))(
    "%s",
    (_, { input, output }) => {
      expect(is(field(input, "page_size"), ScalarType.INT32)).toBe(true);
      expect(is(field(input, "page_token"), ScalarType.STRING)).toBe(true);
      expect(is(field(output, "next_page_token"), ScalarType.STRING)).toBe(true);
      expect(output.fields.filter(({ fieldKind }) => fieldKind === "list").length).toBe(1);
    },
  );
});

describe("service tokens", () => {
  const holders = (name: string) => ourMessages.filter((m) => field(m, name));

  test("are in plaintext where they are issued and where they are presented, and nowhere else", () => {
    for (const { name } of holders("service_token")) {
      expect(name).toMatch(/^(Register\w+Response|Enroll\w+Request)$/);
    }
    for (const { name } of holders("plaintext_token")) {
      expect(name).toMatch(/^Create\w+Response$/);
    }
  });

  test("are looked up by their hash, which no response and no resource carries", () => {
    expect(holders("token_hash").length).toBeGreaterThan(0);
    for (const { name } of holders("token_hash")) {
      expect(name).toMatch(/^(ValidateServiceToken|Resolve\w+)Request$/);
    }
  });

  test.each(
    ourServices
      .flatMap(({ methods }) => methods)
      .filter(({ name }) => name === "ValidateServiceToken")
      .map((m) => [m.parent.typeName, m] as const),
  )("%s validates a hash and returns the resource", (_, { input, output }) => {
    expect(input.fields.map(({ name }) => name)).toEqual(["token_hash"]);
    expect(output.fields.map(({ fieldKind, name }) => [fieldKind, name.endsWith("token")])).toEqual([
      ["message", false],
    ]);
  });
});

describe("the gateway", () => {
  const gateways = ourServices.filter(isGateway);

  test("declares no message and no enum", () => {
    expect([...ourMessages, ...enums].filter(isGateway)).toEqual([]);
  });

  test.each(gateways.map((g) => [g.name, g] as const))(
    "%s is a subset of the service that it fronts",
    (_, gateway) => {
      expect(gateway.name).toMatch(/Gateway$/);
      const imported = gateway.file.dependencies.map(({ proto }) => proto.package);
      const fronted = ourServices.find(
        (s) =>
          !isGateway(s) &&
          imported.includes(s.file.proto.package) &&
          s.name === gateway.name.replace(/Gateway$/, "Service"),
      );
      expect(fronted).toBeDefined();
      for (const rpc of gateway.methods) {
        const internal = fronted?.methods.find(({ name }) => name === rpc.name);
        expect(internal).toMatchObject({ methodKind: rpc.methodKind });
        expect(internal?.input.typeName).toBe(rpc.input.typeName);
        expect(internal?.output.typeName).toBe(rpc.output.typeName);
      }
    },
  );

  test("everything else ends in Service", () => {
    expect(ourServices.filter((s) => !isGateway(s) && !s.name.endsWith("Service"))).toEqual([]);
  });
});
