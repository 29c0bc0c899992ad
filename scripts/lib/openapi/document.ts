// The OpenAPI document of the gateway: https://spec.openapis.org/oas/v3.1.0.
import type { FileRegistry, JsonObject } from "@bufbuild/protobuf";
import { contractServices, isInGateway, reachableTypes, shortName } from "../contract/descriptors.ts";
import { defaultResponse, errorSchemas, tableOfCodes } from "./errors.ts";
import { createPaths, createTags, parameters } from "./operations.ts";
import { refer } from "./scalars.ts";
import { createSchemas } from "./schemas.ts";

const description = `The API of the Agyn platform for clients outside of it. It speaks the Connect protocol: an RPC is an
HTTP POST with a JSON object, which is answered with a JSON object.

### Requests and responses

The JSON is that of Protocol Buffers. A field that is left out has its default: 0, an empty string, false, an empty list,
or unset. Responses leave out fields that have their defaults. Ignore fields and values of enums that you do not know: a
newer server sends them. A value that the gateway does not know either is a number. A server may refuse fields that it does
not know.

What schemas cannot express: an Any must have a type that the server knows, and its content must be a message of that type;
a FieldMask must name fields that exist; strings must be valid Unicode; numbers must be within the range of a \`double\`;
no field may be there twice; messages nest at most 100 levels deep.

Descriptions name fields as the .proto files do: \`page_size\` is \`pageSize\` in JSON. Such names are read too, and so is
null for a field that is unset. Neither is sent.

### Errors

An error has a code, and the HTTP status that belongs to the code:

${tableOfCodes}`;

/**
 * Returns the OpenAPI document of the gateway's services and of the types that their messages reach.
 *
 * @param registry The contract, with its comments.
 */
export function createDocument(registry: FileRegistry): JsonObject {
  const services = contractServices(registry).filter(({ file }) => isInGateway(file));
  const rpcs = services.flatMap(({ methods }) => methods);
  const responses = reachableTypes(rpcs.map(({ output }) => output));
  const types = new Map([...reachableTypes(rpcs.map(({ input }) => input)), ...responses]);
  const paths = createPaths(services, registry);
  const schemas = createSchemas(types, responses);
  const references = JSON.stringify([paths, schemas]);
  const versions = new Set(services.map(({ file }) => shortName(file.proto.package)));
  return {
    openapi: "3.1.0",
    info: {
      title: "Agyn gateway",
      version: [...versions].join(", ") || "v1",
      description,
      license: { name: "AGPL-3.0-only", identifier: "AGPL-3.0-only" },
    },
    servers: [
      {
        url: "{baseUrl}",
        description: "The URL of a gateway.",
        variables: { baseUrl: { default: "http://localhost:8080" } },
      },
    ],
    security: [{ bearer: [] }],
    tags: createTags(services, registry),
    paths,
    components: {
      schemas: {
        // The parts of google.protobuf.Value are reached, and not referred to: it is any JSON.
        ...Object.fromEntries(
          Object.entries(schemas).filter(([name]) => references.includes(`"${refer(name).$ref}"`)),
        ),
        ...errorSchemas,
      },
      parameters,
      responses: { Error: defaultResponse },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An OIDC access token or an API token." },
      },
    },
  };
}
