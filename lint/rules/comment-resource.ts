import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { commentOf } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { roleOf, secretOf } from "./vocabulary.ts";

/** Matches names of quantities: they end in a unit, or in a word that needs one. */
const quantity =
  /(^|_)(ns|nanos|us|ms|millis|sec|secs|seconds|minutes|hours|days|timeout|interval|ttl|duration|grace|bytes|kb|mb|gb|kib|mib|gib|size|capacity|cpu|memory|px|percent|ratio|rate|cents|usd)$/;

/**
 * Every resource has a comment. A field of a resource has one if its name cannot state who may see the value, its
 * unit, or the meaning of unset.
 *
 *     message Volume {                 // no comment: describe a volume
 *       string size = 2;               // no comment: write "As a Kubernetes quantity such as "10Gi"."
 *     }
 */
export const commentResource: Rule = {
  id: "AGYN_COMMENT_RESOURCE",
  purpose: "Checks that resources, and their fields that are secret, quantities or optional, have comments.",
  check: {
    message(message, { report }) {
      if (roleOf(message) === "resource" && commentOf(message) === "") {
        report(message, `Message ${message.name} is a resource and must have a comment that describes it.`);
      }
    },
    field(field, { report }) {
      const reason = reasonToComment(field);
      if (reason !== undefined && roleOf(field.parent) === "resource" && commentOf(field) === "") {
        report(field, `Field ${field.name} ${reason}.`);
      }
    },
  },
};

/** Returns whether the only purpose of a message is to make its value optional. */
const isWrapper = ({ typeName }: DescMessage) =>
  /^google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/.test(typeName);

function reasonToComment(field: DescField): string | undefined {
  if (field.proto.options?.debugRedact || secretOf(field)) {
    return "is a secret and must have a comment that describes it";
  }
  if (field.proto.proto3Optional || (field.fieldKind === "message" && isWrapper(field.message))) {
    return "is optional and must have a comment that explains what unset means";
  }
  if (quantity.test(field.name) || field.message?.typeName === "google.protobuf.Duration") {
    return "is a quantity and must have a comment that states its unit";
  }
  return undefined;
}
