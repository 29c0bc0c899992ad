import { createFileRegistry, type JsonObject } from "@bufbuild/protobuf";
import { marked } from "marked";
import { beforeAll, describe, expect, test } from "vitest";
import { createDocument } from "../../scripts/lib/openapi/document.ts";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";
import { compile, compileLegacy, hostileContract } from "./contracts.ts";
import type { OpenApi } from "./document.ts";

const load = async (files: Record<string, string>): Promise<OpenApi> =>
  createDocument(await compile(files)) as unknown as OpenApi;

const orders = {
  "acme/orders/v1/orders.proto": `syntax = "proto3";
package acme.orders.v1;
import "google/protobuf/wrappers.proto";
// Keeps orders.
service OrdersService {
  // GetOrder returns an order. It is not
  // locked. Returns NOT_FOUND if the ID
  // is unknown.
  rpc GetOrder(GetOrderRequest) returns (Order);
  // DeleteOrder deletes an order. It returns FAILED_PRECONDITION, if the order is paid, else ABORTED. The status
  // of the order becomes UNKNOWN. CANCELLED: the caller gave up.
  rpc DeleteOrder(Empty) returns (Empty);
  rpc WatchOrders(Empty) returns (stream Order);
}
// An order.
message Order {
  // Secret. Opens the locker.
  string code = 1 [debug_redact = true];
  repeated string codes = 2 [debug_redact = true];
  map<string, bytes> keys = 3 [debug_redact = true];
  google.protobuf.StringValue wrapped = 4 [debug_redact = true];
  int64 pin = 5 [debug_redact = true];
  bool hidden = 6 [debug_redact = true];
  string old_text = 7 [deprecated = true];
  string renamed = 8 [json_name = "other-name"];
  Outer.Inner inner = 9;
  State state = 10;
}
message GetOrderRequest {
  option deprecated = true;
  // ID of the order. See <https://example.com/ids>.
  string order_id = 1;
  string password = 2 [debug_redact = true];
  Order draft = 3;
  int32 page_size = 4;
  string page_token = 5;
  // For example, \`{"a": "b"}\`.
  string filter = 6;
}
message Empty {}
message Unused {}
message Outer {
  message Inner {
    // Where it goes.
    oneof target {
      // Street and town.
      string address = 1;
      string locker = 2;
    }
    oneof alone {
      string one = 3;
    }
    Inner again = 4;
  }
}
enum State {
  STATE_UNSPECIFIED = 0;
  STATE_GONE = 3 [deprecated = true];
  // Paid.
  STATE_PAID = 1;
  // Deprecated: never used.
  STATE_OLD = 2 [deprecated = true];
}
`,
  "acme/gateway/v1/orders.proto": `syntax = "proto3";
package acme.gateway.v1;

import "acme/orders/v1/orders.proto";

// OrdersGateway fronts OrdersService.
service OrdersGateway {
  // GetOrder returns an order.
  rpc GetOrder(acme.orders.v1.GetOrderRequest) returns (acme.orders.v1.Order);
  // DeleteOrder deletes an order for good. It cannot be undone. CANCELLED: the caller gave up.
  rpc DeleteOrder(acme.orders.v1.Empty) returns (acme.orders.v1.Empty) {
    option deprecated = true;
  }
  // WatchOrders returns each order that changes. Returns RESOURCE_EXHAUSTED to a slow reader.
  rpc WatchOrders(acme.orders.v1.Empty) returns (stream acme.orders.v1.Order);
  rpc Upload(stream acme.orders.v1.Empty) returns (acme.orders.v1.Empty);
  rpc Talk(stream acme.orders.v1.Empty) returns (stream acme.orders.v1.Empty);
}
service OldGateway {
  option deprecated = true;
  rpc Do(acme.orders.v1.Empty) returns (acme.orders.v1.Empty);
}
`,
  "acme/gateway/v2/orders.proto": `syntax = "proto3";
package acme.gateway.v2;

import "acme/orders/v1/orders.proto";

service OrdersGateway {
  // GetOrder returns an order. It is not locked.
  rpc GetOrder(acme.orders.v1.GetOrderRequest) returns (acme.orders.v1.Order);
}
`,
};

