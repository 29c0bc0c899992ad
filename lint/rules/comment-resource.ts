import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { Context, Rule } from "../pluginrpc/rule.js";
import { roleOf, secretOf } from "../vocabulary.js";

/** Words at the end of a name of a number that mean nothing without their unit, or that are one. */
const quantity =
  /(^|_)(ns|nanos|us|ms|millis|sec|secs|seconds|minutes|hours|days|timeout|interval|ttl|duration|grace|bytes|kb|mb|gb|kib|mib|gib|size|capacity|cpu|memory|px|percent|ratio|rate|cents|usd)$/;

/**
 * Resources are what the contract is about, so each is described. Of their fields those are that a name
 * cannot tell all about: who may see it, in which unit it is, or what it means when it is not set.
 *
 *     message Volume {                 // no comment: say what a volume is
 *       string size = 2;               // no comment: say "As a Kubernetes quantity such as "10Gi"."
 *     }
 */
export const commentResource: Rule = {
  id: "AGYN_COMMENT_RESOURCE",
  categories: ["AGYN"],
  purpose:
    "Checks that resources, and their fields with a secret, a unit or an optional value, have comments.",
  check: {
    message(message, { report, comment }) {
      if (roleOf(message) === "resource" && comment(message) === "") {
        report(
          message,
          `Message ${message.name} is a resource and must have a comment that says what it is.`,
        );
      }
    },
    field(field, context) {
      const reason = reasonToComment(field, context);
      if (reason !== undefined && roleOf(field.parent) === "resource" && context.comment(field) === "") {
        context.report(field, `Field ${field.name} ${reason}.`);
      }
    },
  },
};

/** Whether a message only makes its value optional. */
const isWrapper = ({ typeName }: DescMessage) =>
  /^google\.protobuf\.(Double|Float|U?Int(32|64)|Bool|String|Bytes)Value$/.test(typeName);

function reasonToComment(field: DescField, context: Context): string | undefined {
  if (field.proto.options?.debugRedact || secretOf(field, context)) {
    return "holds a secret and must have a comment that says so";
  }
  if (field.proto.proto3Optional || (field.fieldKind === "message" && isWrapper(field.message))) {
    return "is optional and must have a comment that says what it means when it is not set";
  }
  if (quantity.test(field.name) || field.message?.typeName === "google.protobuf.Duration") {
    return "is a quantity and must have a comment that says its unit";
  }
  return undefined;
}
