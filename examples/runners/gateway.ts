// Every service of the gateway. The OpenAPI document states which there are, and has the resources to try calls on.
import { createRequire } from "node:module";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import { registry } from "@agynio/api/registry";
import { RunnerSchema, RunnerStatus, WorkloadSchema } from "@agynio/api/runners/v1";
import {
  create,
  type DescMessage,
  type DescService,
  fromJson,
  type JsonObject,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { ConnectRouter, ServiceImpl } from "@connectrpc/connect";
import { type Resources, rejectCalls, runnersRoutes } from "./runners.ts";

/** A request or a response, by its content type. */
interface Body {
  content: Record<string, { example: JsonObject }>;
}

/** The parts of the OpenAPI document that the example reads. */
export interface Document {
  /** The services of the gateway. */
  tags: { name: string }[];
  paths: Record<string, { post: { requestBody: Body; responses: { 200: Body } } }>;
}

/** The OpenAPI document of the gateway. */
export const document: Document = createRequire(import.meta.url)("@agynio/api/openapi.json");

/** Registers RunnersService, with the resources of the document's examples, and every service of the gateway. */
export function exampleRoutes(router: ConnectRouter, { tags, paths }: Document = document): void {
  runnersRoutes(router, createResources(paths));
  for (const { name } of tags) {
    const service = registry.getService(name);
    if (service && name !== RunnersGateway.typeName) {
      // The type of handlers allows none, because the types of the RPCs are unknown.
      router.service(service, rejectCalls(service) as ServiceImpl<DescService>);
    }
  }
}

/** Returns the workloads and runners that RunnersGateway's examples show, and the runners of these workloads. */
function createResources(paths: Document["paths"]): Resources {
  const workloads = findResources(paths, WorkloadSchema);
  const status = RunnerStatus.ENROLLED;
  const runners = workloads.map(({ runnerId: id }) =>
    create(RunnerSchema, { meta: { id }, name: "example", status }),
  );
  // Of runners with the same ID, the store has the last.
  return { workloads, runners: [...runners, ...findResources(paths, RunnerSchema)] };
}

/**
 * Returns the resources of a type in the examples of RunnersGateway's responses. What the example of the request names, such
 * as the ID, replaces what the response has, so that the server answers the request with the resource.
 */
function findResources<T extends DescMessage>(paths: Document["paths"], schema: T): MessageShape<T>[] {
  return RunnersGateway.methods.flatMap(({ name, output }) => {
    const operation = paths[`/${RunnersGateway.typeName}/${name}`]?.post;
    const { id, ...request } = exampleOf(operation?.requestBody);
    const response = exampleOf(operation?.responses[200]);
    return output.fields
      .filter(({ message }) => message?.typeName === schema.typeName)
      .flatMap(({ jsonName }) => (response[jsonName] ?? []) as JsonObject[])
      .map((resource) => {
        const named = Object.entries(request).filter(([field]) => field in resource);
        const meta = { ...(resource.meta as JsonObject), ...(id === undefined ? {} : { id }) };
        return fromJson(schema, { ...resource, ...Object.fromEntries(named), meta }, { registry });
      });
  });
}

const exampleOf = (body: Body | undefined): JsonObject =>
  Object.values(body?.content ?? {})[0]?.example ?? {};
