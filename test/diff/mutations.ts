import type { Severity } from "../../scripts/lib/breaking/compare.ts";
import type { Files } from "../support/repository.ts";
import {
  addAfter,
  addTo,
  cut,
  type Edit,
  editText,
  moveFile,
  paths,
  replace,
} from "../support/small-contract.ts";

/** One change of the small contract. */
export interface Mutation {
  name: string;
  /** What it breaks at most: its findings are in mutations.txt. */
  breaks: Severity | "nothing";
  edit: (files: Files) => void;
}

const mutation =
  (breaks: Mutation["breaks"]) =>
  (name: string, ...edits: Edit[]): Mutation => ({
    name,
    breaks,
    edit: (files) => {
      for (const edit of edits) {
        edit(files);
      }
    },
  });
const wire = mutation("wire");
const json = mutation("json");
const code = mutation("code");
const harmless = mutation("nothing");

const deleteFile =
  (path: string): Edit =>
  (files) =>
    void files.delete(path);

/** Returns an edit that reverses the order of the matches of a pattern. */
const reverse = (path: string, pattern: RegExp): Edit =>
  editText(path, (text) => {
    const matches = text.match(pattern) ?? [];
    return text.replace(pattern, () => matches.pop() ?? "");
  });

const renameEverywhere = (path: string, from: string, to: string): Edit =>
  editText(path, (text) => text.replace(new RegExp(`\\b${from}\\b`, "g"), to));

const auditPackage = 'option go_package = "example.com/acme/audit/v1;auditv1";\n';
const delivery = `  // Where the order goes.
  oneof delivery {
    // Street and town.
    string address = 12;
    // Locker of the parcel service.
    string locker = 13;
  }
`;
const border = "\n  message Border {\n    Point from = 1;\n  }";

