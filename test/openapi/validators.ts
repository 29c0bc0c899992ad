import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Schema } from "../../scripts/lib/openapi/scalars.ts";

/** Returns why JSON is not valid for a type; undefined if it is valid. */
export type Validate = (typeName: string, json: unknown) => string | undefined;

/**
 * Returns a validator of JSON for the schemas of a document, which itself must keep the strict rules of Ajv.
 *
 * @param validateFormats Whether formats are checked. JSON Schema lets a validator ignore them.
 */
export function createValidator(schemas: Record<string, Schema>, validateFormats = true): Validate {
  const ajv = new Ajv2020({ strict: true, validateFormats });
  addFormats(ajv);
  ajv.addKeyword("components");
  ajv.addSchema({ components: { schemas } }, "document");
  const compiled = new Map<string, ValidateFunction>();
  return (typeName, json) => {
    const validate =
      compiled.get(typeName) ?? ajv.compile({ $ref: `document#/components/schemas/${typeName}` });
    compiled.set(typeName, validate);
    return validate(json) ? undefined : ajv.errorsText(validate.errors);
  };
}
