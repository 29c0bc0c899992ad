import { beforeAll, describe, expect, test } from "vitest";
import * as rules from "../../lint/rules/index.ts";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, root, temporaryFolder } from "../support/repository.ts";

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

/** Files that cases import. */
const imported = [
  ["meta_other.v1", meta],
  ["surface_kept.v1", internal("Kept")],
  ["surface_odd.v1", internal("Odd")],
  // Three versions of a service, of which a case imports the second.
  ["a.surface_newest.v3", internal("Old")],
  ["surface_old.v1", internal("Old")],
  ["z.surface_new.v2", internal("Old")],
].map(([name, text]) => `syntax = "proto3";\npackage ${name};\n${text}`);

/**
 * .proto files by rule and name. `CASE` stands for a package that no other case has, which is the default.
 * `//! 3 Message.` at the end of a line, or on a line below it, expects a finding at column 3 of that line.
 */
const cases: Record<string, Record<string, string>> = {
  AGYN_ENTITY_META: {
    "the same fields": `
${meta}
message Thing { EntityMeta meta = 1; }`,
    "other fields": `
message EntityMeta {
  string id = 1;
  int64 created_at = 2; //! 3 Field 2 of EntityMeta must be "google.protobuf.Timestamp created_at = 2;".
  string changed_at = 3; //! 3 Field 3 of EntityMeta must be "google.protobuf.Timestamp updated_at = 3;".
  string owner = 4; //! 3 EntityMeta must have no fields other than id, created_at, updated_at.
}`,
    "a missing field": `
${timestamp}
message EntityMeta { //! 1 Field 3 of EntityMeta must be "google.protobuf.Timestamp updated_at = 3;".
  string id = 1;
  google.protobuf.Timestamp created_at = 2;
}`,
    "meta at another number": `
${meta}
message Thing {
  string name = 1;
  EntityMeta meta = 2; //! 21 Field meta must be number 1, not 2.
}`,
    "meta of another type": `
import "meta_other/v1/case.proto";
message Thing {
  string name = 2;
  meta_other.v1.EntityMeta meta = 1; //! 3 Field meta must be CASE.EntityMeta, not meta_other.v1.EntityMeta.
}
message List {
  repeated string meta = 1; //! 12 Field meta must be CASE.EntityMeta, not repeated string.
}`,
  },
  AGYN_PAGINATION: {
    "a paginated list": `${page}
message GetThingRequest { int32 page = 1; }`,
    "requests with one of the two fields": `
message ListThingsRequest {
  int32 page_size = 1; //! 3 ListThingsRequest has page_size and must also have page_token.
}
message ListThingsResponse {
  repeated string things = 1;
  string next_page_token = 2;
}
message ListOtherRequest {
  string page_token = 1; //! 3 ListOtherRequest has page_token and must also have page_size.
}
message ListOtherResponse {
  repeated string others = 1;
  string next_page_token = 2;
}`,
    "a paginated request or response alone": `
message ListThingsRequest {
  int32 page_size = 1; //! 3 ListThingsRequest has page_size, so there must be a ListThingsResponse with next_page_token.
  string page_token = 2;
}
message ListThingsResponse {
  repeated string things = 1;
}
message ListOtherRequest {}
message ListOtherResponse {
  repeated string others = 1;
  string next_page_token = 2; //! 3 ListOtherResponse has next_page_token, so there must be a ListOtherRequest with page_size and page_token.
}
message ListLoneRequest {
  int32 page_size = 1; //! 3 ListLoneRequest has page_size, so there must be a ListLoneResponse with next_page_token.
  string page_token = 2;
}`,
    "other types": `
message ListThingsRequest {
  uint32 page_size = 1; //! 3 Field page_size must be int32, not uint32.
  bytes page_token = 2; //! 3 Field page_token must be string, not bytes.
}
message ListThingsResponse {
  repeated string things = 1;
  repeated string next_page_token = 2;
  //! 3 ListThingsResponse is a page of things and must have no other repeated field.
  //! 12 Field next_page_token must be string, not repeated string.
}`,
    "no or several repeated fields": `
message ListThingsRequest {
  int32 page_size = 1;
  string page_token = 2;
}
message ListThingsResponse {
  repeated string warnings = 3;
  repeated string things = 1; //! 3 ListThingsResponse is a page of warnings and must have no other repeated field.
  string next_page_token = 2;
}
message ListOtherRequest { int32 page_size = 1; string page_token = 2; }
message ListOtherResponse { //! 1 ListOtherResponse has next_page_token and must have a repeated field for the items of a page.
  map<string, string> others = 1;
  string next_page_token = 2;
}`,
    "fields in a nested message": `
message ListThingsRequest {
  message Page {
    int32 page_size = 1;
    string page_token = 2;
  }
  Page page = 1;
}
message ListThingsResponse {
  repeated string things = 1;
  string next_page_token = 2; //! 3 ListThingsResponse has next_page_token, so there must be a ListThingsRequest with page_size and page_token.
}`,
    "a field with a name of JavaScript": `
message GetThingResponse { string constructor = 1; }`,
    "fields outside requests and responses": `
message Page {
  int32 page_size = 1; //! 3 Field page_size belongs in a request, and Page is not a request.
  string next_page_token = 2; //! 3 Field next_page_token belongs in a response, and Page is not a response.
}`,
  },
  AGYN_SERVICE_NAME: {
    "names that end in Service": `
service ThingsService {}`,
    "names that end in Gateway in the gateway": `
package a.CASE.gateway.v1;
service ThingsGateway {}`,
    "other names": `
service Things {} //! 9 Service Things is outside the gateway package, so its name must end in Service.
service ThingsGateway {} //! 9 Service ThingsGateway is outside the gateway package, so its name must end in Service.`,
    "other names in the gateway": `
package b.CASE.gateway.v1;
service ThingsService {} //! 9 Service ThingsService is in the gateway package, so its name must end in Gateway.`,
  },
  AGYN_GATEWAY_SURFACE: {
    "the RPCs of a service": `
package c.CASE.gateway.v1;
import "surface_kept/v1/case.proto";
service KeptGateway {
  rpc Get(surface_kept.v1.GetRequest) returns (surface_kept.v1.GetResponse);
  rpc Watch(surface_kept.v1.WatchRequest) returns (stream surface_kept.v1.WatchResponse);
}`,
    "the RPCs of one of several versions of a service": `
package f.CASE.gateway.v1;
import "surface_old/v1/case.proto";
service OldGateway {
  rpc Get(surface_old.v1.GetRequest) returns (surface_old.v1.GetResponse);
}`,
    "messages outside the gateway": `
message Thing {}
enum Kind { KIND_UNSPECIFIED = 0; }`,
    "messages and enums": `
package d.CASE.gateway.v1;
message Thing { //! 1 A gateway file must declare services only: move Thing to the package of the service that uses it.
  message Part {}
}
enum Kind { KIND_UNSPECIFIED = 0; } //! 1 A gateway file must declare services only: move Kind to the package of the service that uses it.`,
    "other RPCs": `
package e.CASE.gateway.v1;
import "surface_odd/v1/case.proto";
service OddGateway {
  rpc Get(surface_odd.v1.WatchRequest) returns (stream surface_odd.v1.WatchResponse);
  //! 11 The request type of Get must be surface_odd.v1.GetRequest, as in surface_odd.v1.OddService.
  //! 49 The response of Get must be a single message, as in surface_odd.v1.OddService.
  //! 56 The response type of Get must be surface_odd.v1.GetResponse, as in surface_odd.v1.OddService.
  rpc Watch(stream surface_odd.v1.WatchRequest) returns (surface_odd.v1.WatchResponse);
  //! 13 The request of Watch must be a single message, as in surface_odd.v1.OddService.
  //! 58 The response of Watch must be a stream, as in surface_odd.v1.OddService.
  rpc Find(surface_odd.v1.GetRequest) returns (surface_odd.v1.GetResponse); //! 7 surface_odd.v1.OddService has no RPC Find that the gateway can front.
}
service NoneGateway {} //! 9 NoneGateway fronts NoneService, which no imported package declares.`,
  },
  AGYN_SECRET_REDACTED: {
    "marked secrets": `
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
}`,
    "names that resemble those of secrets": `
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
message Token {}`,
    "secrets by name": `
message Secrets {
  string service_token = 1; //! 3 Field service_token is a secret by its name: mark it [debug_redact = true].
  bytes identity_json = 2; //! 3 Field identity_json is a secret by its name: mark it [debug_redact = true].
  optional string token_hash = 3; //! 3 Field token_hash is a secret by its name: mark it [debug_redact = true].
  oneof choice {
    string enrollment_jwt = 4; //! 5 Field enrollment_jwt is a secret by its name: mark it [debug_redact = true].
  }
  repeated string api_tokens = 5; //! 3 Field api_tokens is a secret by its name: mark it [debug_redact = true].
  map<string, bytes> passwords = 6; //! 3 Field passwords is a secret by its name: mark it [debug_redact = true].
  string token = 7 [debug_redact = false]; //! 3 Field token is a secret by its name: mark it [debug_redact = true].
  message Inner {
    string client_secret = 1; //! 5 Field client_secret is a secret by its name: mark it [debug_redact = true].
  }
}`,
    "secrets in messages that can hold text": `
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
message Secrets {
  google.protobuf.StringValue token = 1; //! 3 Field token is a secret by its name: mark it [debug_redact = true].
  google.protobuf.BytesValue api_key = 2; //! 3 Field api_key is a secret by its name: mark it [debug_redact = true].
  google.protobuf.Struct credentials = 3; //! 3 Field credentials is a secret by its name: mark it [debug_redact = true].
  repeated google.protobuf.Any secrets = 4; //! 3 Field secrets is a secret by its name: mark it [debug_redact = true].
  google.protobuf.Int32Value tokens = 5;
}`,
    "secrets by comment": `
message Secrets {
  // Secret. The signed URL.
  string url = 1; //! 3 Field url is a secret by its comment: mark it [debug_redact = true].
  // How to connect to the store, which takes a credential.
  // Secret: it contains that.
  Inner inner = 2; //! 3 Field inner is a secret by its comment: mark it [debug_redact = true].
  string link = 3; // Secret if it is signed. //! 3 Field link is a secret by its comment: mark it [debug_redact = true].
}
message Inner {
  Inner more = 1;
}`,
  },
  AGYN_SECRET_PLACEMENT: {
    "secrets in requests and in responses that issue them": `
message RegisterThingResponse { string service_token = 1; }
message EnrollThingRequest { string service_token = 1; }
message EnrollThingResponse { bytes identity_json = 1; }
message ValidateTokenRequest { string token_hash = 1; }
message GetUrlResponse {
  // Secret. The signed URL.
  string url = 1;
}
message Thing { string token_prefix = 1; }`,
    "secrets in messages that only requests contain": `
message LoginRequest { Proof proof = 1; map<string, Proof> more = 2; }
message Proof { Proof other = 1; Password password = 2; }
message Password { string password = 1; string password_hash = 2; }`,
    "secrets in messages that other messages contain": `
message LoginRequest {
  Proof proof = 1;
  message Inner { string token_hash = 1; } //! 19 Field token_hash is the hash of a secret, and Outer contains Inner: keep it in requests.
}
message LoginResponse { Proof proof = 1; }
message Proof {
  string password = 1; //! 3 Field password is a secret, and Proof is a resource, which LoginResponse contains: keep it in requests and in the response that issues it.
}
message EnrollThingRequest {
  string service_token = 1; //! 3 Field service_token is a secret, and Thing contains EnrollThingRequest: keep it in requests and in the response that issues it.
}
message SignRequest { Key key = 1; }
message SignResponse { Key key = 1; }
message Key {
  bytes private_key = 1; //! 3 Field private_key is a secret, and Key is a resource, which SignResponse contains: keep it in requests and in the response that issues it.
}
message Thing { map<string, EnrollThingRequest> last = 1; }
message GetThingResponse { oneof one { Outer outer = 1; } }
message Outer { RegisterThingResponse registered = 1; LoginRequest.Inner inner = 2; }
message RegisterThingResponse {
  string service_token = 1; //! 3 Field service_token is a secret, and Outer contains RegisterThingResponse: keep it in requests and in the response that issues it.
}`,
    "secrets in a resource": `
message Thing {
  string service_token = 1; //! 3 Field service_token is a secret, and Thing is a resource: keep it in requests and in the response that issues it.
  string token_hash = 2; //! 3 Field token_hash is the hash of a secret, and Thing is a resource: keep it in requests.
}`,
    "secrets in responses that do not issue them": `
message RegisterThingResponse {
  string token_hash = 1; //! 3 Field token_hash is the hash of a secret, and RegisterThingResponse is a response: keep it in requests.
}
message GetThingResponse {
  string service_token = 1; //! 3 Field service_token is a secret, and GetThingResponse does not issue it: keep it in requests and in the response that issues it.
}
message ListThingsResponse {
  repeated string api_tokens = 1; //! 3 Field api_tokens is a secret, and ListThingsResponse does not issue it: keep it in requests and in the response that issues it.
}
message ValidateTokenResponse {
  message Inner { string token = 1; } //! 19 Field token is a secret, and ValidateTokenResponse does not issue it: keep it in requests and in the response that issues it.
}`,
  },
  AGYN_UPDATE_OPTIONAL: {
    "optional fields": `
message Thing {}
message UpdateThingRequest {
  string id = 1;
  string identity_id = 2;
  optional string name = 3;
  optional Thing thing = 4;
  oneof choice { string a = 5; string b = 6; }
}`,
    "fields of requests that update no resource": `
enum Status { STATUS_UNSPECIFIED = 0; }
message UpdateStatusRequest { string id = 1; Status status = 2; }
message UpdateOtherRequest { string name = 1; }`,
    "fields that cannot be unset": `
message Thing {}
message UpdateThingRequest {
  string id = 1;
  string name = 2; //! 3 Field name of UpdateThingRequest must be optional: unset means leave unchanged.
  Thing thing = 3; //! 3 Field thing of UpdateThingRequest must be optional: unset means leave unchanged.
  repeated string tags = 4; //! 3 Field tags of UpdateThingRequest must be optional, which a list cannot be: put it in an optional message, or update it with a separate RPC.
  map<string, string> labels = 5; //! 3 Field labels of UpdateThingRequest must be optional, which a map cannot be: put it in an optional message, or update it with a separate RPC.
}`,
  },
  AGYN_TIMESTAMP: {
    "the type Timestamp": `
${timestamp}
message Thing { google.protobuf.Timestamp ended_at = 1; int64 format = 2; }`,
    "other types": `
${timestamp}
message Thing {
  int64 created_at = 1; //! 3 Field created_at must be google.protobuf.Timestamp, not int64.
  optional string deleted_at = 2; //! 12 Field deleted_at must be google.protobuf.Timestamp, not string.
  repeated google.protobuf.Timestamp seen_at = 3; //! 12 Field seen_at must be google.protobuf.Timestamp, not repeated google.protobuf.Timestamp.
}`,
  },
  AGYN_ID_TYPE: {
    "the type string": `
message Thing { string id = 1; optional string a_id = 2; repeated string b_ids = 3; bool paid = 4; }`,
    "other types": `
message Thing {
  int64 id = 1; //! 3 Field id must be string, not int64.
  bytes span_id = 2; //! 3 Field span_id must be string, not bytes.
  repeated string user_id = 3; //! 12 Field user_id must be string, not repeated string.
  string user_ids = 4; //! 3 Field user_ids must be repeated string, not string.
  oneof choice {
    uint32 other_id = 5; //! 5 Field other_id must be string, not uint32.
  }
}`,
  },
  AGYN_GO_PACKAGE: {
    "the path of the package": `
package go.agent_state.v1;
option go_package = "github.com/agynio/api/gen/go/agent_state/v1;agentstatev1";`,
    "another path": `
package go.other.v1;
option go_package = "github.com/agynio/api/go/other/v1;otherv1"; //! 1 go_package must be "github.com/agynio/api/gen/go/other/v1;otherv1", not "github.com/agynio/api/go/other/v1;otherv1".`,
    "a missing go_package": `
package go.none.v1; //! 1 The file has no go_package: add option go_package = "github.com/agynio/api/gen/go/none/v1;nonev1";`,
  },
  AGYN_COMMENT_RESOURCE: {
    "resources with comments": `
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
message GetThingResponse { string token = 1; }`,
    "resources without comments": `
import "google/protobuf/duration.proto"; import "google/protobuf/struct.proto"; import "google/protobuf/wrappers.proto";
message Thing { //! 1 Message Thing is a resource and must have a comment that describes it.
  string token = 1; //! 3 Field token is a secret and must have a comment that describes it.
  int64 timeout_ms = 2; //! 3 Field timeout_ms is a quantity and must have a comment that states its unit.
  optional string owner = 3; //! 3 Field owner is optional and must have a comment that explains what unset means.
  google.protobuf.Duration grace = 4; //! 3 Field grace is a quantity and must have a comment that states its unit.
  string marked = 5 [debug_redact = true]; //! 3 Field marked is a secret and must have a comment that describes it.
  string name = 6;
  message Part {} //! 3 Message Part is a resource and must have a comment that describes it.
  google.protobuf.BoolValue maybe = 7; //! 3 Field maybe is optional and must have a comment that explains what unset means.
  google.protobuf.ListValue list = 8;
  repeated google.protobuf.BoolValue values = 9;
}`,
  },
};

