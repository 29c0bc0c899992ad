// Operations: the RPCs of the gateway.
import type { DescMethod, DescService, FileRegistry, JsonObject } from "@bufbuild/protobuf";
import { firstSentence } from "../contract/comments.ts";
import { commentOf, markdownOf } from "../contract/descriptors.ts";
import { findFronted, frontedRpc } from "../contract/gateway.ts";
import { createErrorResponses, formatErrors, groupErrors } from "./errors.ts";
import { createExample } from "./examples.ts";
import { refer } from "./scalars.ts";
import { blocksIn, describe, documentationOf, joinParagraphs } from "./text.ts";

/** The headers of the Connect protocol that clients can set: https://connectrpc.com/docs/protocol#unary-request. */
const headers: Record<string, JsonObject> = {
  "Connect-Protocol-Version": {
    description: "Version of the Connect protocol. Clients should send it; a server may require it.",
    schema: { type: "string", const: "1", default: "1" },
  },
  "Connect-Timeout-Ms": {
    description:
      "Time after which the client no longer waits, in milliseconds. The server then ends the call with the error " +
      "`deadline_exceeded`. No header means no limit of the client's.",
    schema: { type: "integer", minimum: 1, maximum: 9_999_999_999 },
  },
};

/** The parameters of every operation. */
export const parameters: JsonObject = Object.fromEntries(
  Object.entries(headers).map(([name, header]) => [name, { name, in: "header", ...header }]),
);

/** What a stream's body is: https://connectrpc.com/docs/protocol#streaming-rpcs. */
const aboutStreams =
  "The body of a stream is a sequence of envelopes, which has the content type `application/connect+json`. An envelope " +
  "is a byte of flags, the size of the data in bytes as a big-endian 32-bit integer, and the data: a message as JSON. " +
  "Flag 1 means that the data is compressed, as the header `Connect-Content-Encoding` states. Flag 2 marks the last " +
  "envelope of a response, whose data is a `connect.EndStreamResponse`: it has the error, if there is one, and the HTTP " +
  "status is 200 in any case. Requests have no such envelope. Connect's clients, and `buf curl`, do this for the caller.";

/** What streams in an RPC of each kind. */
const streams = {
  unary: undefined,
  server_streaming: "responses",
  client_streaming: "requests",
  bidi_streaming: "requests and responses over HTTP/2",
};

/** Returns the operations of services by their paths. */
export const createPaths = (services: DescService[], registry: FileRegistry): JsonObject =>
  Object.fromEntries(
    services.flatMap((service) =>
      service.methods.map((rpc) => [
        `/${service.typeName}/${rpc.name}`,
        { post: createOperation(rpc, frontedRpc(rpc, registry)) },
      ]),
    ),
  );

/** Returns the documentation of services, as tags. */
export const createTags = (services: DescService[], registry: FileRegistry): JsonObject[] =>
  services.map((service) => ({
    name: service.typeName,
    ...describe(documentationOf(service) || documentationOf(findFronted(service, registry) ?? service)),
  }));

function createOperation(rpc: DescMethod, fronted: DescMethod | undefined): JsonObject {
  const rpcs = fronted ? [rpc, fronted] : [rpc];
  const stream = streams[rpc.methodKind];
  const [summary = rpc.name] = rpcs.flatMap(
    (each) => firstSentence(blocksIn(markdownOf(each))[0] ?? "") ?? [],
  );
  const type = stream ? "application/connect+json" : "application/json";
  const content = (message: DescMethod["input"]): JsonObject => ({
    [type]: { schema: refer(message.typeName), example: createExample(message) },
  });
  const errors = groupErrors(rpcs);
  return {
    tags: [rpc.parent.typeName],
    operationId: `${rpc.parent.typeName}.${rpc.name}`,
    summary,
    ...describe(
      ...(stream ? [`A stream of ${stream}, which plain JSON cannot call.`] : []),
      describeRpc(rpc, fronted),
      ...(stream ? [aboutStreams] : []),
    ),
    ...(rpc.deprecated || rpc.parent.deprecated ? { deprecated: true } : {}),
    ...(stream ? { "x-connect-stream": rpc.methodKind } : {}),
    parameters: Object.keys(parameters).map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: { required: true, content: content(rpc.input) },
    responses: {
      200: {
        description: joinParagraphs(
          stream ? "Envelopes." : "Success.",
          ...(stream && errors.size > 0 ? ["Errors, in the last envelope:", formatErrors(errors)] : []),
        ),
        content: content(rpc.output),
      },
      ...(stream ? {} : createErrorResponses(errors)),
      default: { $ref: "#/components/responses/Error" },
    },
  };
}

/** Returns the documentation of an RPC of the gateway, and of the RPC that it fronts if that says more. */
function describeRpc(rpc: DescMethod, fronted: DescMethod | undefined): string {
  const [own, other] = [commentOf(rpc), fronted ? commentOf(fronted) : ""];
  if (!fronted || other.length <= own.length) {
    return documentationOf(rpc);
  }
  // One sentence is the summary.
  return own === firstSentence(own) || other.startsWith(own)
    ? documentationOf(fronted)
    : joinParagraphs(documentationOf(rpc), documentationOf(fronted));
}
