import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { commentOf } from "../../scripts/lib/contract/descriptors.ts";
import { isResource } from "./roles.ts";
import type { Rule } from "./rule.ts";
import { markOf, secretOf } from "./secrets.ts";
import { isNumber, isText } from "./vocabulary.ts";

/** Matches the ends of names of quantities. */
const quantity = /(^|_)(timeout|interval|ttl|duration|grace|size|capacity|cpu|memory|ratio|rate)$/;

/** Matches names that state a unit. */
const unit =
  /(^|_)(ns|nanos|us|micros|ms|millis|s|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?|(nano|micro|milli)seconds?|[kmgt]?i?bytes?|[kmgt]i?b|bits?|[kmg]?bps|px|pixels?|percent|bps|cents|usd|eur|cores?|milli(core|cpu)s?|hz|meters?|km|grams?|kg|tokens?|items?|rows?)(_|$)/;

/**
 * Every resource has a comment. A field of a resource has one if its name cannot state who may see the value, its
 * unit, or the meaning of unset.
 *
 *     message Volume {                 // no comment: describe a volume
 *       string size = 2;               // no comment: write "As a Kubernetes quantity such as "10Gi"."
 *       int64 used_bytes = 3;          // the name states the unit
 *     }
 */
export const commentResource: Rule = {
  id: "AGYN_COMMENT_RESOURCE",
  purpose: "Checks that resources, and their fields that are secret, quantities or optional, have comments.",
  check: {
    message(message, { report, registry }) {
      if (commentOf(message) === "" && isResource(message, registry)) {
        report(message, `Message ${message.name} is a resource and must have a comment that describes it.`);
      }
    },
    field(field, { report, registry }) {
      const reason = reasonToComment(field);
      if (reason !== undefined && commentOf(field) === "" && isResource(field.parent, registry)) {
        report(field, `Field ${field.name} ${reason}.`);
      }
    },
  },
};

/** Returns whether the only purpose of a message is to make its value optional. */
const isWrapper = ({ typeName }: DescMessage) =>
  /^google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/.test(typeName);

function reasonToComment(field: DescField): string | undefined {
  if (markOf(field) || secretOf(field)) {
    return "is a secret and must have a comment that describes it";
  }
  if (field.proto.proto3Optional || (field.fieldKind === "message" && isWrapper(field.message))) {
    return "is optional and must have a comment that explains what unset means";
  }
  if (quantity.test(field.name) && !unit.test(field.name) && (isNumber(field) || isText(field))) {
    return "is a quantity whose name states no unit, and must have a comment that states it";
  }
  return undefined;
}
