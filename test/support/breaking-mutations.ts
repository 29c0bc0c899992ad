import {
  addTo,
  api,
  cut,
  type Files,
  gateway,
  header,
  otel,
  remove,
  replace,
  textOf,
} from "./contract-edits.js";

/** What the gate must say of a breaking change: one of its findings. */
export interface Break {
  /** buf's rule. */
  rule: string;
  severity: "wire" | "json" | "code";
  /** Path of the file, from the repository's root. */
  file: string;
  /** What the line of the finding begins with, after its indentation; nothing when the file is gone. */
  at?: string;
}

/** One breaking change of the contract. */
export interface BreakingMutation {
  kind: "breaking";
  /** What it does; unique. */
  name: string;
  /** Does it. */
  edit: (files: Files) => void;
  /** All that the gate must find, in any order, and nothing else. */
  breaks: Break[];
}

const breaking = (name: string, edit: (files: Files) => void, ...breaks: Break[]): BreakingMutation => ({
  kind: "breaking",
  name,
  edit,
  breaks,
});

const found =
  (severity: Break["severity"]) =>
  (rule: string, file: string, at?: string): Break => ({ rule, severity, file, at });
const wire = found("wire");
const json = found("json");
const code = found("code");

/** An edit that replaces text: see `replace`. */
const swap =
  (path: string, block: string, from: string, to: string) =>
  (files: Files): void =>
    replace(files, path, from, to, block);

