import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as rules from "../lint/rules/index.js";
import { buf } from "../scripts/lib/buf.js";
import { withTemporaryFolder } from "../scripts/lib/temporary.js";
import { writeFiles } from "./support/scratch-contract.js";

/** A .proto file and what the rule under test says of it, as `line:column message`. */
interface Case {
  /** Text after the syntax, which is line 1, and the package, which is line 2. */
  proto: string;
  /** Name of the package, in which `CASE` stands for one that no other case has. */
  package?: string;
  /** Other files, by name of the package. */
  beside?: Record<string, string>;
  says: string[];
}

const good = (proto: string, more: Partial<Case> = {}): Case => ({ proto, says: [], ...more });
const bad = (proto: string, says: string[], more: Partial<Case> = {}): Case => ({ proto, says, ...more });

const timestamp = `import "google/protobuf/timestamp.proto";`;
const meta = `${timestamp}
message EntityMeta {
  string id = 1;
  google.protobuf.Timestamp created_at = 2;
  google.protobuf.Timestamp updated_at = 3;
}`;
const page = `
message ListThingsRequest {
  int32 page_size = 1;
  string page_token = 2;
}
message ListThingsResponse {
  repeated string things = 1;
  string next_page_token = 2;
}`;
const internal = (name: string) => `
service ${name}Service {
  rpc Get(GetRequest) returns (GetResponse);
  rpc Watch(WatchRequest) returns (stream WatchResponse);
}
message GetRequest {}
message GetResponse {}
message WatchRequest {}
message WatchResponse {}`;

