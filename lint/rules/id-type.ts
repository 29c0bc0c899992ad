import type { Rule } from "../pluginrpc/rule.js";
import { typeOf, typePart } from "../vocabulary.js";

/**
 * IDs are opaque text, in most of the contract UUIDs, whose form no client may depend on.
 *
 *     int64 agent_id = 1;              // must be string
 *     string agent_ids = 1;            // must be repeated string
 */
export const idType: Rule = {
  id: "AGYN_ID_TYPE",
  categories: ["AGYN"],
  purpose: "Checks that fields id and *_id are string, and ids and *_ids repeated string.",
  check: {
    field(field, { report }) {
      const [, plural] = /(?:^|_)id(s?)$/.exec(field.name) ?? [];
      if (plural === undefined) {
        return;
      }
      const type = plural === "" ? "string" : "repeated string";
      if (typeOf(field) !== type) {
        report(field, `Field ${field.name} must be ${type}, not ${typeOf(field)}.`, typePart(field));
      }
    },
  },
};
