import { typeOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { typePart } from "./vocabulary.ts";

/**
 * IDs are opaque text. Most are UUIDs, but no client may depend on their form.
 *
 *     int64 agent_id = 1;              // must be string
 *     string agent_ids = 1;            // must be repeated string
 */
export const idType: Rule = {
  id: "AGYN_ID_TYPE",
  purpose: "Checks that fields named id or *_id are string, and fields named ids or *_ids repeated string.",
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
