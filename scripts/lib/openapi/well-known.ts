// Messages with a JSON form of their own: https://protobuf.dev/programming-guides/json.
import type { DescMessage } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { createScalarSchema, matchInteger, refer, type Schema } from "./scalars.ts";

/** The seconds of a google.protobuf.Duration are at most these, which are 10,000 years. */
const maxSeconds = 315_576_000_000n;

const fraction = "(?:\\.[0-9]{3}(?:[0-9]{3}){0,2})?";
// No expression looks ahead: the engines of Go and Rust cannot.
const year = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)";
const day = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";
const time = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]";
const path = "[a-zA-Z][a-zA-Z0-9]*(?:\\.[a-zA-Z][a-zA-Z0-9]*)*";

const schemas: Record<string, Schema> = {
  Any: {
    type: "object",
    description:
      "A message of any type of the platform's contract. `@type` ends with a slash and the full name of the type, as in " +
      "`type.googleapis.com/google.protobuf.Duration`. The message's own fields follow; a type whose JSON is no object, " +
      "such as Duration, is in `value`.",
    anyOf: [
      { properties: { "@type": { type: "string", pattern: "/[^/]+$" } }, required: ["@type"] },
      { maxProperties: 0 },
    ],
  },
  Duration: {
    type: "string",
    description: "A number of seconds, with 0, 3, 6 or 9 decimals, and the letter s: `1.500s`.",
    pattern: `^-?(?:${matchInteger(0n, maxSeconds)})${fraction}s$`,
  },
  FieldMask: {
    type: "string",
    description: "Paths of fields, with names as in JSON and commas between them: `name,owner.displayName`.",
    pattern: `^(?:${path}(?:,${path})*)?$`,
  },
  ListValue: {
    type: "array",
    description: "A list of any JSON values.",
    items: refer("google.protobuf.Value"),
  },
  Struct: {
    type: "object",
    description: "Any JSON object.",
    additionalProperties: refer("google.protobuf.Value"),
  },
  Timestamp: {
    type: "string",
    format: "date-time",
    description:
      "A time in UTC, from year 1 to year 9999, with 0, 3, 6 or 9 decimals: `2026-01-31T12:00:00Z`.",
    pattern: `^${year}-${day}T${time}${fraction}Z$`,
  },
  Value: { description: "Any JSON value." },
};

/** Returns the schema of a message that has a JSON form of its own; undefined for others. */
export function createWellKnownSchema(message: DescMessage): Schema | undefined {
  if (isWrapperDesc(message)) {
    return createScalarSchema(message.fields[0].scalar);
  }
  return message.file.proto.package === "google.protobuf" ? schemas[message.name] : undefined;
}
