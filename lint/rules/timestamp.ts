import type { Rule } from "../pluginrpc/rule.js";
import { typeOf, typePart } from "../vocabulary.js";

const type = "google.protobuf.Timestamp";

/**
 * A point in time has one form everywhere, with one unit and no time zone to guess.
 *
 *     int64 created_at = 2;            // must be google.protobuf.Timestamp
 */
export const timestamp: Rule = {
  id: "AGYN_TIMESTAMP",
  categories: ["AGYN"],
  purpose: "Checks that fields whose name ends in _at are google.protobuf.Timestamp.",
  check: {
    field(field, { report }) {
      if (field.name.endsWith("_at") && typeOf(field) !== type) {
        report(field, `Field ${field.name} must be ${type}, not ${typeOf(field)}.`, typePart(field));
      }
    },
  },
};
