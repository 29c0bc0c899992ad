import { type DescField, type DescMessage, type FileRegistry, ScalarType } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, FieldMaskSchema } from "@bufbuild/protobuf/wkt";
import type { Rule } from "./rule.ts";
import { snakeCase } from "./vocabulary.ts";

/**
 * An update changes only the fields that are set in its request, so every field must be able to be unset. Lists and
 * maps cannot be unset: put them in a message, or update them with a separate RPC. A google.protobuf.FieldMask states
 * what is changed too, so a request with one needs no optional fields.
 *
 * What finds the resource is always set: its ID, and the fields that the request of the RPC that gets or deletes it has.
 * So is what controls the call: flags, `etag`, `reason`, `expected_version` and IDs that the resource does not have.
 *
 *     message UpdateAgentRequest {     // in a package with a message Agent
 *       string id = 1;
 *       string name = 2;               // must be `optional string name = 2;`
 *       bool validate_only = 3;        // no field of Agent
 *     }
 */
export const updateOptional: Rule = {
  id: "AGYN_UPDATE_OPTIONAL",
  purpose: "Checks that the fields of an update request are optional, except the resource's ID.",
  check: {
    message(message, { report, registry }) {
      const [, name = ""] = /^Update(.+)Request$/.exec(message.name) ?? [];
      const resource = registry.getMessage(`${message.file.proto.package}.${name}`);
      const hasMask = message.fields.some((field) => field.message?.typeName === FieldMaskSchema.typeName);
      if (message.parent || !resource || hasMask) {
        return;
      }
      const keys = keysOf(resource, registry);
      for (const field of message.fields) {
        if (canBeUnset(field) || keys.has(field.name) || isControl(field, resource)) {
          continue;
        }
        const { fieldKind } = field;
        const advice =
          fieldKind === "list" || fieldKind === "map"
            ? `, which a ${fieldKind} cannot be: put it in a message, or update it with a separate RPC.`
            : ": unset means leave unchanged.";
        report(field, `Field ${field.name} of ${message.name} must be optional${advice}`);
      }
    },
  },
};

const canBeUnset = ({ presence, fieldKind }: DescField) =>
  presence !== FeatureSet_FieldPresence.IMPLICIT && fieldKind !== "list" && fieldKind !== "map";

/** Returns the names of the fields with which requests find a resource. */
function keysOf(resource: DescMessage, registry: FileRegistry): Set<string> {
  const requests = ["Get", "Delete"].map((verb) =>
    registry.getMessage(`${resource.file.proto.package}.${verb}${resource.name}Request`),
  );
  const fields = requests.flatMap((request) => request?.fields ?? []);
  return new Set(["id", "identity_id", `${snakeCase(resource.name)}_id`, ...fields.map(({ name }) => name)]);
}

/** Returns whether a field is about the call instead of the resource. */
const isControl = (field: DescField, resource: DescMessage) =>
  !resource.fields.some(({ name }) => name === field.name) &&
  (field.scalar === ScalarType.BOOL || /_id$|^(etag|idempotency_key|reason|expected_\w+)$/.test(field.name));
