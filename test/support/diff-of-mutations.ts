/**
 * What the diff must say of each mutation of the contract, by the mutation's name: the summary, and each entry
 * as its weight, kind, action, element and property, in any order.
 */
export const diffOfMutations: Record<string, { summary: string; entries: string[] }> = {
  "delete a file": {
    summary: "major: 1 service (4 RPCs) removed",
    entries: ["breaking service removed agynio.api.gateway.v1.UsersGateway"],
  },
  "move a file": {
    summary: "major: 1 service moved",
    entries: ["breaking service moved agynio.api.gateway.v1.FilesGateway file"],
  },
  "delete a package": {
    summary: "major: 2 services (12 RPCs) removed, 1 enum removed",
    entries: [
      "breaking service removed agynio.api.gateway.v1.SecretsGateway",
      "breaking package removed agynio.api.secrets.v1",
      "breaking service removed agynio.api.secrets.v1.SecretsService with 27 messages",
      "breaking enum removed agynio.api.secrets.v1.SecretProviderType",
    ],
  },
  "delete a file that its folder had alone": {
    summary: "major: 1 service (6 RPCs) removed",
    entries: [
      "breaking package removed agynio.api.authorization.v1",
      "breaking service removed agynio.api.authorization.v1.AuthorizationService with 18 messages",
    ],
  },
  "rename a package": {
    summary:
      "major: 2 RPCs changed, 1 service (2 RPCs) removed, 3 messages removed, 1 service (2 RPCs) added, 3 messages added",
    entries: [
      "addition package added agynio.api.events.v1",
      "addition service added agynio.api.events.v1.NotificationsService with 2 messages",
      "addition message added agynio.api.events.v1.NotificationEnvelope",
      "addition message added agynio.api.events.v1.SubscribeRequest",
      "addition message added agynio.api.events.v1.SubscribeResponse",
      "breaking rpc changed agynio.api.gateway.v1.NotificationsGateway.Subscribe request",
      "breaking rpc changed agynio.api.gateway.v1.NotificationsGateway.Subscribe response",
      "breaking package removed agynio.api.notifications.v1",
      "breaking service removed agynio.api.notifications.v1.NotificationsService with 2 messages",
      "breaking message removed agynio.api.notifications.v1.NotificationEnvelope",
      "breaking message removed agynio.api.notifications.v1.SubscribeRequest",
      "breaking message removed agynio.api.notifications.v1.SubscribeResponse",
    ],
  },
  "move a file's package to the next version": {
    summary: "major: 1 service (5 RPCs) removed, 1 service (5 RPCs) added",
    entries: [
      "breaking service removed agynio.api.gateway.v1.ChatGateway",
      "addition package added agynio.api.gateway.v2",
      "addition service added agynio.api.gateway.v2.ChatGateway",
    ],
  },
  "delete a service": {
    summary: "major: 1 service (3 RPCs) removed",
    entries: ["breaking service removed agynio.api.identity.v1.IdentityService"],
  },
  "rename a service": {
    summary: "major: 1 service (9 RPCs) removed, 1 service (9 RPCs) added",
    entries: [
      "addition service added agynio.api.users.v1.UserService",
      "breaking service removed agynio.api.users.v1.UsersService",
    ],
  },
  "move a service to another file of its package": {
    summary: "major: 1 service moved, 1 comment",
    entries: [
      "breaking service moved agynio.api.gateway.v1.TokenCountingGateway file",
      "documentation comment removed agynio.api.gateway.v1.TokenCountingGateway",
    ],
  },
  "delete an RPC": {
    summary: "major: 1 RPC removed",
    entries: ["breaking rpc removed agynio.api.runner.v1.RunnerService.CancelExecution"],
  },
  "delete an RPC of the gateway": {
    summary: "major: 1 RPC removed",
    entries: ["breaking rpc removed agynio.api.gateway.v1.RunnersGateway.GetWorkload"],
  },
  "rename an RPC": {
    summary: "major: 1 RPC removed, 1 RPC added",
    entries: [
      "addition rpc added agynio.api.chat.v1.ChatService.MarkRead",
      "breaking rpc removed agynio.api.chat.v1.ChatService.MarkAsRead",
    ],
  },
  "let an RPC's client stream": {
    summary: "major: 1 RPC changed",
    entries: ["breaking rpc changed agynio.api.identity.v1.IdentityService.RegisterIdentity request"],
  },
  "let an RPC's client no longer stream": {
    summary: "major: 1 RPC changed",
    entries: ["breaking rpc changed agynio.api.files.v1.FilesService.UploadFile request"],
  },
  "let an RPC's server stream": {
    summary: "major: 1 RPC changed",
    entries: ["breaking rpc changed agynio.api.tracing.v1.TracingService.GetTrace response"],
  },
  "let an RPC's server no longer stream": {
    summary: "major: 1 RPC changed",
    entries: ["breaking rpc changed agynio.api.notifications.v1.NotificationsService.Subscribe response"],
  },
  "change an RPC's request": {
    summary: "major: 1 RPC changed",
    entries: [
      "breaking rpc changed agynio.api.organizations.v1.OrganizationsService.GetOrganization request",
    ],
  },
  "change an RPC's response": {
    summary: "major: 1 RPC changed",
    entries: ["breaking rpc changed agynio.api.threads.v1.ThreadsService.GetUnackedMessages response"],
  },
  "change an RPC's idempotency level": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio.api.llm.v1.LLMService.GetModel idempotency_level"],
  },
  "delete a message": {
    summary: "major: 1 message removed",
    entries: ["breaking message removed agynio.api.threads.v1.MessageRecipient"],
  },
  "rename a message": {
    summary: "major: 1 field changed, 1 message removed, 1 message added",
    entries: [
      "addition message added agynio.api.authorization.v1.UserFilter",
      "breaking field changed agynio.api.authorization.v1.ListUsersRequest.user_filters type",
      "breaking message removed agynio.api.authorization.v1.UserTypeFilter",
    ],
  },
  "move a message to another file of its package": {
    summary: "major: 1 message moved, 1 comment",
    entries: [
      "breaking message moved agynio.api.threads.v1.MessageRecipient file",
      "documentation comment removed agynio.api.threads.v1.MessageRecipient",
    ],
  },
  "delete a nested message with its field": {
    summary: "major: 1 message removed, 1 field removed",
    entries: [
      "breaking field removed opentelemetry.proto.trace.v1.Span.links",
      "breaking message removed opentelemetry.proto.trace.v1.Span.Link",
    ],
  },
  "delete a field": {
    summary: "major: 1 field removed",
    entries: ["breaking field removed agynio.api.chat.v1.ChatMessage.sender_id"],
  },
  "delete a field and reserve its number": {
    summary: "major: 1 field removed, 1 reservation added",
    entries: [
      "addition reserved added agynio.api.files.v1.FileInfo",
      "breaking field removed agynio.api.files.v1.FileInfo.content_type",
    ],
  },
  "delete a field and reserve its number and name": {
    summary: "major: 1 field removed, 1 reservation added",
    entries: [
      "addition reserved added agynio.api.llm.v1.Model",
      "breaking field removed agynio.api.llm.v1.Model.remote_name",
    ],
  },
  "renumber a field": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.threads.v1.Thread.status number"],
  },
  "swap the numbers of two fields": {
    summary: "major: 2 fields renamed, 2 comments",
    entries: [
      "breaking field renamed agynio.api.authorization.v1.UserTypeFilter.type name",
      "documentation comment changed agynio.api.authorization.v1.UserTypeFilter.type",
      "breaking field renamed agynio.api.authorization.v1.UserTypeFilter.relation name",
      "documentation comment changed agynio.api.authorization.v1.UserTypeFilter.relation",
    ],
  },
  "rename a field": {
    summary: "major: 1 field renamed",
    entries: ["breaking field renamed agynio.api.users.v1.User.picture_url name"],
  },
  "rename a field and keep its JSON name": {
    summary: "major: 1 field renamed",
    entries: ["breaking field renamed agynio.api.users.v1.User.picture_url name"],
  },
  "change a field's json_name": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.apps.v1.AppProfile.slug json_name"],
  },
  "change a field's type to one of another wire type": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.notifications.v1.NotificationEnvelope.source type"],
  },
  "change a field's type to one that only JSON tells apart": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.files.v1.UploadFileMetadata.size_bytes type"],
  },
  "change a field's type from string to bytes": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.secrets.v1.VaultConfig.token type"],
  },
  "change a field's sign encoding": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.token_counting.v1.CountTokensResponse.tokens type"],
  },
  "change a field's type from fixed to variable width": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed opentelemetry.proto.trace.v1.Span.Event.time_unix_nano type"],
  },
  "change a field's type from enum to number": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.ziti_management.v1.ManagedIdentity.identity_type type"],
  },
  "change a field's type to another enum": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.runner.v1.StartWorkloadResponse.status type"],
  },
  "change a field's type to another message": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.chat.v1.CreateChatResponse.chat type"],
  },
  "change a field's type from message to scalar": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.organizations.v1.Organization.created_at type"],
  },
  "make a field repeated": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.identity.v1.GetIdentityTypeRequest.identity_id type"],
  },
  "make a repeated field singular": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.threads.v1.Message.file_ids type"],
  },
  "make a map a list of pairs": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.runner.v1.GetWorkloadLabelsResponse.labels type"],
  },
  "change a map's values": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.agent_state.v1.ToolOutputBody.metadata type"],
  },
  "make a field optional": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.runners.v1.Runner.identity_id presence"],
  },
  "make an optional field plain": {
    summary: "major: 1 field changed",
    entries: ["breaking field changed agynio.api.agents.v1.UpdateAgentRequest.role presence"],
  },
  "change a field's JavaScript type": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio.api.files.v1.FileInfo.size_bytes jstype"],
  },
  "move a field into a new oneof": {
    summary: "major: 1 field moved, 1 oneof added, 1 comment",
    entries: [
      "breaking field moved agynio.api.secrets.v1.VaultConfig.token oneof",
      "documentation comment removed agynio.api.secrets.v1.VaultConfig.token",
      "addition oneof added agynio.api.secrets.v1.VaultConfig.credential",
    ],
  },
  "move a field out of its oneof": {
    summary: "major: 1 field moved, 1 comment",
    entries: [
      "breaking field moved agynio.api.authorization.v1.User.wildcard oneof",
      "documentation comment removed agynio.api.authorization.v1.User.wildcard",
    ],
  },
  "dissolve a oneof": {
    summary: "major: 1 field moved, 1 oneof removed, 1 comment",
    entries: [
      "breaking field moved agynio.api.secrets.v1.SecretProviderConfig.vault oneof",
      "documentation comment changed agynio.api.secrets.v1.SecretProviderConfig.vault",
      "breaking oneof removed agynio.api.secrets.v1.SecretProviderConfig.provider",
    ],
  },
  "rename a oneof": {
    summary: "major: 1 oneof renamed",
    entries: ["breaking oneof renamed agynio.api.files.v1.UploadFileRequest.content name"],
  },
  "delete a member of a oneof": {
    summary: "major: 1 field removed",
    entries: ["breaking field removed agynio.api.agents.v1.VolumeAttachment.hook_id"],
  },
  "delete a oneof with its members": {
    summary: "major: 2 fields removed, 1 oneof removed",
    entries: [
      "breaking field removed agynio.api.agent_state.v1.ToolOutputBody.text",
      "breaking field removed agynio.api.agent_state.v1.ToolOutputBody.image",
      "breaking oneof removed agynio.api.agent_state.v1.ToolOutputBody.output",
    ],
  },
  "delete an enum": {
    summary: "major: 1 enum removed",
    entries: ["breaking enum removed opentelemetry.proto.trace.v1.SpanFlags"],
  },
  "rename an enum": {
    summary: "major: 3 fields changed, 1 enum removed, 1 enum added",
    entries: [
      "addition enum added agynio.api.llm.v1.Authentication",
      "breaking field changed agynio.api.llm.v1.LLMProvider.auth_method type",
      "breaking field changed agynio.api.llm.v1.CreateLLMProviderRequest.auth_method type",
      "breaking field changed agynio.api.llm.v1.UpdateLLMProviderRequest.auth_method type",
      "breaking enum removed agynio.api.llm.v1.AuthMethod",
    ],
  },
  "delete an enum value": {
    summary: "major: 1 value removed, 1 comment",
    entries: [
      "documentation comment changed agynio.api.identity.v1.IdentityType.IDENTITY_TYPE_USER",
      "breaking value removed agynio.api.identity.v1.IdentityType.IDENTITY_TYPE_CHANNEL",
    ],
  },
  "delete an enum value and reserve its number": {
    summary: "major: 1 value removed, 1 reservation added",
    entries: [
      "addition reserved added agynio.api.runner.v1.VolumeKind",
      "breaking value removed agynio.api.runner.v1.VolumeKind.VOLUME_KIND_NAMED",
    ],
  },
  "delete an enum value and reserve its number and name": {
    summary: "major: 1 value removed, 1 reservation added",
    entries: [
      "addition reserved added agynio.api.runners.v1.ContainerStatus",
      "breaking value removed agynio.api.runners.v1.ContainerStatus.CONTAINER_STATUS_WAITING",
    ],
  },
  "renumber an enum value": {
    summary: "major: 1 value changed",
    entries: ["breaking value changed agynio.api.threads.v1.ThreadStatus.THREAD_STATUS_ARCHIVED number"],
  },
  "rename an enum value": {
    summary: "major: 1 value renamed",
    entries: ["breaking value renamed agynio.api.runners.v1.RunnerStatus.RUNNER_STATUS_UNREACHABLE name"],
  },
  "swap two enum values": {
    summary: "major: 2 values renamed, 2 comments",
    entries: [
      "breaking value renamed opentelemetry.proto.trace.v1.Status.StatusCode.STATUS_CODE_OK name",
      "documentation comment changed opentelemetry.proto.trace.v1.Status.StatusCode.STATUS_CODE_OK",
      "breaking value renamed opentelemetry.proto.trace.v1.Status.StatusCode.STATUS_CODE_ERROR name",
      "documentation comment changed opentelemetry.proto.trace.v1.Status.StatusCode.STATUS_CODE_ERROR",
    ],
  },
  "delete a reserved number": {
    summary: "major: 1 reservation removed",
    entries: ["breaking reserved removed opentelemetry.proto.trace.v1.Status"],
  },
  "use a reserved number": {
    summary: "major: 1 reservation removed, 1 field added",
    entries: [
      "breaking reserved removed opentelemetry.proto.trace.v1.ResourceSpans",
      "addition field added opentelemetry.proto.trace.v1.ResourceSpans.origin",
    ],
  },
  "change go_package": {
    summary: "major: 1 option changed",
    entries: ["breaking option changed agynio/api/tracing/v1/tracing.proto go_package"],
  },
  "delete go_package": {
    summary: "major: 1 option removed",
    entries: ["breaking option removed agynio/api/chat/v1/chat.proto go_package"],
  },
  "set java_package": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio/api/identity/v1/identity.proto java_package"],
  },
  "set csharp_namespace": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio/api/files/v1/files.proto csharp_namespace"],
  },
  "set swift_prefix": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio/api/llm/v1/llm.proto swift_prefix"],
  },
  "change the syntax": {
    summary: "major: 1 file changed",
    entries: ["breaking file changed agynio/api/gateway/v1/agents.proto syntax"],
  },
  "change optimize_for": {
    summary: "major: 1 option",
    entries: ["breaking option added agynio/api/users/v1/users.proto optimize_for"],
  },
  "add a file to a package": {
    summary: "minor: 1 message",
    entries: ["addition message added agynio.api.chat.v1.Reaction"],
  },
  "add a package": {
    summary: "minor: 1 message",
    entries: [
      "addition package added agynio.api.billing.v1",
      "addition message added agynio.api.billing.v1.Invoice",
    ],
  },
  "add the next version of a package": {
    summary: "minor: 1 service (3 RPCs)",
    entries: [
      "addition package added agynio.api.files.v2",
      "addition service added agynio.api.files.v2.FilesService with 9 messages",
    ],
  },
  "add a service": {
    summary: "minor: 1 service (1 RPC)",
    entries: ["addition service added agynio.api.identity.v1.AuditService"],
  },
  "add an RPC": {
    summary: "minor: 1 RPC",
    entries: ["addition rpc added agynio.api.chat.v1.ChatService.LeaveChat with 2 messages"],
  },
  "expose an RPC through the gateway": {
    summary: "minor: 1 RPC",
    entries: ["addition rpc added agynio.api.gateway.v1.RunnersGateway.GetRunner"],
  },
  "add a message": {
    summary: "minor: 1 message",
    entries: ["addition message added agynio.api.threads.v1.Draft"],
  },
  "add a nested message": {
    summary: "minor: 1 message",
    entries: ["addition message added agynio.api.users.v1.User.Preferences"],
  },
  "add a field": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.chat.v1.ChatMessage.reply_to_id"],
  },
  "add an optional field": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.threads.v1.Thread.title"],
  },
  "add a repeated field": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.apps.v1.AppProfile.tags"],
  },
  "add a map": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.files.v1.FileInfo.labels"],
  },
  "add a oneof with its members": {
    summary: "minor: 2 fields, 1 oneof",
    entries: [
      "addition field added agynio.api.secrets.v1.VaultConfig.role",
      "addition field added agynio.api.secrets.v1.VaultConfig.user",
      "addition oneof added agynio.api.secrets.v1.VaultConfig.login",
    ],
  },
  "add a member to a oneof": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.files.v1.UploadFileRequest.comment"],
  },
  "add a field to an empty message": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.identity.v1.RegisterIdentityResponse.identity_type"],
  },
  "add a field between others": {
    summary: "minor: 1 field",
    entries: ["addition field added agynio.api.organizations.v1.Organization.slug"],
  },
  "add a field to a file of OpenTelemetry": {
    summary: "minor: 1 field",
    entries: ["addition field added opentelemetry.proto.common.v1.EntityRef.origin"],
  },
  "add an enum": {
    summary: "minor: 1 enum",
    entries: ["addition enum added agynio.api.tracing.v1.Verbosity"],
  },
  "add an enum value": {
    summary: "minor: 1 value",
    entries: ["addition value added agynio.api.identity.v1.IdentityType.IDENTITY_TYPE_JOB"],
  },
  "add an alias of an enum value": {
    summary: "minor: 1 value, 1 option",
    entries: [
      "addition option added agynio.api.token_counting.v1.TokenCountingModel allow_alias",
      "addition value added agynio.api.token_counting.v1.TokenCountingModel.TOKEN_COUNTING_MODEL_GPT_5_1",
    ],
  },
  "add an import": {
    summary: "no changes",
    entries: [],
  },
  "deprecate a field": {
    summary: "minor: 1 field deprecated",
    entries: ["addition field deprecated agynio.api.chat.v1.ChatMessage.body"],
  },
  "deprecate an RPC": {
    summary: "minor: 1 RPC deprecated",
    entries: ["addition rpc deprecated agynio.api.chat.v1.ChatService.GetChats"],
  },
  "deprecate a service": {
    summary: "minor: 1 service deprecated",
    entries: ["addition service deprecated agynio.api.gateway.v1.TracingGateway"],
  },
  "deprecate a message": {
    summary: "minor: 1 message deprecated",
    entries: ["addition message deprecated agynio.api.threads.v1.MessageRecipient"],
  },
  "deprecate an enum": {
    summary: "minor: 1 enum deprecated",
    entries: ["addition enum deprecated agynio.api.llm.v1.AuthMethod"],
  },
  "deprecate an enum value": {
    summary: "minor: 1 value deprecated",
    entries: ["addition value deprecated agynio.api.identity.v1.IdentityType.IDENTITY_TYPE_CHANNEL"],
  },
  "deprecate a file": {
    summary: "minor: 1 file deprecated",
    entries: ["addition file deprecated agynio/api/gateway/v1/users.proto"],
  },
  "reserve a number": {
    summary: "minor: 1 reservation",
    entries: ["addition reserved added agynio.api.files.v1.FileInfo"],
  },
  "reserve a name": {
    summary: "minor: 1 reservation",
    entries: ["addition reserved added agynio.api.users.v1.APIToken"],
  },
  "reserve an enum's number and name": {
    summary: "minor: 1 reservation",
    entries: ["addition reserved added agynio.api.runners.v1.RunnerStatus"],
  },
  "reserve more numbers": {
    summary: "minor: 1 reservation",
    entries: ["addition reserved added opentelemetry.proto.trace.v1.Status"],
  },
  "change a comment": {
    summary: "patch: 1 comment",
    entries: ["documentation comment changed agynio.api.agents.v1.AgentsService"],
  },
  "reorder fields": {
    summary: "no changes",
    entries: [],
  },
  "reorder messages": {
    summary: "patch: 1 comment",
    entries: ["documentation comment removed agynio.api.chat.v1.Chat"],
  },
  "reorder RPCs": {
    summary: "patch: 2 comments",
    entries: [
      "documentation comment changed agynio.api.gateway.v1.FilesGateway.GetDownloadUrl",
      "documentation comment changed agynio.api.gateway.v1.FilesGateway.UploadFile",
    ],
  },
  "reorder enum values": {
    summary: "patch: 2 comments",
    entries: [
      "documentation comment changed agynio.api.threads.v1.ThreadStatus.THREAD_STATUS_ARCHIVED",
      "documentation comment changed agynio.api.threads.v1.ThreadStatus.THREAD_STATUS_ACTIVE",
    ],
  },
  "reorder the members of a oneof": {
    summary: "patch: 2 comments",
    entries: [
      "documentation comment changed agynio.api.authorization.v1.User.wildcard",
      "documentation comment changed agynio.api.authorization.v1.User.object",
    ],
  },
  "indent otherwise": {
    summary: "no changes",
    entries: [],
  },
  "end lines as Windows does": {
    summary: "no changes",
    entries: [],
  },
  "join a message to one line": {
    summary: "patch: 1 comment",
    entries: ["documentation comment removed agynio.api.users.v1.RevokeAPITokenRequest.token_id"],
  },
  "write a number in hexadecimal": {
    summary: "no changes",
    entries: [],
  },
  "write a type's name in full": {
    summary: "no changes",
    entries: [],
  },
  "write the json_name that a field has anyway": {
    summary: "no changes",
    entries: [],
  },
  "move a module to another folder": {
    summary: "no changes",
    entries: [],
  },
};