/** Reads a case: the path and the text of its file, and the findings that it expects. */
function readCase(rule: string, name: string, given: string) {
  const casePackage = `${rule}_${name.replace(/\W+/g, "_")}`.toLowerCase();
  const text = given.includes("\npackage ") ? given : `package CASE;${given}`;
  const lines = [`syntax = "proto3";`];
  const expected: string[] = [];
  for (const line of text.replaceAll("CASE", casePackage).split("\n")) {
    const [code = "", ...messages] = line.split(/ *\/\/! /);
    if (code !== "" || messages.length === 0) {
      lines.push(code);
    }
    expected.push(...messages.map((message) => `${lines.length}:${message}`));
  }
  const proto = lines.join("\n");
  return { rule, name, path: pathOf(proto), proto, expected };
}

/** Returns the path of a file that is named after its package. */
const pathOf = (proto: string) => `${/^package (.+);/m.exec(proto)?.[1]?.replaceAll(".", "/")}/case.proto`;

const allCases = Object.entries(cases).flatMap(([rule, byName]) =>
  Object.entries(byName).map(([name, text]) => readCase(rule, name, text)),
);

/** Runs buf lint on files with a rule or category. */
async function lint(use: string, files: Record<string, string>) {
  const cwd = temporaryFolder();
  const plugin = ["node", `${root}/lint/plugin/launcher.cjs`];
  const configuration = {
    version: "v2",
    lint: { use: [use], disallow_comment_ignores: true },
    plugins: [{ plugin }],
  };
  writeFiles(cwd, { ...files, "buf.yaml": JSON.stringify(configuration) });
  return buf(here, ["lint", "--error-format", "json"], { cwd });
}