describe("a gateway:", () => {
  let document: OpenApi & JsonObject;
  beforeAll(async () => {
    document = (await load(orders)) as OpenApi & JsonObject;
  });
  const operation = (name: string, version = "v1") =>
    document.paths[`/acme.gateway.${version}.OrdersGateway/${name}`]?.post as JsonObject;
  const schema = (name: string) => document.components.schemas[`acme.orders.v1.${name}`] as Schema;
  const property = (name: string, field: string) =>
    (schema(name).properties as Record<string, Schema>)[field];

  test("has the operations and the tags of each version", () => {
    expect(Object.keys(document.paths)).toEqual([
      ...["GetOrder", "DeleteOrder", "WatchOrders", "Upload", "Talk"].map(
        (name) => `/acme.gateway.v1.OrdersGateway/${name}`,
      ),
      "/acme.gateway.v1.OldGateway/Do",
      "/acme.gateway.v2.OrdersGateway/GetOrder",
    ]);
    expect(document.info).toMatchObject({ version: "v1, v2" });
    expect(document.tags).toEqual([
      { name: "acme.gateway.v1.OrdersGateway", description: "OrdersGateway fronts OrdersService." },
      { name: "acme.gateway.v1.OldGateway" },
      { name: "acme.gateway.v2.OrdersGateway", description: "Keeps orders." },
    ]);
    expect(operation("GetOrder")).toMatchObject({
      operationId: "acme.gateway.v1.OrdersGateway.GetOrder",
      tags: ["acme.gateway.v1.OrdersGateway"],
    });
  });

  test("has the types that its messages reach, and no others", () => {
    const names = Object.keys(document.components.schemas).filter((name) => name.startsWith("acme."));
    const expected = ["Empty", "GetOrderRequest", "Order", "Outer.Inner", "State"];
    expect(names).toEqual(expected.map((name) => `acme.orders.v1.${name}`));
  });

  test("documents an RPC with the comment of the fronted RPC where it says more", () => {
    for (const version of ["v1", "v2"]) {
      expect(operation("GetOrder", version)).toMatchObject({
        summary: "GetOrder returns an order.",
        description: "GetOrder returns an order. It is not\nlocked. Returns NOT_FOUND if the ID\nis unknown.",
      });
    }
    const { summary, description } = operation("DeleteOrder");
    expect(summary).toBe("DeleteOrder deletes an order for good.");
    expect(description).toMatch(
      /^DeleteOrder deletes an order for good. It cannot be undone. CANCELLED: .+\n\nDeleteOrder deletes/,
    );
    expect(operation("Upload")).toMatchObject({ summary: "Upload" });
  });

  test("has a response for each error that comments name", () => {
    const descriptions = (name: string) =>
      Object.entries(operation(name).responses as Record<string, JsonObject>).map(([status, response]) => [
        status,
        response.description,
      ]);
    expect(descriptions("GetOrder")).toEqual([
      ["200", "Success."],
      ["404", "- `not_found`: Returns NOT_FOUND if the ID is unknown."],
      ["default", undefined],
    ]);
    const failed = "It returns FAILED_PRECONDITION, if the order is paid, else ABORTED.";
    expect(descriptions("DeleteOrder")).toEqual([
      ["200", "Success."],
      ["400", `- \`failed_precondition\`: ${failed}`],
      ["409", `- \`aborted\`: ${failed}`],
      ["499", "- `canceled`: the caller gave up."],
      ["default", undefined],
    ]);
  });

  test("marks streams, whose errors are in the last envelope", () => {
    const kinds = ["GetOrder", "WatchOrders", "Upload", "Talk"].map(
      (name) => operation(name)["x-connect-stream"],
    );
    expect(kinds).toEqual([undefined, "server_streaming", "client_streaming", "bidi_streaming"]);
    const { requestBody, responses } = operation("WatchOrders") as unknown as Record<
      string,
      Record<string, JsonObject>
    >;
    expect(Object.keys(requestBody?.content as JsonObject)).toEqual(["application/connect+json"]);
    expect(Object.keys(responses ?? {})).toEqual(["200", "default"]);
    expect(responses?.["200"]?.description).toContain(
      "- `resource_exhausted`: Returns RESOURCE_EXHAUSTED to a slow reader.",
    );
  });

  test("marks what is deprecated", () => {
    expect(operation("DeleteOrder").deprecated).toBe(true);
    expect(operation("GetOrder").deprecated).toBeUndefined();
    expect(document.paths["/acme.gateway.v1.OldGateway/Do"]?.post).toMatchObject({ deprecated: true });
    expect(schema("GetOrderRequest").deprecated).toBe(true);
    expect(property("Order", "oldText")).toEqual({ type: "string", deprecated: true });
    expect(schema("State").description).toBe(
      "- `STATE_UNSPECIFIED`\n- `STATE_GONE`: Deprecated.\n- `STATE_PAID`: Paid.\n- `STATE_OLD`: Deprecated: never used.",
    );
  });

  test("has secrets as passwords, which are write-only where no response has them", () => {
    const text = { type: "string", format: "password" };
    const reference = (name: string) => ({ $ref: `#/components/schemas/${name}`, ...text });
    expect(property("GetOrderRequest", "password")).toEqual({ ...text, writeOnly: true });
    expect(property("Order", "code")).toEqual({ ...text, description: "Secret. Opens the locker." });
    expect(property("Order", "codes")).toEqual({ type: "array", items: text });
    expect(property("Order", "keys")).toEqual({ type: "object", additionalProperties: reference("bytes") });
    expect(property("Order", "wrapped")).toEqual(reference("google.protobuf.StringValue"));
    expect(property("Order", "pin")).toEqual(reference("int64"));
    expect(property("Order", "hidden")).toEqual({ type: "boolean" });
  });

  test("has names of fields as in JSON, and types by their full names", () => {
    expect(property("Order", "other-name")).toEqual({ type: "string" });
    expect(property("Order", "inner")).toEqual({ $ref: "#/components/schemas/acme.orders.v1.Outer.Inner" });
    expect(property("GetOrderRequest", "orderId")).toEqual({
      type: "string",
      description: "ID of the order. See <https://example.com/ids>.",
    });
    expect(schema("Empty")).toEqual({ type: "object" });
  });

  test("describes oneofs of several fields", () => {
    expect(schema("Outer.Inner")).toMatchObject({
      description: "Where it goes.\n\nAt most one of `address`, `locker` is set: `target`.",
      dependentSchemas: { address: { propertyNames: { not: { enum: ["locker"] } } } },
    });
  });

  test("has examples that comments and names imply", () => {
    const { requestBody } = operation("GetOrder") as unknown as OpenApi["paths"][string]["post"];
    expect(requestBody.required).toBe(true);
    expect(requestBody.content["application/json"]?.example).toEqual({
      pageSize: 50,
      filter: '{"a": "b"}',
      orderId: expect.stringMatching(/^[0-9a-f]{8}-/),
      password: "Password",
      draft: {
        code: "Code",
        codes: ["Codes"],
        keys: { key: "Ynl0ZXM=" },
        wrapped: "Wrapped",
        pin: "1",
        hidden: true,
        "other-name": "Renamed",
        inner: { address: "Address", one: "One" },
        state: "STATE_PAID",
      },
    });
  });
});

const numbersTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const gatewayOf = (declarations: string) => ({
  "acme/gateway.proto": `syntax = "proto3";\npackage acme.gateway.v1;\n${declarations}`,
});
/** Returns the operations of a gateway, by the names of their RPCs. */
async function operationsOf(declarations: string) {
  const { paths } = await load(gatewayOf(declarations));
  return Object.fromEntries(
    Object.entries(paths).map(([path, { post }]) => [
      path.split("/")[2] as string,
      post as unknown as JsonObject,
    ]),
  );
}

test("has what every call needs, and the errors of the protocol", async () => {
  const { servers, security, components } = (await load(orders)) as unknown as JsonObject;
  const { parameters, responses, schemas, securitySchemes } = components as Record<string, JsonObject>;
  expect({ servers, security, securitySchemes }).toEqual({
    servers: [
      {
        url: "{baseUrl}",
        description: expect.any(String),
        variables: { baseUrl: { default: "http://localhost:8080" } },
      },
    ],
    security: [{ bearer: [] }],
    securitySchemes: { bearer: { type: "http", scheme: "bearer", description: expect.any(String) } },
  });
  expect(Object.values(parameters as JsonObject)).toMatchObject([
    { in: "header", schema: { const: "1", default: "1" } },
    { in: "header", schema: { type: "integer", minimum: 1, maximum: 9_999_999_999 } },
  ]);
  expect(schemas).toMatchObject({
    "connect.Error": { required: ["code"] },
    "connect.ErrorDetail": {
      required: ["type", "value"],
      properties: { value: { contentEncoding: "base64" } },
    },
  });
  const json = { "application/json": { schema: { $ref: "#/components/schemas/connect.Error" } } };
  expect(responses).toMatchObject({ Error: { content: json } });
});

