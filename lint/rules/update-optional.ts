import type { Rule } from "./rule.ts";

/**
 * An update changes only the fields that are set in its request, so every field must be able to be unset. Lists and
 * maps cannot be unset: put them in a message, or update them with a separate RPC.
 *
 *     message UpdateAgentRequest {     // in a package with a message Agent
 *       string id = 1;
 *       string name = 2;               // must be `optional string name = 2;`
 *     }
 */
export const updateOptional: Rule = {
  id: "AGYN_UPDATE_OPTIONAL",
  purpose: "Checks that the fields of an update request are optional, except the resource's ID.",
  check: {
    message(message, { report, registry }) {
      const resource = /^Update(.+)Request$/.exec(message.name)?.[1];
      if (message.parent || !registry.getMessage(`${message.file.proto.package}.${resource}`)) {
        return;
      }
      for (const field of message.fields) {
        if (!["id", "identity_id"].includes(field.name) && !field.oneof && !field.proto.proto3Optional) {
          const { fieldKind } = field;
          const advice =
            fieldKind === "list" || fieldKind === "map"
              ? `, which a ${fieldKind} cannot be: put it in an optional message, or update it with a separate RPC.`
              : ": unset means leave unchanged.";
          report(field, `Field ${field.name} of ${message.name} must be optional${advice}`);
        }
      }
    },
  },
};
