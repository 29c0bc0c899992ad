import { elementType, typeOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { headOf, isNumber, isText, typePart } from "./vocabulary.ts";

/**
 * IDs are opaque text. Most are UUIDs, but no client may depend on their form.
 *
 *     int64 agent_id = 1;              // must be string
 *     string agent_ids = 1;            // must be repeated string
 *     bool clear_agent_id = 1;         // holds no ID
 *     int32 max_agent_ids = 1;         // holds a number of IDs
 */
export const idType: Rule = {
  id: "AGYN_ID_TYPE",
  purpose: "Checks that fields named id or *_id are string, and fields named ids or *_ids repeated string.",
  check: {
    field(field, { report }) {
      const [, plural] = /(?:^|_)id(s?)$/.exec(headOf(field.name)) ?? [];
      const isQuantity = isNumber(field) && plural === "s" && field.fieldKind === "scalar";
      const canHold =
        isText(field) ||
        isNumber(field) ||
        /^bytes$|^google\.protobuf\.(U?Int(32|64)|Bytes)Value$/.test(elementType(field));
      if (plural === undefined || field.fieldKind === "map" || isQuantity || !canHold) {
        return;
      }
      const type = plural === "" ? "string" : "repeated string";
      if (typeOf(field) !== type) {
        const reason = isText(field)
          ? `its name is that of ${plural === "s" ? "several IDs" : "one ID"}`
          : "IDs are opaque text";
        report(
          field,
          `Field ${field.name} must be ${type}, not ${typeOf(field)}: ${reason}.`,
          typePart(field),
        );
      }
    },
  },
};