/** Comments, the summary that each becomes, and the messages in the examples of its errors. */
const comments: [comment: string, summary: string, errors: Record<string, string | undefined>][] = [
  ["Gets it\n\nMore text here.", "Gets it", {}],
  ["# Title\n\nText.", "Title", {}],
  ["```\ncode\n```", "R", {}],
  ['Gets it.\n\n```json\n{"code": "NOT_FOUND"}\n```', "Gets it.", {}],
  [
    "Gets it. Errors:\n* `NOT_FOUND` it is missing\n* `ABORTED` in conflict\n* INTERNAL",
    "Gets it.",
    { not_found: "it is missing", aborted: "in conflict", internal: undefined },
  ],
  [
    "Gets it.\n\n| code | why |\n| --- | --- |\n| `NOT_FOUND` | no such thing |\n| `ABORTED` | a conflict |",
    "Gets it.",
    { not_found: "no such thing", aborted: "a conflict" },
  ],
  [
    "Gets it. Returns:\n  NOT_FOUND if missing\n  ABORTED if in conflict",
    "Gets it.",
    { not_found: "missing", aborted: "in conflict" },
  ],
  [
    "Fails with codes.NotFound if missing. Fails with `resource_exhausted` when full.",
    "Fails with codes.NotFound if missing.",
    { not_found: "missing", resource_exhausted: "full" },
  ],
  [
    "Returns NOT_FOUND if the ID is unknown, or PERMISSION_DENIED if the caller may not see it.",
    "Returns NOT_FOUND if the ID is unknown, or PERMISSION_DENIED if the caller may not see it.",
    { not_found: "the ID is unknown", permission_denied: "the caller may not see it" },
  ],
  [
    "Gets it. Returns NOT_FOUND if there is none (e.g. v1.2 of it).",
    "Gets it.",
    { not_found: "there is none (e.g. v1.2 of it)" },
  ],
  [
    "Never returns NOT_FOUND. Does not fail with ABORTED. Cannot fail with INTERNAL. Doesn't return DATA_LOSS.",
    "Never returns NOT_FOUND.",
    {},
  ],
  [
    "NOT_FOUND is never returned. `ABORTED` is not returned if it is new.",
    "NOT_FOUND is never returned.",
    {},
  ],
  [
    "Gets it. Not idempotent: returns ALREADY_EXISTS the second time. If the run is not finished, returns FAILED_PRECONDITION.",
    "Gets it.",
    {
      already_exists: "Not idempotent: returns ALREADY_EXISTS the second time.",
      failed_precondition: "If the run is not finished, returns FAILED_PRECONDITION.",
    },
  ],
  [
    "The status is UNKNOWN, and the answer is returned. It is READY, or UNKNOWN if it never ran.",
    "The status is UNKNOWN, and the answer is returned.",
    {},
  ],
  [
    "An UNKNOWN value of the enum is rejected with INVALID_ARGUMENT.",
    "An UNKNOWN value of the enum is rejected with INVALID_ARGUMENT.",
    { invalid_argument: "An UNKNOWN value of the enum is rejected with INVALID_ARGUMENT." },
  ],
  [
    "Returns CANCELLED, UNAVAILABLE or an error INTERNAL if broken.",
    "Returns CANCELLED, UNAVAILABLE or an error INTERNAL if broken.",
    {
      canceled: "Returns CANCELLED, UNAVAILABLE or an error INTERNAL if broken.",
      unavailable: "Returns CANCELLED, UNAVAILABLE or an error INTERNAL if broken.",
      internal: "broken",
    },
  ],
  [
    "Returns ABORTED when busy, and UNAVAILABLE when down. Returns DATA_LOSS; INTERNAL if broken.",
    "Returns ABORTED when busy, and UNAVAILABLE when down.",
    {
      aborted: "busy",
      unavailable: "down",
      data_loss: "Returns DATA_LOSS; INTERNAL if broken.",
      internal: "broken",
    },
  ],
  [
    "The caller gets UNAUTHENTICATED without a token. After a change, ABORTED is returned.",
    "The caller gets UNAUTHENTICATED without a token.",
    {
      unauthenticated: "The caller gets UNAUTHENTICATED without a token.",
      aborted: "After a change, ABORTED is returned.",
    },
  ],
  ["Gets it.\n\n- Code.NotFound: it is missing", "Gets it.", { not_found: "it is missing" }],
];

