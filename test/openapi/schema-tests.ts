import {
  create,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { AnySchema, anyPack } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";
import { createWellKnownSchema } from "../../scripts/lib/openapi/well-known.ts";
import { arbitraryMessage } from "../messages/arbitrary.ts";
import { forAll } from "../messages/properties.ts";
import { fieldExtremes, initOf } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { refusedFor } from "./kinds.ts";
import { examplesIn, readJson, type Subject, type SubjectName, subjects } from "./subjects.ts";
import { createValidator } from "./validators.ts";

/** Fails unless JSON is valid for a message, also with a field that a newer server may send. */
function expectValid({ validate }: Subject, { typeName }: DescMessage, json: JsonValue): void {
  for (const value of [json, { ...(json as object), aFieldOfANewerServer: [null] }]) {
    const problem = validate(typeName, value);
    if (problem) {
      expect.fail(`${typeName}: ${problem}: ${JSON.stringify(value)}`);
    }
  }
}

/** Returns whether protobuf-es reads JSON. */
function isRead(subject: Subject, desc: DescMessage, json: JsonValue): boolean {
  try {
    readJson(subject, desc, json);
    return true;
  } catch {
    return false;
  }
}

/** Returns messages of a type that have their required fields. */
export const withRequired = (desc: DescMessage, candidates: Iterable<Message>): Message[] =>
  [...candidates].filter((message) => {
    try {
      return toBinary(desc, message);
    } catch {
      return false;
    }
  });

/**
 * Declares the tests of the schemas of every message with protobuf-es.
 *
 * @param names Contracts that have the messages.
 * @param runs How many messages of each type to check, in addition to given ones.
 * @param given Returns messages of a type.
 */
export function testSchemas(
  names: SubjectName[],
  runs: number,
  given: (desc: DescMessage) => Iterable<Message>,
): void {
  const validateAny = createValidator({ [AnySchema.typeName]: createWellKnownSchema(AnySchema) as Schema });

  describe.each(names)("%s:", (name) => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await subjects[name]();
    });

    test("what protobuf-es prints is valid, also with unknown fields and in an Any", () => {
      const { registry, messages } = subject;
      for (const desc of messages) {
        const examples = withRequired(desc, given(desc));
        const any = arbitraryMessage(desc, { unknownFields: true });
        const check = (message: Message) => {
          for (const complete of withRequired(desc, [message])) {
            expectValid(subject, desc, toJson(desc, complete, { registry }));
          }
        };
        forAll(any, runs, check, examples);
        for (const last of examples.slice(-1)) {
          const packed = toJson(AnySchema, anyPack(desc, last), { registry });
          expect(validateAny("google.protobuf.Any", packed), desc.typeName).toBeUndefined();
        }
      }
    });

    test("what is generated from a schema is valid, and read by protobuf-es, which prints it as valid JSON", () => {
      const { arbitrary, messages, registry, validate } = subject;
      for (const desc of messages) {
        const property = fc.property(arbitrary(desc.typeName), (json) => {
          expect(validate(desc.typeName, json)).toBeUndefined();
          expectValid(subject, desc, toJson(desc, readJson(subject, desc, json), { registry }));
        });
        fc.assert(property, { numRuns: runs });
      }
    });

    test("what both readers refuse is valid for no field", () => {
      const { messages, validate } = subject;
      const wrong = messages.flatMap((desc) =>
        desc.fields.flatMap((field) =>
          refusedFor(field)
            .map((value) => JSON.parse(`{${JSON.stringify(field.jsonName)}: ${value}}`))
            .filter((json) => !validate(desc.typeName, json) || isRead(subject, desc, json))
            .map((json) => [desc.typeName, json]),
        ),
      );
      expect(wrong).toEqual([]);
    });

    test("no two fields of a oneof are valid together", () => {
      const { messages, validate } = subject;
      const oneofs = messages.flatMap((message) => message.oneofs);
      expect(oneofs.some(({ fields }) => fields.length > 1)).toBe(true);
      const wrong = oneofs.flatMap(({ parent, fields }) => {
        const printed = fields.map(
          (field) => toJson(parent, create(parent, initOf(field, fieldExtremes(field).at(-1)))) as JsonObject,
        );
        return printed
          .flatMap((one, i) => printed.slice(0, i).map((other) => ({ ...one, ...other })))
          .filter((json) => !validate(parent.typeName, json) || isRead(subject, parent, json))
          .map((json) => [parent.typeName, json]);
      });
      expect(wrong).toEqual([]);
    });

    test("the examples of operations are valid, and read by protobuf-es", () => {
      const { document, registry } = subject;
      const validate = createValidator(document.components.schemas);
      const examples = examplesIn(document);
      expect(examples).toHaveLength(2 * Object.keys(document.paths).length);
      for (const [typeName, json] of examples) {
        expect(validate(typeName, json), `${typeName}: ${JSON.stringify(json)}`).toBeUndefined();
        fromJson(registry.getMessage(typeName) as DescMessage, json, { registry });
      }
      const contents = Object.values(document.paths).flatMap(({ post }) =>
        Object.values(post.responses).flatMap(({ content = {} }) => Object.values(content)),
      );
      for (const [code, { value }] of contents.flatMap(({ examples = {} }) => Object.entries(examples))) {
        expect(validate("connect.Error", value), code).toBeUndefined();
        expect(value.code).toBe(code);
      }
    });
  });
}