/** By rule: contracts that keep to it and contracts that break it. */
const cases: Record<string, Record<string, Case>> = {
  AGYN_ENTITY_META: {
    kept: good(`${meta}\nmessage Thing { EntityMeta meta = 1; }`),
    "another type": bad(
      `message EntityMeta {
  string id = 1;
  int64 created_at = 2;
  string changed_at = 3;
  string owner = 4;
}`,
      [
        `5:3 Field 2 of EntityMeta must be "google.protobuf.Timestamp created_at = 2;".`,
        `6:3 Field 3 of EntityMeta must be "google.protobuf.Timestamp updated_at = 3;".`,
        `7:3 EntityMeta has id, created_at, updated_at and no other field.`,
      ],
    ),
    "a field too few": bad(
      `${timestamp}\nmessage EntityMeta {
  string id = 1;
  google.protobuf.Timestamp created_at = 2;
}`,
      [`4:1 EntityMeta has no field 3, which is to be "google.protobuf.Timestamp updated_at = 3;".`],
    ),
    "meta at another number": bad(`${meta}\nmessage Thing {\n  string name = 1;\n  EntityMeta meta = 2;\n}`, [
      "11:21 Field meta must be number 1, not 2.",
    ]),
    "meta of another type": bad(
      `import "meta_other/v1/other.proto";
message Thing {
  string name = 2;
  meta_other.v1.EntityMeta meta = 1;
}
message List {
  repeated string meta = 1;
}`,
      [
        "6:3 Field meta must be a CASE.EntityMeta, not meta_other.v1.EntityMeta.",
        "9:12 Field meta must be a CASE.EntityMeta, not repeated string.",
      ],
      { beside: { "meta_other.v1": meta } },
    ),
  },
  AGYN_PAGINATION: {
    kept: good(`${page}\nmessage GetThingRequest { int32 page = 1; }`),
    "the halves of a request apart": bad(
      `message ListThingsRequest {
  int32 page_size = 1;
}
message ListThingsResponse {
  repeated string things = 1;
  string next_page_token = 2;
}
message ListOtherRequest {
  string page_token = 1;
}
message ListOtherResponse {
  repeated string others = 1;
  string next_page_token = 2;
}`,
      [
        "4:3 ListThingsRequest has page_size and must have page_token too.",
        "11:3 ListOtherRequest has page_token and must have page_size too.",
      ],
    ),
    "a request or a response alone": bad(
      `message ListThingsRequest {
  int32 page_size = 1;
  string page_token = 2;
}
message ListThingsResponse {
  repeated string things = 1;
}
message ListOtherRequest {}
message ListOtherResponse {
  repeated string others = 1;
  string next_page_token = 2;
}
message ListLoneRequest {
  int32 page_size = 1;
  string page_token = 2;
}`,
      [
        "4:3 ListThingsRequest asks for pages, and ListThingsResponse has no next_page_token to lead to the next.",
        "13:3 ListOtherResponse has next_page_token, and ListOtherRequest has no page_size and page_token.",
        "16:3 ListLoneRequest asks for pages, and there is no ListLoneResponse to hold one.",
      ],
    ),
    "other types": bad(
      `message ListThingsRequest {
  uint32 page_size = 1;
  bytes page_token = 2;
}
message ListThingsResponse {
  repeated string things = 1;
  repeated string next_page_token = 2;
}`,
      [
        "4:3 Field page_size must be int32, not uint32.",
        "5:3 Field page_token must be string, not bytes.",
        "9:3 ListThingsResponse is a page of things and can have no other repeated field.",
        "9:12 Field next_page_token must be string, not repeated string.",
      ],
    ),
    "not one repeated field": bad(
      `${page.replace("repeated string things", "repeated string warnings = 3;\n  repeated string things")}
message ListOtherRequest { int32 page_size = 1; string page_token = 2; }
message ListOtherResponse {
  map<string, string> others = 1;
  string next_page_token = 2;
}`,
      [
        "10:3 ListThingsResponse is a page of warnings and can have no other repeated field.",
        "14:1 ListOtherResponse has next_page_token and no repeated field for the items of the page.",
      ],
    ),
    "within a message of the request": bad(
      `message ListThingsRequest {
  message Page {
    int32 page_size = 1;
    string page_token = 2;
  }
  Page page = 1;
}
message ListThingsResponse {
  repeated string things = 1;
  string next_page_token = 2;
}`,
      ["12:3 ListThingsResponse has next_page_token, and ListThingsRequest has no page_size and page_token."],
    ),
    "names that JavaScript knows": good("message GetThingResponse { string constructor = 1; }"),
    "outside of requests and responses": bad(
      `message Page {\n  int32 page_size = 1;\n  string next_page_token = 2;\n}`,
      [
        "4:3 Field page_size belongs in a request; Page is none.",
        "5:3 Field next_page_token belongs in a response; Page is none.",
      ],
    ),
  },
  AGYN_SERVICE_NAME: {
    kept: good("service ThingsService {}"),
    "kept in the gateway": good("service ThingsGateway {}", { package: "a.CASE.gateway.v1" }),
    "another suffix": bad("service Things {}\nservice ThingsGateway {}", [
      "3:9 Service Things is outside the gateway package, so its name must end in Service.",
      "4:9 Service ThingsGateway is outside the gateway package, so its name must end in Service.",
    ]),
    "another suffix in the gateway": bad(
      "service ThingsService {}",
      ["3:9 Service ThingsService is in the gateway package, so its name must end in Gateway."],
      { package: "b.CASE.gateway.v1" },
    ),
  },
  AGYN_GATEWAY_SURFACE: {
    kept: good(
      `import "surface_kept/v1/other.proto";
service KeptGateway {
  rpc Get(surface_kept.v1.GetRequest) returns (surface_kept.v1.GetResponse);
  rpc Watch(surface_kept.v1.WatchRequest) returns (stream surface_kept.v1.WatchResponse);
}`,
      { package: "c.CASE.gateway.v1", beside: { "surface_kept.v1": internal("Kept") } },
    ),
    "kept, with another version of the service beside it": good(
      `import "surface_old/v1/other.proto";
service OldGateway {
  rpc Get(surface_old.v1.GetRequest) returns (surface_old.v1.GetResponse);
}`,
      {
        package: "f.CASE.gateway.v1",
        // One before and one after it in whatever order they are looked at.
        beside: {
          "a.surface_newest.v3": internal("Old"),
          "surface_old.v1": internal("Old"),
          "z.surface_new.v2": internal("Old"),
        },
      },
    ),
    "messages elsewhere": good("message Thing {}\nenum Kind { KIND_UNSPECIFIED = 0; }"),
    "messages and enums": bad(
      "message Thing {\n  message Part {}\n}\nenum Kind { KIND_UNSPECIFIED = 0; }",
      [
        "3:1 A gateway file declares services only: move Thing to the internal package it belongs to.",
        "6:1 A gateway file declares services only: move Kind to the internal package it belongs to.",
      ],
      { package: "d.CASE.gateway.v1" },
    ),
    "other RPCs": bad(
      `import "surface_odd/v1/other.proto";
service OddGateway {
  rpc Get(surface_odd.v1.WatchRequest) returns (stream surface_odd.v1.WatchResponse);
  rpc Watch(stream surface_odd.v1.WatchRequest) returns (surface_odd.v1.WatchResponse);
  rpc Find(surface_odd.v1.GetRequest) returns (surface_odd.v1.GetResponse);
}
service NoneGateway {}`,
      [
        "5:11 The request type of Get must be surface_odd.v1.GetRequest, as in surface_odd.v1.OddService.",
        "5:49 The response of Get must be a single message, as in surface_odd.v1.OddService.",
        "5:56 The response type of Get must be surface_odd.v1.GetResponse, as in surface_odd.v1.OddService.",
        "6:13 The request of Watch must be a single message, as in surface_odd.v1.OddService.",
        "6:58 The response of Watch must be a stream, as in surface_odd.v1.OddService.",
        "7:7 surface_odd.v1.OddService has no RPC Find for the gateway to front.",
        "9:9 NoneGateway fronts NoneService, which no package that it imports declares.",
      ],
      { package: "e.CASE.gateway.v1", beside: { "surface_odd.v1": internal("Odd") } },
    ),
  },
  AGYN_SECRET_REDACTED: {
    kept: good(`
message Secrets {
  string service_token = 1 [debug_redact = true];
  bytes identity_json = 2 [debug_redact = true];
  optional string token_hash = 3 [debug_redact = true];
  // Secret. The signed URL.
  string url = 4 [debug_redact = true];
  // How to connect. Secret: it contains credentials.
  Inner inner = 5;
}
message Inner {
  Inner more = 2;
  map<string, string> tokens = 1 [debug_redact = true];
}`),
    "what only looks like a secret": good(`
message Things {
  string page_token = 1;
  string next_page_token = 2;
  string token_prefix = 3;
  string token_id = 4;
  repeated int32 tokens = 5;
  int64 max_tokens = 6;
  Token token = 7;
  // UUID of the secret that supplies the value, which is a Secret of another package.
  string secret_id = 8;
  string body_sha256 = 9;
  string keyboard = 10;
}
message Token {}`),
    "secrets by name": bad(
      `message Secrets {
  string service_token = 1;
  bytes identity_json = 2;
  optional string token_hash = 3;
  oneof choice {
    string enrollment_jwt = 4;
  }
  repeated string api_tokens = 5;
  map<string, bytes> passwords = 6;
  string token = 7 [debug_redact = false];
  message Inner {
    string client_secret = 1;
  }
}`,
      [
        "4:3 Field service_token carries a secret, as its name says: mark it [debug_redact = true].",
        "5:3 Field identity_json carries a secret, as its name says: mark it [debug_redact = true].",
        "6:3 Field token_hash carries a secret, as its name says: mark it [debug_redact = true].",
        "8:5 Field enrollment_jwt carries a secret, as its name says: mark it [debug_redact = true].",
        "10:3 Field api_tokens carries a secret, as its name says: mark it [debug_redact = true].",
        "11:3 Field passwords carries a secret, as its name says: mark it [debug_redact = true].",
        "12:3 Field token carries a secret, as its name says: mark it [debug_redact = true].",
        "14:5 Field client_secret carries a secret, as its name says: mark it [debug_redact = true].",
      ],
    ),
    "secrets in messages that hold anything": bad(
      `import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message Secrets {
  google.protobuf.StringValue token = 1;
  google.protobuf.BytesValue api_key = 2;
  google.protobuf.Struct credentials = 3;
  repeated google.protobuf.Any secrets = 4;
  google.protobuf.Int32Value tokens = 5;
}`,
      [
        "7:3 Field token carries a secret, as its name says: mark it [debug_redact = true].",
        "8:3 Field api_key carries a secret, as its name says: mark it [debug_redact = true].",
        "9:3 Field credentials carries a secret, as its name says: mark it [debug_redact = true].",
        "10:3 Field secrets carries a secret, as its name says: mark it [debug_redact = true].",
      ],
    ),
    "secrets by comment": bad(
      `message Secrets {
  // Secret. The signed URL.
  string url = 1;
  // How to connect to the store, which takes a credential.
  // Secret: it contains that.
  Inner inner = 2;
  string link = 3; // Secret if it is signed.
}
message Inner {
  Inner more = 1;
}`,
      [
        "5:3 Field url carries a secret, as its comment says: mark it [debug_redact = true].",
        "8:3 Field inner carries a secret, as its comment says: mark it [debug_redact = true].",
        "9:3 Field link carries a secret, as its comment says: mark it [debug_redact = true].",
      ],
    ),
  },
  AGYN_SECRET_PLACEMENT: {
    kept: good(`
message RegisterThingResponse { string service_token = 1; }
message EnrollThingRequest { string service_token = 1; }
message EnrollThingResponse { bytes identity_json = 1; }
message ValidateTokenRequest { string token_hash = 1; }
message GetUrlResponse {
  // Secret. The signed URL.
  string url = 1;
}
message Thing { string token_prefix = 1; }`),
    "in what only requests contain": good(`
message LoginRequest { Proof proof = 1; map<string, Proof> more = 2; }
message Proof { Proof other = 1; Password password = 2; }
message Password { string password = 1; string password_hash = 2; }`),
    "in what others contain": bad(
      `message LoginRequest {
  Proof proof = 1;
  message Inner { string token_hash = 1; }
}
message LoginResponse { Proof proof = 1; }
message Proof {
  string password = 1;
}
message EnrollThingRequest {
  string service_token = 1;
}
message Thing { map<string, EnrollThingRequest> last = 1; }
message GetThingResponse { oneof one { Outer outer = 1; } }
message Outer { RegisterThingResponse registered = 1; LoginRequest.Inner inner = 2; }
message RegisterThingResponse {
  string service_token = 1;
}`,
      [
        "5:19 Field token_hash is the hash of a secret, and Outer contains Inner: keep it in requests.",
        "9:3 Field password is a secret, and Proof is a resource, which LoginResponse contains: keep it in requests and in the response that issues it.",
        "12:3 Field service_token is a secret, and Thing contains EnrollThingRequest: keep it in requests and in the response that issues it.",
        "18:3 Field service_token is a secret, and Outer contains RegisterThingResponse: keep it in requests and in the response that issues it.",
      ],
    ),
    "in a resource": bad(`message Thing {\n  string service_token = 1;\n  string token_hash = 2;\n}`, [
      "4:3 Field service_token is a secret, and Thing is a resource: keep it in requests and in the response that issues it.",
      "5:3 Field token_hash is the hash of a secret, and Thing is a resource: keep it in requests.",
    ]),
    "in a response that does not issue it": bad(
      `message RegisterThingResponse {
  string token_hash = 1;
}
message GetThingResponse {
  string service_token = 1;
}
message ListThingsResponse {
  repeated string api_tokens = 1;
}
message ValidateTokenResponse {
  message Inner { string token = 1; }
}`,
      [
        "4:3 Field token_hash is the hash of a secret and belongs in requests only.",
        "7:3 Field service_token is a secret, and GetThingResponse does not issue it: keep it in the response of the RPC that does.",
        "10:3 Field api_tokens is a secret, and ListThingsResponse does not issue it: keep it in the response of the RPC that does.",
        "13:19 Field token is a secret, and ValidateTokenResponse does not issue it: keep it in the response of the RPC that does.",
      ],
    ),
  },
  AGYN_UPDATE_OPTIONAL: {
    kept: good(`
message Thing {}
message UpdateThingRequest {
  string id = 1;
  string identity_id = 2;
  optional string name = 3;
  optional Thing thing = 4;
  oneof choice { string a = 5; string b = 6; }
}`),
    "of what is no resource": good(`
enum Status { STATUS_UNSPECIFIED = 0; }
message UpdateStatusRequest { string id = 1; Status status = 2; }
message UpdateOtherRequest { string name = 1; }`),
    "fields that cannot be unset": bad(
      `message Thing {}
message UpdateThingRequest {
  string id = 1;
  string name = 2;
  Thing thing = 3;
  repeated string tags = 4;
  map<string, string> labels = 5;
}`,
      [
        "6:3 Field name of UpdateThingRequest must be optional: unset means leave unchanged.",
        "7:3 Field thing of UpdateThingRequest must be optional: unset means leave unchanged.",
        "8:3 Field tags of UpdateThingRequest must be optional, which a list cannot be: put it in a message of its own, or give it an RPC of its own.",
        "9:3 Field labels of UpdateThingRequest must be optional, which a map cannot be: put it in a message of its own, or give it an RPC of its own.",
      ],
    ),
  },
  AGYN_TIMESTAMP: {
    kept: good(`${timestamp}\nmessage Thing { google.protobuf.Timestamp ended_at = 1; int64 format = 2; }`),
    "other types": bad(
      `${timestamp}
message Thing {
  int64 created_at = 1;
  optional string deleted_at = 2;
  repeated google.protobuf.Timestamp seen_at = 3;
}`,
      [
        "5:3 Field created_at must be google.protobuf.Timestamp, not int64.",
        "6:12 Field deleted_at must be google.protobuf.Timestamp, not string.",
        "7:12 Field seen_at must be google.protobuf.Timestamp, not repeated google.protobuf.Timestamp.",
      ],
    ),
  },
  AGYN_ID_TYPE: {
    kept: good(
      "message Thing { string id = 1; optional string a_id = 2; repeated string b_ids = 3; bool paid = 4; }",
    ),
    "other types": bad(
      `message Thing {
  int64 id = 1;
  bytes span_id = 2;
  repeated string user_id = 3;
  string user_ids = 4;
  oneof choice {
    uint32 other_id = 5;
  }
}`,
      [
        "4:3 Field id must be string, not int64.",
        "5:3 Field span_id must be string, not bytes.",
        "6:12 Field user_id must be string, not repeated string.",
        "7:3 Field user_ids must be repeated string, not string.",
        "9:5 Field other_id must be string, not uint32.",
      ],
    ),
  },
  AGYN_GO_PACKAGE: {
    kept: good(`option go_package = "github.com/agynio/api/gen/go/agent_state/v1;agentstatev1";`, {
      package: "go.agent_state.v1",
    }),
    "another path": bad(
      `option go_package = "github.com/agynio/api/go/other/v1;otherv1";`,
      [
        `3:1 go_package must be "github.com/agynio/api/gen/go/other/v1;otherv1", not "github.com/agynio/api/go/other/v1;otherv1".`,
      ],
      { package: "go.other.v1" },
    ),
    none: bad(
      "",
      [
        `2:1 The file has no go_package: add option go_package = "github.com/agynio/api/gen/go/none/v1;nonev1";`,
      ],
      { package: "go.none.v1" },
    ),
  },
  AGYN_COMMENT_RESOURCE: {
    kept: good(`
import "google/protobuf/duration.proto";
// Thing is a thing.
message Thing {
  // Secret. What opens it.
  string token = 1;
  // How long it may take, in milliseconds.
  int64 timeout_ms = 2;
  // Who owns it. Unset for nobody.
  optional string owner = 3;
  string name = 4; // Unchecked.
}
message GetThingRequest { optional string name = 1; int64 timeout_ms = 2; }
message GetThingResponse { string token = 1; }`),
    "no comments": bad(
      `import "google/protobuf/duration.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto";
message Thing {
  string token = 1;
  int64 timeout_ms = 2;
  optional string owner = 3;
  google.protobuf.Duration grace = 4;
  string marked = 5 [debug_redact = true];
  string name = 6;
  message Part {}
  google.protobuf.BoolValue maybe = 7;
  google.protobuf.ListValue list = 8;
  repeated google.protobuf.BoolValue values = 9;
}`,
      [
        "4:1 Message Thing is a resource and must have a comment that says what it is.",
        "5:3 Field token holds a secret and must have a comment that says so.",
        "6:3 Field timeout_ms is a quantity and must have a comment that says its unit.",
        "7:3 Field owner is optional and must have a comment that says what it means when it is not set.",
        "8:3 Field grace is a quantity and must have a comment that says its unit.",
        "9:3 Field marked holds a secret and must have a comment that says so.",
        "11:3 Message Part is a resource and must have a comment that says what it is.",
        "12:3 Field maybe is optional and must have a comment that says what it means when it is not set.",
      ],
    ),
  },
};