test.each(comments)("finds the summary and the errors in %j", async (comment, summary, errors) => {
  const { R } = await operationsOf(
    `service AGateway {\n${comment.replace(/^/gm, "// ")}\nrpc R(M) returns (M);\n}\nmessage M {}`,
  );
  const contents = Object.values((R as { responses: Record<string, JsonObject> }).responses).map(
    ({ content }) => (content as { "application/json": JsonObject } | undefined)?.["application/json"],
  );
  const examples = contents.flatMap((content) => Object.values((content?.examples ?? {}) as JsonObject));
  const found = (examples as { value: { code: string; message?: string } }[]).map(({ value }) => [
    value.code,
    value.message,
  ]);
  expect(R?.summary).toBe(summary);
  expect(Object.fromEntries(found)).toEqual(errors);
});

test("examples are short and can be read, whatever messages refer to", async () => {
  const chain = numbersTo(150).map((i) => `message C${i} { C${i + 1} next = 1; string text = 2; }`);
  const dense = numbersTo(300).map(
    (i) =>
      `message D${i} { ${[2, 3, 5, 7].map((by, f) => `D${(i * by + 1) % 300} f${f} = ${f + 1};`).join(" ")} }`,
  );
  const { Any, Chain, Dense } = await operationsOf(`
import "google/protobuf/any.proto";
service AGateway {
  rpc Any(google.protobuf.Any) returns (Holder);
  rpc Chain(C0) returns (C0);
  rpc Dense(D0) returns (D0);
}
message Holder { google.protobuf.Any any = 1; }
${[...chain, ...dense].join("\n")}
message C150 {}
`);
  expect(JSON.stringify(Any?.requestBody)).toContain('"example":{}');
  expect(JSON.stringify(Any?.responses)).toContain('"example":{"any":{}}');
  expect((JSON.stringify(Chain?.requestBody).match(/next/g) ?? []).length).toBeLessThan(10);
  expect(JSON.stringify(Dense?.requestBody).length).toBeLessThan(2000);
});

