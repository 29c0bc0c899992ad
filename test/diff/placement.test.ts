import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { type ContractDiff, diffContracts, type Entry } from "../../scripts/lib/diff/index.ts";
import { Repository } from "../support/repository.ts";
import { imageSnapshot } from "./entries.ts";

const header = (name: string, ...imports: string[]) =>
  [
    'syntax = "proto3";',
    `package acme.${name}.v1;`,
    ...imports.map((path) => `import "acme/${path}/v1/${path}.proto";`),
  ].join("\n");

/** The requests and responses of RPCs, with the fields of some. */
const messages = (rpcs: string[], fields: Record<string, string> = {}) =>
  rpcs
    .flatMap((rpc) => [`${rpc}Request`, `${rpc}Response`])
    .map((name) => `message ${name} { ${fields[name] ?? ""} }`)
    .join("\n");

const service = (name: string, rpcs: string[]) =>
  `service ${name} {\n${rpcs.map((rpc) => `rpc ${rpc}(${rpc}Request) returns (${rpc}Response);`).join("\n")}\n}`;

/** RPCs of the later contract, by the resources that their names have. */
const rpcs = {
  Order: [
    "GetOrder",
    "BatchUpdateOrders",
    "ListOrdersByBox",
    "GetOrUpdateOrder",
    "CheckInOrder",
    "ForceUpdateOrder",
  ],
  OrderLine: ["AddOrderLine"],
  Policy: ["ListPolicies", "SetPolicyAsDefault", "SearchForPolicies"],
  Box: ["MoveBoxToShelf", "BatchGetBoxes", "get_box"],
  none: ["StartPicking", "MarkAsRead", "ListByBox", "CountItemsForBox", "Reorder", "BoxedItems", "Update"],
};
const names = Object.values(rpcs).flat();

const files = {
  "proto/acme/orders/v1/orders.proto": `${header("orders", "money")}
    ${service("OrdersService", names)}
    ${service("ReturnsService", ["SendBack"])}
    ${messages([...names, "SendBack"], {
      GetOrderRequest: "Filter filter = 1;",
      GetOrderResponse: "Order order = 1; Sort sort = 2;",
      ListOrdersByBoxRequest: "Filter filter = 1; Sort sort = 2; Shared shared = 3;",
      ListPoliciesRequest: "Sort sort = 1;",
      StartPickingResponse: "Basket basket = 1; Box box = 2; acme.money.v1.Money price = 3;",
      SendBackRequest: "Shared shared = 1; Reason reason = 2;",
    })}
    message Filter { FilterMode mode = 1; message Part { Depth depth = 1; } }
    enum FilterMode { FILTER_MODE_UNSPECIFIED = 0; }
    enum Depth { DEPTH_UNSPECIFIED = 0; }
    message Sort {}
    message Shared {}
    enum Reason { REASON_UNSPECIFIED = 0; }
    message Basket { Basket inner = 1; }
    message Order { Status status = 1; repeated OrderLine lines = 2; Part part = 3; }
    enum Status { STATUS_UNSPECIFIED = 0; }
    message OrderLine { Part part = 1; }
    message Part {}
    message Policy {}
    message Box {}
    message Read {}
    message Update {}
    message OrderPlaced { EventKind kind = 1; Status status = 2; }
    enum EventKind { EVENT_KIND_UNSPECIFIED = 0; }
    enum Unused { UNUSED_UNSPECIFIED = 0; }`,
  "proto/acme/money/v1/money.proto": `${header("money")}
    message Money { Currency currency = 1; }
    enum Currency { CURRENCY_UNSPECIFIED = 0; }`,
};

let diff: (before: Record<string, string>, after: Record<string, string>) => Promise<ContractDiff>;
/** What is added to an empty contract. */
let added: Entry[];
beforeAll(async () => {
  diff = async (before, after) => {
    const images = [before, after].map(async (contract, index) => {
      const repository = Repository.empty();
      repository.write({ "buf.yaml": "version: v2\nmodules:\n  - path: proto\n", ...contract });
      const image = join(repository.root, `${index}.binpb`);
      await buildImage(repository.checkout(), image);
      return { image, repository };
    });
    const [first, second] = await Promise.all(images);
    if (first === undefined || second === undefined) {
      throw new Error("There are two contracts.");
    }
    return diffContracts(
      second.repository.checkout(),
      imageSnapshot(first.image),
      imageSnapshot(second.image),
    );
  };
  const empty = {
    "proto/acme/orders/v1/orders.proto": header("orders"),
    "proto/acme/money/v1/money.proto": header("money"),
  };
  added = (await diff(empty, files)).entries;
});

const printPlace = ({ service = "–", resource = "–" }: Entry) => `${service} · ${resource}`;

test("the resource of an RPC is a message that its name has after the verb", () => {
  const described = added.flatMap(({ contents }) => contents?.rpcs ?? []);
  for (const [resource, members] of Object.entries(rpcs)) {
    expect(described.filter((rpc) => (rpc.resource ?? "none") === resource).map(({ name }) => name)).toEqual(
      resource === "none" ? [...members, "SendBack"] : members,
    );
  }
});

