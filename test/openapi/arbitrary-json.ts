import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import addFormats from "ajv-formats";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";
import fc from "../support/fast-check.ts";
import { referredType } from "./document.ts";

const isFormat = (format: "date-time", text: string): boolean => {
  const { validate } = addFormats.get(format) as { validate: (value: string) => boolean };
  return validate(text);
};

/** All of Unicode but the surrogates, which UTF-8 has no encoding for. */
const text = fc.string({ unit: "binary", maxLength: 12 });
// JSON has no -0 after JavaScript printed it.
const anything = fc
  .jsonValue({ noUnicodeString: false, maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);

/** Generates JSON from the schemas of a document. */
export class ArbitraryJson {
  private readonly made = new Map<string, fc.Arbitrary<JsonValue>>();

  /** @param given Generators for types whose rules JSON Schema cannot express. */
  constructor(
    private readonly schemas: Record<string, Schema>,
    private readonly given: Record<string, fc.Arbitrary<JsonValue>>,
  ) {}

  /**
   * Generates JSON of a type.
   *
   * @param depth How many levels of types lie below this type, if no more are required.
   * @throws Error if its schema has a keyword that this class does not know.
   */
  ofType(name: string, depth = 2): fc.Arbitrary<JsonValue> {
    const key = `${name} ${depth}`;
    const arbitrary = this.made.get(key) ?? this.given[name] ?? this.of(this.schemas[name] as Schema, depth);
    this.made.set(key, arbitrary);
    return arbitrary;
  }

  private of(schema: Schema, depth: number): fc.Arbitrary<JsonValue> {
    const { contentEncoding: _c, deprecated: _d, description: _t, writeOnly: _w, ...limits } = schema;
    if ("$ref" in limits) {
      const { $ref, type: _type, format, ...unknown } = limits;
      refuse(unknown, format, "password");
      return this.ofType(referredType({ $ref: `${$ref}` }), depth);
    }
    if ("oneOf" in limits) {
      const { oneOf, ...unknown } = limits;
      refuse(unknown);
      return fc.oneof(...(oneOf as Schema[]).map((branch) => this.of(branch, depth)));
    }
    if ("enum" in limits) {
      const { enum: values, type: _type, ...unknown } = limits;
      refuse(unknown);
      return fc.constantFrom(...(values as JsonValue[]));
    }
    switch (limits.type) {
      case "string": {
        const { type: _type, pattern, format, ...unknown } = limits;
        refuse(unknown, format, "date-time", "password");
        const strings = pattern === undefined ? text : fc.stringMatching(new RegExp(`${pattern}`, "u"));
        return format === "date-time" ? strings.filter((value) => isFormat(format, value)) : strings;
      }
      case "integer": {
        const { type: _type, minimum, maximum, not, format, ...unknown } = limits;
        refuse(unknown, format, "int32");
        const { enum: excluded = [], ...more } = (not ?? {}) as { enum?: number[] };
        refuse(more);
        const range = { min: Number(minimum), max: Number(maximum) };
        return fc
          .oneof(fc.constantFrom(range.min, range.max), fc.integer(range))
          .filter((value) => !excluded.includes(value));
      }
      case "number": {
        const { type: _type, minimum, maximum, ...unknown } = limits;
        refuse(unknown);
        const range = { min: Number(minimum), max: Number(maximum) };
        return fc.oneof(fc.constantFrom(range.min, range.max), fc.double({ ...range, noNaN: true }));
      }
      case "array": {
        const { type: _type, items, ...unknown } = limits;
        refuse(unknown);
        return fc.array(this.of(items as Schema, depth), { maxLength: 3 });
      }
      case "object":
        return this.ofObject(limits, depth);
      default: {
        const { type, ...unknown } = limits;
        refuse(unknown, type, "boolean", "null");
        return type === "boolean" ? fc.boolean() : type === "null" ? fc.constant(null) : anything;
      }
    }
  }

  private ofObject(schema: Schema, depth: number): fc.Arbitrary<JsonObject> {
    const {
      type: _type,
      properties,
      required,
      dependentSchemas,
      additionalProperties,
      propertyNames,
      ...unknown
    } = schema;
    refuse(unknown);
    if (additionalProperties) {
      const keys = this.of({ type: "string", ...(propertyNames as Schema | undefined) }, 0);
      return fc
        .array(fc.tuple(keys.map(String), this.of(additionalProperties as Schema, depth)), { maxLength: 3 })
        .map((entries) => Object.fromEntries(entries));
    }
    const isRequired = (name: string) => ((required ?? []) as string[]).includes(name);
    const entries = Object.entries((properties ?? {}) as Record<string, Schema>)
      .filter(
        ([name, property]) => depth > 0 || isRequired(name) || !JSON.stringify(property).includes("$ref"),
      )
      .map(([name, property]) => {
        const entry = this.of(property, depth - 1).map((value): [string, JsonValue][] => [[name, value]]);
        return isRequired(name) ? entry : fc.oneof(fc.constant([]), entry);
      });
    return fc.tuple(...entries).map((parts) => {
      const values = new Map(parts.flat());
      for (const [name, dependent] of Object.entries((dependentSchemas ?? {}) as Record<string, Schema>)) {
        const { propertyNames, ...unknown } = dependent;
        const { not, ...more } = propertyNames as { not: { enum: string[] } };
        refuse({ ...unknown, ...more });
        for (const other of values.has(name) ? not.enum : []) {
          values.delete(other);
        }
      }
      return Object.fromEntries(values);
    });
  }
}

/** Refuses keywords, and a value that is set and not known. */
function refuse(keywords: object, value?: JsonValue, ...known: JsonValue[]): void {
  if (Object.keys(keywords).length > 0 || (value !== undefined && !known.includes(value))) {
    throw new Error(`no generator for ${JSON.stringify({ ...keywords, value })}`);
  }
}