test.each([
  ["At most one of `a` and\n// `b` is set; `c` is of `d`.", ["a", "c", "d"]],
  ["Exactly one of `b`, `c`, or `d` is needed, with `a`.", ["a", "b"]],
  ["Either none or one of `d` or `a`. One of\n// `b`, `c`.", ["b", "d"]],
  ["One of the fields `a` and `b`.", ["a", "b", "c", "d"]],
])("an example has one of the fields that a comment makes exclusive: %j", async (comment, names) => {
  const { R } = await operationsOf(`service AGateway { rpc R(M) returns (M); }
// ${comment}
message M { optional string a = 1; optional string b = 2; int32 c = 3; repeated string d = 4; }`);
  const { requestBody } = R as unknown as OpenApi["paths"][string]["post"];
  expect(Object.keys(requestBody.content["application/json"]?.example as JsonObject)).toEqual(names);
});

test("messages that require themselves, and fields with names of JavaScript, are in the document", async () => {
  const { components } = await load({
    ...gatewayOf(`import "acme/odd.proto";
service AGateway { rpc Do(acme.Endless) returns (acme.Odd); }`),
    "acme/odd.proto": `syntax = "proto2";
package acme;
message Endless { required Endless again = 1; }
message Odd {
  oneof choice {
    string first = 1 [json_name = "__proto__"];
    string second = 2 [json_name = "constructor"];
  }
}
`,
  });
  expect(components.schemas["acme.Endless"]).toMatchObject({ required: ["again"] });
  const { properties, dependentSchemas } = components.schemas["acme.Odd"] as Record<string, Schema>;
  expect(Object.keys(properties ?? {})).toEqual(["__proto__", "constructor"]);
  expect(Object.entries(dependentSchemas ?? {})).toEqual([
    ["__proto__", { propertyNames: { not: { enum: ["constructor"] } } }],
  ]);
});

test("a contract without a gateway has a document without operations", () => {
  const { paths, tags, components } = createDocument(createFileRegistry()) as unknown as OpenApi & JsonObject;
  expect({ paths, tags }).toEqual({ paths: {}, tags: [] });
  expect(Object.keys(components.schemas)).toEqual([
    "connect.Error",
    "connect.ErrorDetail",
    "connect.EndStreamResponse",
  ]);
});

test("required fields, groups, closed enums and fields of editions have schemas", async () => {
  const { components } = createDocument(await compileLegacy()) as unknown as OpenApi;
  const { "acme.Legacy": legacy, "acme.Modern": modern, "acme.Level": level } = components.schemas;
  expect(legacy).toMatchObject({
    required: ["name", "count", "level", "pageToken"],
    properties: { detail: { $ref: "#/components/schemas/acme.Legacy.Detail" } },
  });
  expect(modern).toMatchObject({ required: ["must"] });
  expect(level).toMatchObject({ type: "string", enum: ["LOW", "HIGH", "TOP"] });
});

test("comments become Markdown without HTML", async () => {
  const document = await load({ "acme/gateway.proto": hostileContract() });
  const descriptions = JSON.stringify(document).match(/"description":"(?:[^"\\]|\\.)*"/g) ?? [];
  const texts = descriptions.map((text) => Object.values(JSON.parse(`{${text}}`))[0] as string);
  expect(texts.length).toBeGreaterThan(50);
  // All elements of CommonMark and of tables: no other may come from a comment.
  const markdown =
    /<\/?(?:a|blockquote|br|code|em|h\d|hr|img|li|ol|p|pre|strong|table|tbody|td|th|thead|tr|ul)(?: [a-z]+="[^"]*")*>/g;
  for (const text of texts) {
    const html = marked(text).replace(markdown, "");
    expect(html, text).not.toMatch(/<\/?[a-z!?]/i);
  }
});
