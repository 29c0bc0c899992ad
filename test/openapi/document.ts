import { readFileSync } from "node:fs";
import type { JsonObject } from "@bufbuild/protobuf";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";

/** A header that clients can set. */
interface Parameter {
  name: string;
  schema: { type: string; const?: string; maximum?: number };
}

/** A request or a response, by its content type. */
export interface Body {
  description?: string;
  required?: boolean;
  content: Record<
    string,
    { schema: { $ref: string }; example?: JsonObject; examples?: Record<string, { value: JsonObject }> }
  >;
}

/** Returns the full name of the type that a reference refers to. */
export const referredType = ({ $ref }: { $ref: string }): string =>
  $ref.slice("#/components/schemas/".length);

/** An RPC of the gateway. */
export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  "x-connect-stream"?: string;
  parameters: { $ref: string }[];
  requestBody: Body;
  responses: Record<string, Body>;
}

/** What the tests read of a document. */
export interface OpenApi {
  info: { title: string; description: string };
  servers: { url: string; variables: Record<string, { default: string }> }[];
  security: Record<string, unknown>[];
  paths: Record<string, { post: Operation & JsonObject }>;
  components: {
    schemas: Record<string, Schema>;
    parameters: Record<string, Parameter>;
    securitySchemes: Record<string, { type: string; scheme: string }>;
  };
}

/** The packed OpenAPI document. */
export const document: OpenApi = JSON.parse(readFileSync("dist/openapi.json", "utf8"));
