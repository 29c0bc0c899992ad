import {
  addTo,
  api,
  append,
  cut,
  type Files,
  gateway,
  header,
  otel,
  remove,
  replace,
  textOf,
} from "./contract-edits.js";

/** One change of the contract that breaks nobody. */
export interface HarmlessMutation {
  kind: "harmless";
  /** What it does; unique. */
  name: string;
  /** Does it. */
  edit: (files: Files) => void;
}

const harmless = (name: string, edit: (files: Files) => void): HarmlessMutation => ({
  kind: "harmless",
  name,
  edit,
});

/** An edit that replaces text: see `replace`. */
const swap =
  (path: string, block: string, from: string, to: string) =>
  (files: Files): void =>
    replace(files, path, from, to, block);

/** An edit that adds lines to the end of a declaration's body: see `append`. */
const grow =
  (path: string, block: string, lines: string) =>
  (files: Files): void =>
    append(files, path, block, lines);

/** An edit that adds declarations to the end of a file. */
const extend =
  (path: string, text: string) =>
  (files: Files): void =>
    addTo(files, path, text);

/** Kinds of change that every release may make. */
export const harmlessMutations: HarmlessMutation[] = [
  // What is new
  harmless("add a file to a package", (files) => {
    files.set(
      "proto/agynio/api/chat/v1/reactions.proto",
      `${header(files, api("chat"))}\n// Reaction is an emoji.\nmessage Reaction {\n  string emoji = 1;\n}\n`,
    );
  }),
  harmless("add a package", (files) => {
    files.set(
      api("billing"),
      `syntax = "proto3";\n\npackage agynio.api.billing.v1;\n\n// Invoice is what an organization owes.\nmessage Invoice {\n  string id = 1;\n}\n`,
    );
  }),
  harmless("add the next version of a package", (files) => {
    files.set(
      "proto/agynio/api/files/v2/files.proto",
      textOf(files, api("files")).replaceAll("files.v1", "files.v2").replaceAll("files/v1", "files/v2"),
    );
  }),
  harmless(
    "add a service",
    extend(
      api("identity"),
      "// AuditService is new.\nservice AuditService {\n  // GetIdentityType is there as well.\n  rpc GetIdentityType(GetIdentityTypeRequest) returns (GetIdentityTypeResponse);\n}",
    ),
  ),
  harmless("add an RPC", (files) => {
    append(
      files,
      api("chat"),
      "service ChatService {",
      "\n  // LeaveChat is new.\n  rpc LeaveChat(LeaveChatRequest) returns (LeaveChatResponse);",
    );
    addTo(
      files,
      api("chat"),
      "message LeaveChatRequest {\n  string chat_id = 1;\n}\n\nmessage LeaveChatResponse {}",
    );
  }),
  harmless(
    "expose an RPC through the gateway",
    grow(
      gateway("runners"),
      "service RunnersGateway {",
      "\n  // GetRunner returns a runner.\n  rpc GetRunner(agynio.api.runners.v1.GetRunnerRequest) returns (agynio.api.runners.v1.GetRunnerResponse);",
    ),
  ),
  harmless(
    "add a message",
    extend(
      api("threads"),
      "// Draft is a message that is not sent yet.\nmessage Draft {\n  string body = 1;\n}",
    ),
  ),
  harmless(
    "add a nested message",
    grow(
      api("users"),
      "message User {",
      "\n  // Preferences are new.\n  message Preferences {\n    string locale = 1;\n  }",
    ),
  ),
  harmless(
    "add a field",
    grow(
      api("chat"),
      "message ChatMessage {",
      "\n  // UUID of the message that this one answers.\n  string reply_to_id = 7;",
    ),
  ),
  harmless(
    "add an optional field",
    grow(api("threads"), "message Thread {", "\n  // Title, if it has one.\n  optional string title = 6;"),
  ),
  harmless(
    "add a repeated field",
    grow(api("apps"), "message AppProfile {", "\n  // Words to find it by.\n  repeated string tags = 6;"),
  ),
  harmless(
    "add a map",
    grow(api("files"), "message FileInfo {", "\n  // Further facts.\n  map<string, string> labels = 6;"),
  ),
  harmless(
    "add a oneof with its members",
    grow(
      api("secrets"),
      "message VaultConfig {",
      "\n  // How to sign in.\n  oneof login {\n    string role = 3;\n    string user = 4;\n  }",
    ),
  ),
  harmless(
    "add a member to a oneof",
    grow(api("files"), "  oneof payload {".trimStart(), "    string comment = 3;"),
  ),
  harmless(
    "add a field to an empty message",
    swap(
      api("identity"),
      "",
      "message RegisterIdentityResponse {}",
      "message RegisterIdentityResponse {\n  IdentityType identity_type = 1;\n}",
    ),
  ),
  harmless(
    "add a field between others",
    swap(
      api("organizations"),
      "message Organization {",
      "  string name = 2;\n",
      "  string name = 2;\n  string slug = 5;\n",
    ),
  ),
  harmless(
    "add a field to a file of OpenTelemetry",
    grow(otel("common"), "message EntityRef {", "\n  string origin = 5;"),
  ),
  harmless(
    "add an enum",
    extend(api("tracing"), "// Verbosity is new.\nenum Verbosity {\n  VERBOSITY_UNSPECIFIED = 0;\n}"),
  ),
  harmless(
    "add an enum value",
    grow(api("identity"), "enum IdentityType {", "  // A scheduled job.\n  IDENTITY_TYPE_JOB = 6;"),
  ),
  harmless("add an alias of an enum value", (files) => {
    replace(
      files,
      api("token_counting"),
      "enum TokenCountingModel {",
      "enum TokenCountingModel {\n  option allow_alias = true;",
    );
    append(files, api("token_counting"), "enum TokenCountingModel {", "  TOKEN_COUNTING_MODEL_GPT_5_1 = 1;");
  }),
  harmless(
    "add an import",
    swap(
      api("identity"),
      "",
      "\noption go_package",
      '\nimport "google/protobuf/timestamp.proto";\n\noption go_package',
    ),
  ),

  // What is deprecated
  harmless(
    "deprecate a field",
    swap(api("chat"), "message ChatMessage {", "string body = 4;", "string body = 4 [deprecated = true];"),
  ),
  harmless(
    "deprecate an RPC",
    swap(
      api("chat"),
      "service ChatService {",
      "returns (GetChatsResponse);",
      "returns (GetChatsResponse) {\n    option deprecated = true;\n  }",
    ),
  ),
  harmless(
    "deprecate a service",
    swap(
      gateway("tracing"),
      "",
      "service TracingGateway {",
      "service TracingGateway {\n  option deprecated = true;\n",
    ),
  ),
  harmless(
    "deprecate a message",
    swap(
      api("threads"),
      "",
      "message MessageRecipient {",
      "message MessageRecipient {\n  option deprecated = true;\n",
    ),
  ),
  harmless(
    "deprecate an enum",
    swap(api("llm"), "", "enum AuthMethod {", "enum AuthMethod {\n  option deprecated = true;\n"),
  ),
  harmless(
    "deprecate an enum value",
    swap(
      api("identity"),
      "enum IdentityType {",
      "IDENTITY_TYPE_CHANNEL = 3;",
      "IDENTITY_TYPE_CHANNEL = 3 [deprecated = true];",
    ),
  ),
  harmless(
    "deprecate a file",
    swap(gateway("users"), "", "\noption go_package", "\noption deprecated = true;\noption go_package"),
  ),

  // What is reserved
  harmless("reserve a number", grow(api("files"), "message FileInfo {", "\n  reserved 6, 9 to 12;")),
  harmless("reserve a name", grow(api("users"), "message APIToken {", '\n  reserved "secret";')),
  harmless(
    "reserve an enum's number and name",
    grow(api("runners"), "enum RunnerStatus {", '  reserved 4;\n  reserved "RUNNER_STATUS_BROKEN";'),
  ),
  harmless(
    "reserve more numbers",
    swap(otel("trace"), "message Status {", "reserved 1;", "reserved 1, 4 to 6;"),
  ),

  // What only readers of the file see
  harmless("change a comment", (files) => {
    files.set(api("agents"), textOf(files, api("agents")).replace(/^\/\/ .*$/m, "// Agents live here."));
  }),
  harmless("delete every comment", (files) => {
    files.set(api("runner"), textOf(files, api("runner")).replace(/^ *\/\/.*\n/gm, ""));
  }),
  harmless("reorder fields", (files) => {
    replace(files, api("users"), "  string email = 4;\n", "", "message User {");
    append(files, api("users"), "message User {", "  string email = 4;");
  }),
  harmless(
    "reorder messages",
    (files) => void addTo(files, api("chat"), cut(files, api("chat"), "message Chat {")),
  ),
  harmless("reorder RPCs", (files) => {
    replace(files, gateway("files"), "  rpc GetFileMetadata(", "  rpc Placeholder(");
    files.set(
      gateway("files"),
      reversed(textOf(files, gateway("files")).replace("Placeholder", "GetFileMetadata"), /^ {2}rpc .*;$/gm),
    );
  }),
  harmless("reorder enum values", (files) => {
    files.set(api("threads"), reversed(textOf(files, api("threads")), /^ {2}THREAD_STATUS_A\w+ = \d;$/gm));
  }),
  harmless("reorder the members of a oneof", (files) => {
    files.set(
      api("authorization"),
      reversed(textOf(files, api("authorization")), /^ {4}string \w+ = \d;$/gm),
    );
  }),
  harmless("indent otherwise", (files) => {
    files.set(api("llm"), textOf(files, api("llm")).replace(/^ {2}/gm, "\t"));
  }),
  harmless("end lines as Windows does", (files) => {
    files.set(api("notifications"), textOf(files, api("notifications")).replaceAll("\n", "\r\n"));
  }),
  harmless("join a message to one line", (files) => {
    replace(
      files,
      api("users"),
      cut(new Map(files), api("users"), "message RevokeAPITokenRequest {"),
      "message RevokeAPITokenRequest { string token_id = 1; }",
    );
  }),
  harmless(
    "write a number in hexadecimal",
    swap(api("chat"), "message ChatMessage {", "string sender_id = 3;", "string sender_id = 0x3;"),
  ),
  harmless(
    "write a type's name in full",
    swap(api("chat"), "message CreateChatResponse {", "Chat chat = 1;", ".agynio.api.chat.v1.Chat chat = 1;"),
  ),
  harmless(
    "write the json_name that a field has anyway",
    swap(
      api("chat"),
      "message ChatMessage {",
      "string sender_id = 3;",
      'string sender_id = 3 [json_name = "senderId"];',
    ),
  ),
  harmless("move a module to another folder", (files) => {
    for (const path of [...files.keys()].filter((name) => name.startsWith("third_party/opentelemetry/"))) {
      files.set(path.replace("third_party/opentelemetry/", "vendored/otel/"), remove(files, path));
    }
    replace(files, "buf.yaml", "path: third_party/opentelemetry", "path: vendored/otel");
  }),
];

/** The text with the matches of a pattern in reverse order. */
function reversed(text: string, pattern: RegExp): string {
  const matches = text.match(pattern) ?? [];
  return text.replace(pattern, () => matches.pop() ?? "");
}