const packageOf = (rule: string, name: string, { package: given = "CASE" }: Case) =>
  given.replace("CASE", `${rule}_${name.replace(/\W+/g, "_")}`.toLowerCase());
const fileOf = (packageName: string, name: string) => `${packageName.replaceAll(".", "/")}/${name}.proto`;

const ids = Object.values(rules).map(({ id }) => id);

test("every rule has cases", () => {
  expect(Object.keys(cases).sort()).toEqual(ids);
});

/** What buf says of the cases, by the ID of a rule and the path of a file. */
let found: Map<string, string[]>;

beforeAll(() =>
  withTemporaryFolder(async (folder) => {
    const files: Record<string, string> = {
      "buf.yaml": JSON.stringify({
        version: "v2",
        lint: { use: ["AGYN"], disallow_comment_ignores: true },
        plugins: [{ plugin: [resolve("lint/plugin.sh")] }],
      }),
    };
    for (const [rule, named] of Object.entries(cases)) {
      for (const [name, { proto, beside = {}, ...rest }] of Object.entries(named)) {
        const own = packageOf(rule, name, { proto, ...rest });
        files[fileOf(own, "case")] = `syntax = "proto3";\npackage ${own};\n${proto}`;
        for (const [other, text] of Object.entries(beside)) {
          files[fileOf(other, "other")] = `syntax = "proto3";\npackage ${other};\n${text}`;
        }
      }
    }
    writeFiles(folder, files);
    const { code, stdout, stderr } = await buf(["lint", "--error-format", "json"], { cwd: folder });
    expect(stderr).toBe("");
    expect(code).toBe(100);
    found = new Map();
    for (const line of stdout.toString().trim().split("\n")) {
      const { path, start_line, start_column, type, message } = JSON.parse(line);
      const key = `${type} ${path}`;
      found.set(key, [...(found.get(key) ?? []), `${start_line}:${start_column} ${message}`]);
    }
  }),
);