const ids = Object.values(rules).map(({ id }) => id);

test("each rule has cases that follow it and cases that violate it", () => {
  const rulesOf = (wanted: typeof allCases) => [...new Set(wanted.map(({ rule }) => rule))].sort();
  expect(rulesOf(allCases.filter(({ expected }) => expected.length === 0))).toEqual(ids);
  expect(rulesOf(allCases.filter(({ expected }) => expected.length > 0))).toEqual(ids);
});

/** What buf reports about the cases, by the ID of a rule and the path of a file. */
const findings = new Map<string, string[]>();

beforeAll(async () => {
  const protos = [...imported, ...allCases.map(({ proto }) => proto)];
  const result = await lint("AGYN", Object.fromEntries(protos.map((proto) => [pathOf(proto), proto])));
  expect(result.stderr).toBe("");
  expect(result.code).toBe(100);
  for (const line of result.stdout.toString().trim().split("\n")) {
    const { path, start_line, start_column, type, message } = JSON.parse(line);
    const key = `${type} ${path}`;
    findings.set(key, [...(findings.get(key) ?? []), `${start_line}:${start_column} ${message}`]);
  }
});

test.each(
  allCases.map((it) => [it.rule, it.expected.length > 0 ? "rejects" : "accepts", it.name, it] as const),
)("%s %s %s", (rule, _verb, _name, { path, expected }) => {
  expect(findings.get(`${rule} ${path}`) ?? []).toEqual(expected);
});

describe("the contract", () => {
  test("follows the rules", async () => {
    const result = await buf(here, ["lint"]);
    expect(outputOf(result)).toBe("");
    expect(result.code).toBe(0);
  });

  test("is checked by every rule, and the protocol that it imports by none", async () => {
    const configured = async (module: string) => {
      const args = ["config", "ls-lint-rules", "--configured-only", "--module-path", module];
      const { stdout } = await buf(here, [...args, "--format", "json"]);
      return stdout.toString().match(/AGYN_\w+/g) ?? [];
    };
    expect(await configured("proto")).toEqual(ids);
    expect(await configured("third_party/opentelemetry")).toEqual([]);
  });

  test("cannot disable a rule by a comment", async () => {
    const proto = `syntax = "proto3";
message A {
  // buf:lint:ignore AGYN_TIMESTAMP
  int64 created_at = 1;
}`;
    const { code, stdout } = await lint("AGYN_TIMESTAMP", { "a.proto": proto });
    expect(JSON.parse(stdout.toString())).toMatchObject({
      path: "a.proto",
      start_line: 4,
      type: "AGYN_TIMESTAMP",
    });
    expect(code).toBe(100);
  });
});
