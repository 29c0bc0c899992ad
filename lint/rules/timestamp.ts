import { typeOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { typePart } from "./vocabulary.ts";

const type = "google.protobuf.Timestamp";

/**
 * Points in time have the same type everywhere, with one unit and no time zone.
 *
 *     int64 created_at = 2;            // must be google.protobuf.Timestamp
 */
export const timestamp: Rule = {
  id: "AGYN_TIMESTAMP",
  purpose: "Checks that fields whose names end in _at are google.protobuf.Timestamp.",
  check: {
    field(field, { report }) {
      if (field.name.endsWith("_at") && typeOf(field) !== type) {
        report(field, `Field ${field.name} must be ${type}, not ${typeOf(field)}.`, typePart(field));
      }
    },
  },
};