describe.each(Object.entries(cases))("%s", (rule, named) => {
  test.each(Object.entries(named))("%s", (name, expected) => {
    const own = packageOf(rule, name, expected);
    expect(found.get(`${rule} ${fileOf(own, "case")}`) ?? []).toEqual(
      expected.says.map((text) => text.replaceAll("CASE", own)),
    );
  });

  test("has cases that keep to it and cases that break it", () => {
    const says = Object.values(named).map((expected) => expected.says.length > 0);
    expect(new Set(says)).toEqual(new Set([true, false]));
  });
});

describe("the contract", () => {
  test("is clean", async () => {
    const { code, stdout, stderr } = await buf(["lint"]);
    expect(`${stdout}${stderr}`).toBe("");
    expect(code).toBe(0);
  });

  test("is held to every rule, and what it imports to none", async () => {
    const configured = async (module: string) => {
      const args = ["config", "ls-lint-rules", "--configured-only", "--module-path", module];
      const { stdout } = await buf([...args, "--format", "json"]);
      return stdout.toString().match(/AGYN_\w+/g) ?? [];
    };
    expect(await configured("proto")).toEqual(ids);
    expect(await configured("third_party/opentelemetry")).toEqual([]);
  });

  test("cannot switch a rule off in a comment", async () => {
    await withTemporaryFolder(async (folder) => {
      writeFiles(folder, {
        "buf.yaml": JSON.stringify({
          version: "v2",
          lint: { use: ["AGYN_TIMESTAMP"], disallow_comment_ignores: true },
          plugins: [{ plugin: [resolve("lint/plugin.sh")] }],
        }),
        "a.proto": `syntax = "proto3";
message A {
  // buf:lint:ignore AGYN_TIMESTAMP
  int64 created_at = 1;
}`,
      });
      const { code, stdout } = await buf(["lint"], { cwd: folder });
      expect(stdout.toString()).toContain("a.proto:4:3:Field created_at must be");
      expect(code).toBe(100);
    });
  });
});
