import type { DescField } from "@bufbuild/protobuf";
import { commentOf, elementType, typeOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { isNumber, isText, typePart } from "./vocabulary.ts";

const type = "google.protobuf.Timestamp";

/** Matches names of places: a URL or a path. */
const place = /(^|_)(located|hosted|mounted|served|reachable|available|listening|look|looked|pointed)_at$/;

/** Matches comments on positions in a history, which do not mention time. */
const position = /^(?!.*\b(time|date|when)\b).*\b(revision|version|offset|sequence|position|index)\b/i;

/**
 * Points in time have the same type everywhere, with one unit and no time zone.
 *
 *     int64 created_at = 2;            // must be google.protobuf.Timestamp
 *     Revision read_at = 3;            // no point in time: neither is a number whose comment says that it is a revision
 */
export const timestamp: Rule = {
  id: "AGYN_TIMESTAMP",
  purpose: "Checks that fields whose names end in _at are google.protobuf.Timestamp.",
  check: {
    field(field, { report }) {
      if (field.name.endsWith("_at") && canBeTime(field)) {
        const problem = `Field ${field.name} must be ${type}, which has one unit and no time zone`;
        report(field, `${problem}, not ${typeOf(field)}.`, typePart(field));
      }
    },
  },
};

function canBeTime(field: DescField): boolean {
  if (field.fieldKind === "map" || position.test(commentOf(field))) {
    return false;
  }
  const isTimeOrWrapper = /^google\.protobuf\.(String|U?Int(32|64))Value$/.test(elementType(field));
  return isTimeOrWrapper || isNumber(field) || (isText(field) && !place.test(field.name));
}
