// The contracts whose schemas are tested.
import {
  type DescMessage,
  type FileRegistry,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
} from "@bufbuild/protobuf";
import { contractMessages, reachableTypes } from "../../scripts/lib/contract/descriptors.ts";
import { createDocument } from "../../scripts/lib/openapi/document.ts";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";
import { createSchemas } from "../../scripts/lib/openapi/schemas.ts";
import { contract } from "../support/contract.ts";
import fc from "../support/fast-check.ts";
import { ArbitraryJson } from "./arbitrary-json.ts";
import { compileEveryShape, compileLegacy } from "./contracts.ts";
import { type Body, document, type OpenApi, referredType } from "./document.ts";
import { createValidator, type Validate } from "./validators.ts";

/** Returns the examples of a document's operations, with the names of their types. */
export const examplesIn = ({ paths }: OpenApi): [typeName: string, json: JsonValue][] =>
  Object.values(paths).flatMap(({ post: { requestBody, responses } }) =>
    [requestBody, responses["200"] as Body].flatMap(({ content }) =>
      Object.values(content).map(({ schema, example }): [string, JsonValue] => [
        referredType(schema),
        example as JsonValue,
      ]),
    ),
  );

/** A contract, and the schemas of all of its messages. */
export interface Subject {
  registry: FileRegistry;
  messages: DescMessage[];
  schemas: Record<string, Schema>;
  validate: Validate;
  /** Generates JSON of a message that its schema allows. */
  arbitrary: (typeName: string) => fc.Arbitrary<JsonValue>;
  /** The document of its gateway. */
  document: OpenApi;
}

function createSubject(registry: FileRegistry, packed?: OpenApi): Subject {
  const messages = contractMessages(registry);
  const types = reachableTypes(messages);
  const schemas = createSchemas(types, types);
  // A part of the message's types, because each needs a generator.
  const packable = messages.slice(0, 20).map(({ typeName }) => typeName);
  const arbitrary: ArbitraryJson = new ArbitraryJson(schemas, {
    "google.protobuf.Any": fc
      .oneof(fc.constant(undefined), ...packable.map((name) => fc.constant(name)))
      .chain((name) =>
        name === undefined
          ? fc.constant({})
          : arbitrary
              .ofType(name, 0)
              .map((json) => ({ ...(json as JsonObject), "@type": `type.googleapis.com/${name}` })),
      ),
  });
  return {
    registry,
    messages,
    schemas,
    validate: createValidator(schemas),
    arbitrary: (typeName) => arbitrary.ofType(typeName),
    document: packed ?? (createDocument(registry) as unknown as OpenApi),
  };
}

/** Functions that load each contract, by its name. */
export const subjects = {
  "the contract": async () => createSubject(contract, document),
  "a contract with every shape": async () => createSubject(await compileEveryShape()),
  "a contract in proto2 and editions": async () => createSubject(await compileLegacy()),
};

export type SubjectName = keyof typeof subjects;

export const subjectNames = Object.keys(subjects) as SubjectName[];

/** Reads JSON as protobuf-es does in the servers of Connect. */
export const readJson = ({ registry }: Subject, desc: DescMessage, json: JsonValue): Message =>
  fromJson(desc, json, { registry, ignoreUnknownFields: true });