test.each([
  // Resources.
  ["orders.v1.Order", "OrdersService · Order"],
  ["orders.v1.OrderLine", "OrdersService · OrderLine"],
  ["orders.v1.Status", "OrdersService · Order"],
  // Of several resources, of which none is in the name of an RPC.
  ["orders.v1.Part", "OrdersService · –"],
  ["orders.v1.Basket", "OrdersService · –"],
  // Helpers of requests.
  ["orders.v1.Filter", "OrdersService · Order"],
  ["orders.v1.FilterMode", "OrdersService · Order"],
  ["orders.v1.Depth", "OrdersService · Order"],
  ["orders.v1.Sort", "OrdersService · –"],
  // Of several services.
  ["orders.v1.Shared", "– · –"],
  ["orders.v1.Reason", "ReturnsService · –"],
  // A service of another package.
  ["money.v1.Money", "– · –"],
  // No RPC uses them.
  ["orders.v1.OrderPlaced", "– · –"],
  ["orders.v1.EventKind", "– · –"],
  ["orders.v1.Unused", "– · –"],
])("the place of %s", (name, place) => {
  expect(added.filter(({ element }) => element === `acme.${name}`).map(printPlace)).toEqual([place]);
});

/** Returns the entries, each with its contents. */
const printContents = ({ entries }: ContractDiff) =>
  entries.map(({ kind, element, comment, contents }) =>
    [
      `${kind} ${element.replace(/^acme\.\w+\.v1\.?/, "")}`,
      ...(contents?.fields ?? []).map(({ name }) => name),
      ...(contents?.messages ?? []).map((message) =>
        [message.name.replace(/.*\./, ""), ...message.fields.map(({ name }) => name)].join(" "),
      ),
      ...(contents?.rpcs ?? []).map(({ comment }) => comment ?? "–"),
      comment ?? "–",
    ].join(", "),
  );

const base = `${header("orders")}
  service OrdersService { rpc Ping(PingRequest) returns (PingResponse); }
  ${messages(["Ping"])}
  message KeepRequest {}`;
const later = `${header("orders")}
  service OrdersService {
    rpc Ping(PingRequest) returns (PingResponse);
    // --- Orders ---
    rpc ShowOrder(ShowOrderRequest) returns (Order);
    // CreateOrder places an order. It costs.
    rpc CreateOrder(CreateOrderRequest) returns (CreateOrderResponse);
    rpc FindOrders(FindOrdersRequest) returns (CreateOrderResponse);
    rpc Haggle(Offer) returns (Offer);
    rpc Settle(Deal) returns (SettleResponse);
    rpc ShowReceipt(ShowReceiptRequest) returns (Receipt);
    rpc Keep(KeepRequest) returns (KeepResponse);
  }
  ${messages(["Ping"])}
  message CreateOrderRequest { string customer_id = 1; Line line = 2; message Line {} }
  message CreateOrderResponse { Order order = 1; }
  message ShowOrderRequest { string id = 1; Filter filter = 2; }
  message FindOrdersRequest { FindOrdersRequest other = 1; }
  message Filter { string text = 1; }
  message Offer { Kept kept = 1; }
  message Kept {}
  message Deal { string id = 1; }
  message SettleResponse { Deal deal = 1; }
  message ShowReceiptRequest { string id = 1; }
  message Receipt { string id = 1; }
  message KeepRequest { reserved 3; }
  message KeepResponse {}
  message Order { string id = 1; int64 total_cents = 2; }`;
const gateway = `${header("gateway", "orders")}
  service OrdersGateway {
    rpc CreateOrder(acme.orders.v1.CreateOrderRequest) returns (acme.orders.v1.CreateOrderResponse);
  }`;

test("resources come first, and a request or response is part of the RPC that alone uses it", async () => {
  const before = { "proto/acme/orders/v1/orders.proto": base };
  const after = {
    "proto/acme/orders/v1/orders.proto": later,
    "proto/acme/gateway/v1/gateway.proto": gateway,
  };
  const expected = [
    "package gateway",
    "service OrdersGateway, CreateOrder places an order., –",
    "message Receipt, id, –",
    "rpc OrdersService.ShowReceipt, ShowReceiptRequest id, –, –",
    "message Order, id, total_cents, –",
    "message CreateOrderResponse, order, –",
    "message Filter, text, –",
    "rpc OrdersService.ShowOrder, ShowOrderRequest id filter, –, –",
    "rpc OrdersService.CreateOrder, CreateOrderRequest customer_id line, Line, CreateOrder places an order., CreateOrder places an order.",
    "rpc OrdersService.FindOrders, FindOrdersRequest other, –, –",
    "message Kept, –",
    "message Deal, id, –",
    "reserved KeepRequest, –",
    "rpc OrdersService.Haggle, Offer kept, –, –",
    "rpc OrdersService.Settle, SettleResponse deal, –, –",
    "rpc OrdersService.Keep, KeepResponse, –, –",
  ];
  const print = async (result: Promise<ContractDiff>) =>
    printContents(await result)
      .filter((line) => !line.startsWith("file "))
      .map((line) => line.replace(/^package .*/, "package gateway"));
  expect((await print(diff(before, after))).sort()).toEqual(expected.toSorted());
  expect(await print(diff(before, after))).toEqual(expected);
  expect((await print(diff(after, before))).sort()).toEqual(expected.toSorted());
});
