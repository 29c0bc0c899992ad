import type { Rule } from "../pluginrpc/rule.js";

/**
 * An update leaves unchanged what its request leaves unset, which takes fields that can be unset. A list or
 * map cannot be: it goes into a message of its own, or gets an RPC of its own.
 *
 *     message UpdateAgentRequest {     // where the package has a message Agent
 *       string id = 1;
 *       string name = 2;               // must be `optional string name = 2;`
 *     }
 */
export const updateOptional: Rule = {
  id: "AGYN_UPDATE_OPTIONAL",
  categories: ["AGYN"],
  purpose: "Checks that every field of an update request but the resource's ID is optional.",
  check: {
    message(message, { report, registry }) {
      const resource = /^Update(.+)Request$/.exec(message.name)?.[1];
      if (message.parent || !registry.getMessage(`${message.file.proto.package}.${resource}`)) {
        return;
      }
      for (const field of message.fields) {
        if (!["id", "identity_id"].includes(field.name) && !field.oneof && !field.proto.proto3Optional) {
          const { fieldKind } = field;
          const mend =
            fieldKind === "list" || fieldKind === "map"
              ? `, which a ${fieldKind} cannot be: put it in a message of its own, or give it an RPC of its own.`
              : ": unset means leave unchanged.";
          report(field, `Field ${field.name} of ${message.name} must be optional${mend}`);
        }
      }
    },
  },
};
