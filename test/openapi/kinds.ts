// The fields of test/openapi/kinds.proto, which has one of each kind, and what happens to their JSON.
import { readFileSync } from "node:fs";
import { type DescField, type DescMessage, fromJsonString, ScalarType } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { reachableTypes } from "../../scripts/lib/contract/descriptors.ts";
import { createSchemas } from "../../scripts/lib/openapi/schemas.ts";
import { isNullValue } from "../support/extremes.ts";
import { compile } from "./contracts.ts";
import { createValidator, type Validate } from "./validators.ts";
import { verdicts } from "./verdicts.ts";

/** JSON of a message, and what is expected to happen to it. */
export interface Case {
  json: string;
  expected: "valid" | "refused" | "both" | "es" | "go" | "unexpressed";
}

/** All cases of `verdicts`. */
export const cases: Case[] = Object.entries(verdicts).flatMap(([field, { unexpressed = {}, ...lists }]) =>
  Object.entries({ ...lists, unexpressed: Object.keys(unexpressed) }).flatMap(([expected, values]) =>
    values.map((value) => ({
      json: field === "" ? value : `{"${field}": ${value}}`,
      expected: expected as Case["expected"],
    })),
  ),
);

/** Compiles the message with the fields. */
export async function loadKinds() {
  const registry = await compile({ "kinds.proto": readFileSync("test/openapi/kinds.proto", "utf8") });
  const desc = registry.getMessage("kinds.Kinds") as DescMessage;
  const types = reachableTypes([desc]);
  const schemas = createSchemas(types, types);
  const [validate, validateWithoutFormats] = [true, false].map((formats) =>
    createValidator(schemas, formats),
  ) as [Validate, Validate];
  return {
    registry,
    desc,
    isValid: (json: string) => validate(desc.typeName, JSON.parse(json)) === undefined,
    isValidWithoutFormats: (json: string) =>
      validateWithoutFormats(desc.typeName, JSON.parse(json)) === undefined,
    isReadByEs: (json: string) => {
      try {
        return fromJsonString(desc, json, { registry, ignoreUnknownFields: true });
      } catch {
        return undefined;
      }
    },
  };
}

/** Returns JSON that both readers refuse for a field of a message, and that must not be valid. */
export function refusedFor(field: DescField): string[] {
  const values = verdicts[kindOf(field)]?.refused ?? [];
  switch (field.fieldKind) {
    case "list":
      return ["1", ...values.map((value) => `[${value}]`)];
    case "map":
      return ["1", ...values.map((value) => `{"${field.mapKey === ScalarType.BOOL ? true : 1}": ${value}}`)];
    default:
      return values;
  }
}

/** Returns the name of the field of the same kind, or of its element's. */
function kindOf({ message, enum: enumeration, scalar }: DescField): string {
  if (enumeration) {
    return isNullValue(enumeration) ? "nothing" : "color";
  }
  if (message && (isWrapperDesc(message) || message.name === "Empty")) {
    return message.name.replace(/^UI/, "Ui").replace(/^./, (letter) => letter.toLowerCase());
  }
  const google = { FieldMask: "mask", ListValue: "list" } as Record<string, string>;
  if (message) {
    const name = google[message.name] ?? message.name.toLowerCase();
    return message.file.proto.package === "google.protobuf" && name in verdicts ? name : "leaf";
  }
  return (ScalarType[scalar as ScalarType] as string).toLowerCase();
}