/** Kinds of change that no release may make. */
export const breakingMutations: BreakingMutation[] = [
  // Files and packages
  breaking(
    "delete a file",
    (files) => void remove(files, gateway("users")),
    code("FILE_NO_DELETE", gateway("users")),
  ),
  breaking(
    "move a file",
    (files) => {
      files.set(gateway("file_transfer"), remove(files, gateway("files")));
    },
    code("FILE_NO_DELETE", gateway("files")),
  ),
  breaking(
    "delete a package",
    (files) => {
      remove(files, gateway("secrets"));
      remove(files, api("secrets"));
    },
    code("FILE_NO_DELETE", gateway("secrets")),
    code("FILE_NO_DELETE", api("secrets")),
  ),
  breaking(
    "delete a file that its folder had alone",
    (files) => void remove(files, api("authorization")),
    code("FILE_NO_DELETE", api("authorization")),
  ),
  breaking(
    "rename a package",
    (files) => {
      replace(
        files,
        api("notifications"),
        "package agynio.api.notifications.v1;",
        "package agynio.api.events.v1;",
      );
      const front = textOf(files, gateway("notifications"));
      files.set(
        gateway("notifications"),
        front.replaceAll("agynio.api.notifications.v1.", "agynio.api.events.v1."),
      );
    },
    wire("FILE_SAME_PACKAGE", api("notifications"), "package agynio.api.events.v1;"),
    wire("RPC_SAME_REQUEST_TYPE", gateway("notifications"), "rpc Subscribe("),
    wire("RPC_SAME_RESPONSE_TYPE", gateway("notifications"), "rpc Subscribe("),
  ),
  breaking(
    "move a file's package to the next version",
    swap(gateway("chat"), "", "package agynio.api.gateway.v1;", "package agynio.api.gateway.v2;"),
    wire("FILE_SAME_PACKAGE", gateway("chat"), "package agynio.api.gateway.v2;"),
  ),

  // Services and RPCs
  breaking(
    "delete a service",
    (files) => void cut(files, api("identity"), "service IdentityService {"),
    code("SERVICE_NO_DELETE", api("identity"), 'syntax = "proto3";'),
  ),
  breaking(
    "rename a service",
    swap(api("users"), "", "service UsersService {", "service UserService {"),
    code("SERVICE_NO_DELETE", api("users"), 'syntax = "proto3";'),
  ),
  breaking(
    "move a service to another file of its package",
    (files) => {
      addTo(files, gateway("apps"), cut(files, gateway("token_counting"), "service TokenCountingGateway {"));
      replace(
        files,
        gateway("apps"),
        'import "',
        'import "agynio/api/token_counting/v1/token_counting.proto";\nimport "',
      );
    },
    code("SERVICE_NO_DELETE", gateway("token_counting"), 'syntax = "proto3";'),
  ),
  breaking(
    "delete an RPC",
    swap(
      api("runner"),
      "",
      "  rpc CancelExecution(CancelExecutionRequest) returns (CancelExecutionResponse);\n",
      "",
    ),
    code("RPC_NO_DELETE", api("runner"), "service RunnerService {"),
  ),
  breaking(
    "delete an RPC of the gateway",
    swap(
      gateway("runners"),
      "",
      "  rpc GetWorkload(agynio.api.runners.v1.GetWorkloadRequest) returns (agynio.api.runners.v1.GetWorkloadResponse);\n",
      "",
    ),
    code("RPC_NO_DELETE", gateway("runners"), "service RunnersGateway {"),
  ),
  breaking(
    "rename an RPC",
    swap(api("chat"), "", "rpc MarkAsRead(", "rpc MarkRead("),
    code("RPC_NO_DELETE", api("chat"), "service ChatService {"),
  ),
  breaking(
    "let an RPC's client stream",
    swap(
      api("identity"),
      "",
      "rpc RegisterIdentity(RegisterIdentityRequest)",
      "rpc RegisterIdentity(stream RegisterIdentityRequest)",
    ),
    wire("RPC_SAME_CLIENT_STREAMING", api("identity"), "rpc RegisterIdentity("),
  ),
  breaking(
    "let an RPC's client no longer stream",
    swap(api("files"), "", "rpc UploadFile(stream UploadFileRequest)", "rpc UploadFile(UploadFileRequest)"),
    wire("RPC_SAME_CLIENT_STREAMING", api("files"), "rpc UploadFile("),
  ),
  breaking(
    "let an RPC's server stream",
    swap(api("tracing"), "", "returns (GetTraceResponse)", "returns (stream GetTraceResponse)"),
    wire("RPC_SAME_SERVER_STREAMING", api("tracing"), "rpc GetTrace("),
  ),
  breaking(
    "let an RPC's server no longer stream",
    swap(api("notifications"), "", "returns (stream SubscribeResponse)", "returns (SubscribeResponse)"),
    wire("RPC_SAME_SERVER_STREAMING", api("notifications"), "rpc Subscribe("),
  ),
  breaking(
    "change an RPC's request",
    swap(
      api("organizations"),
      "",
      "rpc GetOrganization(GetOrganizationRequest)",
      "rpc GetOrganization(DeleteOrganizationRequest)",
    ),
    wire("RPC_SAME_REQUEST_TYPE", api("organizations"), "rpc GetOrganization("),
  ),
  breaking(
    "change an RPC's response",
    swap(api("threads"), "", "returns (GetUnackedMessagesResponse)", "returns (GetMessagesResponse)"),
    wire("RPC_SAME_RESPONSE_TYPE", api("threads"), "rpc GetUnackedMessages("),
  ),
  breaking(
    "change an RPC's idempotency level",
    swap(
      api("llm"),
      "",
      "rpc GetModel(GetModelRequest) returns (GetModelResponse);",
      "rpc GetModel(GetModelRequest) returns (GetModelResponse) {\n    option idempotency_level = NO_SIDE_EFFECTS;\n  }",
    ),
    wire("RPC_SAME_IDEMPOTENCY_LEVEL", api("llm"), "option idempotency_level = NO_SIDE_EFFECTS;"),
  ),

  // Messages
  breaking(
    "delete a message",
    (files) => void cut(files, api("threads"), "message MessageRecipient {"),
    code("MESSAGE_NO_DELETE", api("threads"), 'syntax = "proto3";'),
  ),
  breaking(
    "rename a message",
    (files) => {
      files.set(
        api("authorization"),
        textOf(files, api("authorization")).replace(/\bUserTypeFilter\b/g, "UserFilter"),
      );
    },
    code("MESSAGE_NO_DELETE", api("authorization"), 'syntax = "proto3";'),
    wire("FIELD_SAME_TYPE", api("authorization"), "repeated UserFilter user_filters = 3;"),
  ),
  breaking(
    "move a message to another file of its package",
    (files) => {
      const message = cut(files, api("threads"), "message MessageRecipient {");
      files.set(
        "proto/agynio/api/threads/v1/recipients.proto",
        `${header(files, api("threads"))}\n${message}\n`,
      );
    },
    code("MESSAGE_NO_DELETE", api("threads"), 'syntax = "proto3";'),
  ),
  breaking(
    "delete a nested message with its field",
    (files) => {
      cut(files, otel("trace"), "message Link {");
      replace(files, otel("trace"), "  repeated Link links = 13;\n", "");
    },
    wire("FIELD_NO_DELETE", otel("trace"), "message Span {"),
    code("MESSAGE_NO_DELETE", otel("trace"), "message Span {"),
  ),

  // Fields
  breaking(
    "delete a field",
    swap(api("chat"), "message ChatMessage {", "  string sender_id = 3;\n", ""),
    wire("FIELD_NO_DELETE", api("chat"), "message ChatMessage {"),
  ),
  breaking(
    "delete a field and reserve its number",
    swap(api("files"), "message FileInfo {", "  string content_type = 3;\n", "  reserved 3;\n"),
    json("FIELD_NO_DELETE", api("files"), "message FileInfo {"),
  ),
  breaking(
    "delete a field and reserve its number and name",
    swap(
      api("llm"),
      "message Model {",
      "  string remote_name = 4;\n",
      '  reserved 4;\n  reserved "remote_name";\n',
    ),
    code("FIELD_NO_DELETE", api("llm"), "message Model {"),
  ),
  breaking(
    "renumber a field",
    swap(api("threads"), "message Thread {", "ThreadStatus status = 3;", "ThreadStatus status = 6;"),
    wire("FIELD_NO_DELETE", api("threads"), "message Thread {"),
  ),
  breaking(
    "swap the numbers of two fields",
    (files) => {
      replace(
        files,
        api("authorization"),
        "string type = 1;",
        "string type = 2;",
        "message UserTypeFilter {",
      );
      replace(
        files,
        api("authorization"),
        "string relation = 2;",
        "string relation = 1;",
        "message UserTypeFilter {",
      );
    },
    json("FIELD_SAME_JSON_NAME", api("authorization"), "string type = 2;"),
    json("FIELD_SAME_NAME", api("authorization"), "string type = 2;"),
    json("FIELD_SAME_JSON_NAME", api("authorization"), "string relation = 1;"),
    json("FIELD_SAME_NAME", api("authorization"), "string relation = 1;"),
  ),
  breaking(
    "rename a field",
    swap(api("users"), "message User {", "string photo_url = 5;", "string picture_url = 5;"),
    json("FIELD_SAME_JSON_NAME", api("users"), "string picture_url = 5;"),
    json("FIELD_SAME_NAME", api("users"), "string picture_url = 5;"),
  ),
  breaking(
    "rename a field and keep its JSON name",
    swap(
      api("users"),
      "message User {",
      "string photo_url = 5;",
      'string picture_url = 5 [json_name = "photoUrl"];',
    ),
    json("FIELD_SAME_NAME", api("users"), 'string picture_url = 5 [json_name = "photoUrl"];'),
  ),
  breaking(
    "change a field's json_name",
    swap(api("apps"), "message AppProfile {", "string slug = 2;", 'string slug = 2 [json_name = "handle"];'),
    json("FIELD_SAME_JSON_NAME", api("apps"), 'string slug = 2 [json_name = "handle"];'),
  ),
  breaking(
    "change a field's type to one of another wire type",
    swap(api("notifications"), "message NotificationEnvelope {", "string source = 3;", "int32 source = 3;"),
    wire("FIELD_SAME_TYPE", api("notifications"), "int32 source = 3;"),
  ),
  breaking(
    "change a field's type to one that only JSON tells apart",
    swap(api("files"), "message UploadFileMetadata {", "int64 size_bytes = 3;", "int32 size_bytes = 3;"),
    json("FIELD_SAME_TYPE", api("files"), "int32 size_bytes = 3;"),
  ),
  breaking(
    "change a field's type from string to bytes",
    swap(api("secrets"), "message VaultConfig {", "string token = 2 ", "bytes token = 2 "),
    json("FIELD_SAME_TYPE", api("secrets"), "bytes token = 2 [debug_redact = true];"),
  ),
  breaking(
    "change a field's sign encoding",
    swap(
      api("token_counting"),
      "message CountTokensResponse {",
      "repeated int32 tokens = 1;",
      "repeated sint32 tokens = 1;",
    ),
    wire("FIELD_SAME_TYPE", api("token_counting"), "repeated sint32 tokens = 1;"),
  ),
  breaking(
    "change a field's type from fixed to variable width",
    swap(otel("trace"), "message Event {", "fixed64 time_unix_nano = 1;", "uint64 time_unix_nano = 1;"),
    wire("FIELD_SAME_TYPE", otel("trace"), "uint64 time_unix_nano = 1;"),
  ),
  breaking(
    "change a field's type from enum to number",
    swap(
      api("ziti_management"),
      "message ManagedIdentity {",
      "agynio.api.identity.v1.IdentityType identity_type = 3;",
      "int32 identity_type = 3;",
    ),
    wire("FIELD_SAME_TYPE", api("ziti_management"), "int32 identity_type = 3;"),
  ),
  breaking(
    "change a field's type to another enum",
    swap(api("runner"), "message StartWorkloadResponse {", "WorkloadStatus status", "VolumeKind status"),
    wire("FIELD_SAME_TYPE", api("runner"), "VolumeKind status = 3;"),
  ),
  breaking(
    "change a field's type to another message",
    swap(api("chat"), "message CreateChatResponse {", "Chat chat = 1;", "ChatMessage chat = 1;"),
    wire("FIELD_SAME_TYPE", api("chat"), "ChatMessage chat = 1;"),
  ),
  breaking(
    "change a field's type from message to scalar",
    swap(
      api("organizations"),
      "message Organization {",
      "google.protobuf.Timestamp created_at = 3;",
      "int64 created_at = 3;",
    ),
    code("FIELD_SAME_CARDINALITY", api("organizations"), "int64 created_at = 3;"),
    wire("FIELD_SAME_TYPE", api("organizations"), "int64 created_at = 3;"),
  ),
  breaking(
    "make a field repeated",
    swap(
      api("identity"),
      "message GetIdentityTypeRequest {",
      "string identity_id = 1;",
      "repeated string identity_id = 1;",
    ),
    wire("FIELD_SAME_CARDINALITY", api("identity"), "repeated string identity_id = 1;"),
  ),
  breaking(
    "make a repeated field singular",
    swap(api("threads"), "message Message {", "repeated string file_ids = 5;", "string file_ids = 5;"),
    wire("FIELD_SAME_CARDINALITY", api("threads"), "string file_ids = 5;"),
  ),
  breaking(
    "make a map a list of pairs",
    swap(
      api("runner"),
      "message GetWorkloadLabelsResponse {",
      "map<string, string> labels = 1;",
      "repeated RunnerError labels = 1;",
    ),
    code("MESSAGE_NO_DELETE", api("runner"), "message GetWorkloadLabelsResponse {"),
    json("FIELD_SAME_CARDINALITY", api("runner"), "repeated RunnerError labels = 1;"),
    wire("FIELD_SAME_TYPE", api("runner"), "repeated RunnerError labels = 1;"),
  ),
  breaking(
    "change a map's values",
    swap(
      api("agent_state"),
      "message ToolOutputBody {",
      "map<string, string> metadata = 10;",
      "map<string, int64> metadata = 10;",
    ),
    wire("FIELD_SAME_TYPE", api("agent_state"), "map<string, int64> metadata = 10;"),
  ),
  breaking(
    "make a field optional",
    swap(api("runners"), "message Runner {", "string identity_id = 4;", "optional string identity_id = 4;"),
    code("FIELD_SAME_CARDINALITY", api("runners"), "optional string identity_id = 4;"),
  ),
  breaking(
    "make an optional field plain",
    swap(api("agents"), "message UpdateAgentRequest {", "optional string role = 3;", "string role = 3;"),
    code("FIELD_SAME_CARDINALITY", api("agents"), "string role = 3;"),
  ),
  breaking(
    "change a field's JavaScript type",
    swap(
      api("files"),
      "message FileInfo {",
      "int64 size_bytes = 4;",
      "int64 size_bytes = 4 [jstype = JS_STRING];",
    ),
    code("FIELD_SAME_JSTYPE", api("files"), "int64 size_bytes = 4 [jstype = JS_STRING];"),
  ),

  // Oneofs
  breaking(
    "move a field into a new oneof",
    swap(
      api("secrets"),
      "message VaultConfig {",
      "string token = 2 [debug_redact = true];",
      "oneof credential {\n    string token = 2 [debug_redact = true];\n  }",
    ),
    code("FIELD_SAME_CARDINALITY", api("secrets"), "string token = 2 [debug_redact = true];"),
    wire("FIELD_SAME_ONEOF", api("secrets"), "string token = 2 [debug_redact = true];"),
  ),
  breaking(
    "move a field out of its oneof",
    (files) => {
      replace(
        files,
        api("authorization"),
        "    string wildcard = 2;\n  }",
        "  }\n  string wildcard = 2;",
        "message User {",
      );
    },
    code("FIELD_SAME_CARDINALITY", api("authorization"), "string wildcard = 2;"),
    wire("FIELD_SAME_ONEOF", api("authorization"), "string wildcard = 2;"),
  ),
  breaking(
    "dissolve a oneof",
    (files) => {
      const body = cut(files, api("secrets"), "oneof provider {");
      replace(
        files,
        api("secrets"),
        "message SecretProviderConfig {",
        `message SecretProviderConfig {\n${body.split("\n").slice(1, -1).join("\n")}`,
      );
    },
    code("ONEOF_NO_DELETE", api("secrets"), "message SecretProviderConfig {"),
    wire("FIELD_SAME_ONEOF", api("secrets"), "VaultConfig vault = 1;"),
  ),
  breaking(
    "rename a oneof",
    swap(api("files"), "message UploadFileRequest {", "oneof payload {", "oneof content {"),
    code("ONEOF_NO_DELETE", api("files"), "message UploadFileRequest {"),
    wire("FIELD_SAME_ONEOF", api("files"), "UploadFileMetadata metadata = 1;"),
    wire("FIELD_SAME_ONEOF", api("files"), "UploadFileChunk chunk = 2;"),
  ),
  breaking(
    "delete a member of a oneof",
    swap(api("agents"), "message VolumeAttachment {", "    string hook_id = 5;\n", ""),
    wire("FIELD_NO_DELETE", api("agents"), "message VolumeAttachment {"),
  ),
  breaking(
    "delete a oneof with its members",
    (files) => void cut(files, api("agent_state"), "oneof output {"),
    wire("FIELD_NO_DELETE", api("agent_state"), "message ToolOutputBody {"),
    wire("FIELD_NO_DELETE", api("agent_state"), "message ToolOutputBody {"),
    code("ONEOF_NO_DELETE", api("agent_state"), "message ToolOutputBody {"),
  ),

  // Enums
  breaking(
    "delete an enum",
    (files) => {
      cut(files, otel("trace"), "enum SpanFlags {");
    },
    code("ENUM_NO_DELETE", otel("trace"), 'syntax = "proto3";'),
  ),
  breaking(
    "rename an enum",
    (files) => {
      files.set(api("llm"), textOf(files, api("llm")).replace(/\bAuthMethod\b/g, "Authentication"));
    },
    code("ENUM_NO_DELETE", api("llm"), 'syntax = "proto3";'),
    wire("FIELD_SAME_TYPE", api("llm"), "Authentication auth_method = 3;"),
    wire("FIELD_SAME_TYPE", api("llm"), "Authentication auth_method = 2;"),
    wire("FIELD_SAME_TYPE", api("llm"), "optional Authentication auth_method = 3;"),
  ),
  breaking(
    "delete an enum value",
    swap(api("identity"), "enum IdentityType {", "  IDENTITY_TYPE_CHANNEL = 3;\n", ""),
    wire("ENUM_VALUE_NO_DELETE", api("identity"), "enum IdentityType {"),
  ),
  breaking(
    "delete an enum value and reserve its number",
    swap(api("runner"), "enum VolumeKind {", "  VOLUME_KIND_NAMED = 2;\n", "  reserved 2;\n"),
    json("ENUM_VALUE_NO_DELETE", api("runner"), "enum VolumeKind {"),
  ),
  breaking(
    "delete an enum value and reserve its number and name",
    swap(
      api("runners"),
      "enum ContainerStatus {",
      "  CONTAINER_STATUS_WAITING = 3;\n",
      '  reserved 3;\n  reserved "CONTAINER_STATUS_WAITING";\n',
    ),
    code("ENUM_VALUE_NO_DELETE", api("runners"), "enum ContainerStatus {"),
  ),
  breaking(
    "renumber an enum value",
    swap(api("threads"), "enum ThreadStatus {", "THREAD_STATUS_ARCHIVED = 2;", "THREAD_STATUS_ARCHIVED = 3;"),
    wire("ENUM_VALUE_NO_DELETE", api("threads"), "enum ThreadStatus {"),
  ),
  breaking(
    "rename an enum value",
    swap(
      api("runners"),
      "enum RunnerStatus {",
      "RUNNER_STATUS_OFFLINE = 3;",
      "RUNNER_STATUS_UNREACHABLE = 3;",
    ),
    json("ENUM_VALUE_SAME_NAME", api("runners"), "RUNNER_STATUS_UNREACHABLE = 3;"),
  ),
  breaking(
    "swap two enum values",
    (files) => {
      replace(files, otel("trace"), "STATUS_CODE_OK = 1;", "STATUS_CODE_OK = 2;", "enum StatusCode {");
      replace(files, otel("trace"), "STATUS_CODE_ERROR = 2;", "STATUS_CODE_ERROR = 1;", "enum StatusCode {");
    },
    json("ENUM_VALUE_SAME_NAME", otel("trace"), "STATUS_CODE_OK = 2;"),
    json("ENUM_VALUE_SAME_NAME", otel("trace"), "STATUS_CODE_ERROR = 1;"),
  ),

  // Reserved
  breaking(
    "delete a reserved number",
    swap(otel("trace"), "message Status {", "  reserved 1;\n", ""),
    wire("RESERVED_MESSAGE_NO_DELETE", otel("trace"), "message Status {"),
  ),
  breaking(
    "use a reserved number",
    swap(otel("trace"), "message ResourceSpans {", "  reserved 1000;\n", "  string origin = 1000;\n"),
    wire("RESERVED_MESSAGE_NO_DELETE", otel("trace"), "message ResourceSpans {"),
  ),

  // File options
  breaking(
    "change go_package",
    swap(
      api("tracing"),
      "",
      "github.com/agynio/api/gen/agynio/api/tracing/v1;tracingv1",
      "github.com/agynio/api/tracing/v1;tracingv1",
    ),
    code(
      "FILE_SAME_GO_PACKAGE",
      api("tracing"),
      'option go_package = "github.com/agynio/api/tracing/v1;tracingv1";',
    ),
  ),
  breaking(
    "delete go_package",
    (files) => {
      files.set(api("chat"), textOf(files, api("chat")).replace(/^option go_package.*\n/m, ""));
    },
    code("FILE_SAME_GO_PACKAGE", api("chat"), 'syntax = "proto3";'),
  ),
  breaking(
    "set java_package",
    swap(
      api("identity"),
      "",
      "\noption go_package",
      '\noption java_package = "com.agynio.identity.v1";\noption go_package',
    ),
    code("FILE_SAME_JAVA_PACKAGE", api("identity"), 'option java_package = "com.agynio.identity.v1";'),
  ),
  breaking(
    "set csharp_namespace",
    swap(
      api("files"),
      "",
      "\noption go_package",
      '\noption csharp_namespace = "Agynio.Files";\noption go_package',
    ),
    code("FILE_SAME_CSHARP_NAMESPACE", api("files"), 'option csharp_namespace = "Agynio.Files";'),
  ),
  breaking(
    "set swift_prefix",
    swap(api("llm"), "", "\noption go_package", '\noption swift_prefix = "LLM";\noption go_package'),
    code("FILE_SAME_SWIFT_PREFIX", api("llm"), 'option swift_prefix = "LLM";'),
  ),
  breaking(
    "change the syntax",
    swap(gateway("agents"), "", 'syntax = "proto3";', 'syntax = "proto2";'),
    code("FILE_SAME_SYNTAX", gateway("agents"), 'syntax = "proto2";'),
  ),
  breaking(
    "change optimize_for",
    swap(api("users"), "", "\noption go_package", "\noption optimize_for = CODE_SIZE;\noption go_package"),
    code("FILE_SAME_OPTIMIZE_FOR", api("users"), "option optimize_for = CODE_SIZE;"),
  ),
];