/** A change of each kind: first what no release may do, then what every release may. */
export const mutations: Mutation[] = [
  // Files and packages
  code("delete a file", deleteFile(paths.stockGateway)),
  code("move a file", moveFile(paths.stockGateway, "proto/acme/gateway/v1/levels.proto")),
  code("delete a package", deleteFile(paths.stockGateway), deleteFile(paths.stock)),
  code("delete a file that its folder had alone", deleteFile(paths.audit)),
  wire(
    "rename a package",
    replace("package acme.stock.v1;", "package acme.store.v1;"),
    editText(paths.stockGateway, (text) => text.replaceAll("acme.stock.v1.", "acme.store.v1.")),
  ),
  wire(
    "move a file's package to the next version",
    editText(paths.stockGateway, (text) =>
      text.replace("package acme.gateway.v1;", "package acme.gateway.v2;"),
    ),
  ),

  // Services and RPCs
  code("delete a service", cut(paths.audit, "service AuditService {")),
  code("rename a service", replace("service AuditService {", "service RecordService {")),
  code(
    "move a service to another file of its package",
    cut(paths.stockGateway, "service StockGateway {", paths.ordersGateway),
    editText(paths.ordersGateway, (text) =>
      text.replace("import ", 'import "acme/stock/v1/stock.proto";\nimport '),
    ),
  ),
  code(
    "delete an RPC",
    replace(
      "  // DeleteOrder deletes an order.\n  rpc DeleteOrder(DeleteOrderRequest) returns (DeleteOrderResponse);\n",
      "",
    ),
  ),
  code(
    "delete an RPC of the gateway",
    replace(
      "  // ListOrders returns all orders.\n  rpc ListOrders(acme.orders.v1.ListOrdersRequest) returns (acme.orders.v1.ListOrdersResponse);\n",
      "",
    ),
  ),
  code("rename an RPC", replace("rpc AddRecord(", "rpc KeepRecord(")),
  wire(
    "let an RPC's client stream",
    replace("rpc DeleteOrder(DeleteOrderRequest)", "rpc DeleteOrder(stream DeleteOrderRequest)"),
  ),
  wire(
    "let an RPC's client no longer stream",
    replace("(stream UploadReceiptRequest)", "(UploadReceiptRequest)"),
  ),
  wire(
    "let an RPC's server stream",
    replace("returns (AddRecordResponse)", "returns (stream AddRecordResponse)"),
  ),
  wire(
    "let an RPC's server no longer stream",
    replace("returns (stream WatchOrdersResponse)", "returns (WatchOrdersResponse)"),
  ),
  wire(
    "change an RPC's request",
    replace("rpc GetOrder(GetOrderRequest)", "rpc GetOrder(DeleteOrderRequest)"),
  ),
  wire("change an RPC's response", replace("returns (ListOrdersResponse)", "returns (GetOrderResponse)")),
  wire(
    "change an RPC's idempotency level",
    replace(
      "returns (DeleteOrderResponse);",
      "returns (DeleteOrderResponse) {\n    option idempotency_level = IDEMPOTENT;\n  }",
    ),
  ),

  // Messages
  code("delete a message", cut(paths.orders, "message Draft {")),
  wire("rename a message", renameEverywhere(paths.orders, "ReceiptHead", "ReceiptTitle")),
  code(
    "move a message to another file of its package",
    cut(paths.orders, "message Draft {", "proto/acme/orders/v1/drafts.proto"),
  ),
  wire(
    "delete a nested message with its field",
    replace(border, ""),
    replace("  repeated Border borders = 2;\n", ""),
  ),

  // Fields
  wire("delete a field", replace("  string customer_id = 2;\n", "")),
  json("delete a field and reserve its number", replace("string customer_id = 2;", "reserved 2;")),
  code(
    "delete a field and reserve its number and name",
    replace("string customer_id = 2;", 'reserved 2;\n  reserved "customer_id";'),
  ),
  wire("renumber a field", replace("OrderStatus status = 3;", "OrderStatus status = 20;")),
  json(
    "swap the numbers of two fields",
    replace("double latitude = 1;", "double latitude = 2;"),
    replace("double longitude = 2;", "double longitude = 1;"),
  ),
  json("rename a field", replace("string customer_id = 2;", "string buyer_id = 2;")),
  json(
    "rename a field and keep its JSON name",
    replace("string customer_id = 2;", 'string buyer_id = 2 [json_name = "customerId"];'),
  ),
  json(
    "change a field's json_name",
    replace("string customer_id = 2;", 'string customer_id = 2 [json_name = "customer"];'),
  ),
  wire(
    "change a field's type to one of another wire type",
    replace("string customer_id = 2;", "int32 customer_id = 2;"),
  ),
  json(
    "change a field's type to one that only JSON tells apart",
    replace("int64 total_cents = 7;", "int32 total_cents = 7;"),
  ),
  json(
    "change a field's type from string to bytes",
    replace("string pickup_code = 9", "bytes pickup_code = 9"),
  ),
  wire(
    "change a field's sign encoding",
    replace("repeated int32 ratings = 11;", "repeated sint32 ratings = 11;"),
  ),
  wire(
    "change a field's type from fixed to variable width",
    replace("fixed64 counted_at = 3;", "uint64 counted_at = 3;"),
  ),
  wire("change a field's type from enum to number", replace("Unit unit = 2;", "int32 unit = 2;")),
  wire(
    "change a field's type to another enum",
    replace("OrderStatus status = 3;", "geo.v1.Precision status = 3;"),
  ),
  wire("change a field's type to another message", replace("Order found = 1;", "Draft found = 1;")),
  wire(
    "change a field's type from message to scalar",
    replace("google.protobuf.Timestamp created_at = 4;", "int64 created_at = 4;"),
  ),
  wire("make a field repeated", replace("string customer_id = 2;", "repeated string customer_id = 2;")),
  wire(
    "make a repeated field singular",
    replace("repeated string coupon_codes = 10;", "string coupon_codes = 10;"),
  ),
  wire(
    "make a map a list of pairs",
    replace("map<string, string> labels = 6;", "repeated ReceiptHead labels = 6;"),
  ),
  wire("rename a map", replace("labels = 6;", "tags = 6;")),
  wire("change a map's values", replace("map<string, string> labels = 6;", "map<string, int64> labels = 6;")),
  code("make a field optional", replace("string customer_id = 2;", "optional string customer_id = 2;")),
  code("make an optional field plain", replace("optional string remark = 8;", "string remark = 8;")),
  code(
    "change a field's JavaScript type",
    replace("int64 total_cents = 7;", "int64 total_cents = 7 [jstype = JS_STRING];"),
  ),

  // Oneofs
  wire(
    "move a field into a new oneof",
    replace(
      "string pickup_code = 9 [debug_redact = true];",
      "oneof pickup {\n    string pickup_code = 9 [debug_redact = true];\n  }",
    ),
  ),
  wire(
    "move a field out of its oneof",
    replace("    string locker = 13;\n  }", "  }\n  string locker = 13;"),
  ),
  wire("dissolve a oneof", replace("  oneof reason {\n    string why = 2;\n  }", "  string why = 2;")),
  wire("rename a oneof", replace("oneof part {", "oneof content {")),
  wire(
    "delete a member of a oneof",
    replace("    // Locker of the parcel service.\n    string locker = 13;\n", ""),
  ),
  wire("delete a oneof with its members", replace(delivery, "")),

  // Enums
  code("delete an enum", cut(paths.geo, "enum Precision {")),
  wire("rename an enum", renameEverywhere(paths.stock, "Unit", "Measure")),
  wire("delete an enum value", replace("  ORDER_STATUS_PAID = 2;\n", "")),
  json("delete an enum value and reserve its number", replace("ORDER_STATUS_SHIPPED = 3;", "reserved 3;")),
  code(
    "delete an enum value and reserve its number and name",
    replace("ORDER_STATUS_SHIPPED = 3;", 'reserved 3;\n  reserved "ORDER_STATUS_SHIPPED";'),
  ),
  wire("renumber an enum value", replace("ORDER_STATUS_SHIPPED = 3;", "ORDER_STATUS_SHIPPED = 4;")),
  json("rename an enum value", replace("ORDER_STATUS_SHIPPED = 3;", "ORDER_STATUS_SENT = 3;")),
  json(
    "swap two enum values",
    replace("KIND_TOWN = 1;", "KIND_TOWN = 2;"),
    replace("KIND_COUNTRY = 2;", "KIND_COUNTRY = 1;"),
  ),

  // Reservations
  wire("delete a reserved number", replace("reserved 3, 1000;", "reserved 1000;")),
  wire("use a reserved number", replace("reserved 3, 1000;", "reserved 3;\n  string origin = 1000;")),

  // Options of files
  code("change go_package", replace("example.com/acme/audit/v1;auditv1", "example.com/acme/audit;auditv1")),
  code("delete go_package", replace(auditPackage, "")),
  code("set java_package", addAfter(auditPackage, 'option java_package = "com.acme.audit.v1";\n')),
  code("set csharp_namespace", addAfter(auditPackage, 'option csharp_namespace = "Acme.Audit";\n')),
  code("set swift_prefix", addAfter(auditPackage, 'option swift_prefix = "ACME";\n')),
  code(
    "change the syntax",
    editText(paths.stockGateway, (text) => text.replace("proto3", "proto2")),
  ),
  code("change optimize_for", addAfter(auditPackage, "option optimize_for = CODE_SIZE;\n")),

  // Additions
  harmless("add a file to a package", (files) =>
    files.set(
      "proto/acme/audit/v1/topics.proto",
      'syntax = "proto3";\n\npackage acme.audit.v1;\n\n// Topic groups records.\nmessage Topic {\n  string name = 1;\n}\n',
    ),
  ),
  harmless("add a package", (files) =>
    files.set(
      "proto/acme/billing/v1/billing.proto",
      'syntax = "proto3";\n\npackage acme.billing.v1;\n\n// Invoice is a demand.\nmessage Invoice {\n  string id = 1;\n}\n',
    ),
  ),
  harmless("add the next version of a package", (files) =>
    files.set(
      "proto/acme/stock/v2/stock.proto",
      (files.get(paths.stock) ?? "").replaceAll("stock.v1", "stock.v2"),
    ),
  ),
  harmless(
    "add a service",
    addTo(
      paths.audit,
      "// ArchiveService is new.\nservice ArchiveService {\n  // AddRecord keeps it as well.\n  rpc AddRecord(AddRecordRequest) returns (AddRecordResponse);\n}",
    ),
  ),
  harmless(
    "add an RPC",
    addAfter(
      "returns (AddRecordResponse);",
      "\n  // FindRecord is new.\n  rpc FindRecord(FindRecordRequest) returns (FindRecordResponse);",
    ),
    addTo(paths.audit, "message FindRecordRequest {\n  string id = 1;\n}\n\nmessage FindRecordResponse {}"),
  ),
  harmless(
    "expose an RPC through the gateway",
    addAfter(
      "returns (acme.orders.v1.GetOrderResponse);",
      "\n  // DeleteOrder deletes an order.\n  rpc DeleteOrder(acme.orders.v1.DeleteOrderRequest) returns (acme.orders.v1.DeleteOrderResponse);",
    ),
  ),
  harmless(
    "add a message",
    addTo(paths.stock, "// Shelf holds products.\nmessage Shelf {\n  string id = 1;\n}"),
  ),
  harmless(
    "add a nested message",
    addAfter("Unit unit = 2;", "\n  // Range is new.\n  message Range {\n    int32 low = 1;\n  }"),
  ),
  harmless(
    "add a field",
    addAfter("fixed64 counted_at = 3;", "\n  // Who counted.\n  string counted_by = 4;"),
  ),
  harmless(
    "add an optional field",
    addAfter("fixed64 counted_at = 3;", "\n  optional string remark_id = 4;"),
  ),
  harmless("add a repeated field", addAfter("fixed64 counted_at = 3;", "\n  repeated string tags = 4;")),
  harmless("add a map", addAfter("fixed64 counted_at = 3;", "\n  map<string, Unit> units = 4;")),
  harmless(
    "add a oneof with its members",
    addAfter(
      "fixed64 counted_at = 3;",
      "\n  oneof counter {\n    string person = 4;\n    string robot = 5;\n  }",
    ),
  ),
  harmless("add a member to a oneof", addAfter("bytes chunk = 2;", "\n    string checksum = 3;")),
  harmless(
    "add a field to an empty message",
    replace("message AddRecordResponse {}", "message AddRecordResponse {\n  string id = 1;\n}"),
  ),
  harmless("add a field between others", addAfter("int32 count = 1;", "\n  int32 missing = 4;")),
  harmless(
    "add a field to a file of another module",
    addAfter("repeated Border borders = 2;", "\n  string name = 3;"),
  ),
  harmless(
    "add an enum",
    addTo(paths.audit, "// Importance is new.\nenum Importance {\n  IMPORTANCE_UNSPECIFIED = 0;\n}"),
  ),
  harmless("add an enum value", addAfter("UNIT_PIECE = 1;", "\n  // A pair.\n  UNIT_PAIR = 2;")),
  harmless(
    "add an alias of an enum value",
    replace("  UNIT_PIECE = 1;", "  option allow_alias = true;\n  UNIT_PIECE = 1;\n  UNIT_EACH = 1;"),
  ),
  harmless(
    "add an import",
    replace(auditPackage, `import "google/protobuf/timestamp.proto";\n\n${auditPackage}`),
  ),

  // Deprecations
  harmless("deprecate a field", replace("int32 count = 1;", "int32 count = 1 [deprecated = true];")),
  harmless(
    "deprecate an RPC",
    replace(
      "returns (AddRecordResponse);",
      "returns (AddRecordResponse) {\n    option deprecated = true;\n  }",
    ),
  ),
  harmless("deprecate a service", addAfter("service StockGateway {", "\n  option deprecated = true;\n")),
  harmless("deprecate a message", addAfter("message Draft {", "\n  option deprecated = true;\n")),
  harmless("deprecate an enum", addAfter("enum Precision {", "\n  option deprecated = true;\n")),
  harmless(
    "deprecate an enum value",
    replace("ORDER_STATUS_SHIPPED = 3;", "ORDER_STATUS_SHIPPED = 3 [deprecated = true];"),
  ),
  harmless("deprecate a file", addAfter(auditPackage, "option deprecated = true;\n")),

  // Reservations
  harmless("reserve a number", addAfter("fixed64 counted_at = 3;", "\n  reserved 6, 9 to 12;")),
  harmless("reserve a name", addAfter("fixed64 counted_at = 3;", '\n  reserved "shelf";')),
  harmless(
    "reserve an enum's number and name",
    addAfter("ORDER_STATUS_SHIPPED = 3;", '\n  reserved 4;\n  reserved "ORDER_STATUS_LOST";'),
  ),
  harmless("reserve more numbers", replace("reserved 3, 1000;", "reserved 3 to 6, 1000;")),

  // Changes that only readers of a file see
  harmless("change a comment", replace("// AuditService keeps records.", "// AuditService remembers.")),
  harmless(
    "delete every comment",
    editText(paths.orders, (text) => text.replace(/^ *\/\/.*\n/gm, "")),
  ),
  harmless(
    "reorder fields",
    replace("  string customer_id = 2;\n", ""),
    addAfter("int64 total_cents = 7;", "\n  string customer_id = 2;"),
  ),
  harmless("reorder messages", cut(paths.orders, "message Draft {", paths.orders)),
  harmless("reorder RPCs", reverse(paths.ordersGateway, /^ {2}rpc .*;$/gm)),
  harmless("reorder enum values", reverse(paths.orders, /^ {2}ORDER_STATUS_(OPEN|PAID) = \d;$/gm)),
  harmless("reorder the members of a oneof", reverse(paths.orders, /^ {4}string (address|locker) = \d+;$/gm)),
  harmless(
    "indent with tabs",
    editText(paths.orders, (text) => text.replace(/^ {2}/gm, "\t")),
  ),
  harmless(
    "end lines as Windows does",
    editText(paths.orders, (text) => text.replaceAll("\n", "\r\n")),
  ),
  harmless(
    "join a message to one line",
    replace(
      "message GetOrderRequest {\n  // UUID of the order.\n  string order_id = 1;\n}",
      "message GetOrderRequest { string order_id = 1; }",
    ),
  ),
  harmless("write a number in hexadecimal", replace("string customer_id = 2;", "string customer_id = 0x2;")),
  harmless("write a type's name in full", replace("Order found = 1;", ".acme.orders.v1.Order found = 1;")),
  harmless(
    "write the json_name that a field has anyway",
    replace("string customer_id = 2;", 'string customer_id = 2 [json_name = "customerId"];'),
  ),
  harmless("move a module to another folder", (files) => {
    moveFile(paths.geo, "vendored/geo/geo/v1/geo.proto")(files);
    replace("path: third_party/geo", "path: vendored/geo")(files);
  }),
];
