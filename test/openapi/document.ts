import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";

/** A header that clients can set. */
interface Parameter {
  name: string;
  schema: { type: string; const?: string; maximum?: number };
}

/** A request or a response, by its content type. */
interface Body {
  description?: string;
  content: Record<string, { schema: { $ref: string }; example?: JsonObject }>;
}

/** An RPC of the gateway. */
export interface Operation {
  operationId: string;
  "x-connect-stream"?: string;
  parameters: { $ref: string }[];
  requestBody: Body;
  responses: Record<string, Body>;
}

/** What the tests read of a document. */
interface Document {
  info: { description: string };
  servers: { url: string; variables: Record<string, { default: string }> }[];
  security: Record<string, unknown>[];
  paths: Record<string, { post: Operation }>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, Parameter>;
    securitySchemes: Record<string, { type: string; scheme: string }>;
  };
}

/** The packed OpenAPI document. */
export const document: Document = JSON.parse(readFileSync("dist/openapi.json", "utf8"));
