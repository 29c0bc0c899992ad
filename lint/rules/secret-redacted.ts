import type { Rule } from "../pluginrpc/rule.js";
import { isRedacted, secretOf } from "../vocabulary.js";

/**
 * `debug_redact` is how loggers know what to leave out (`@agynio/api/redact` is one), so a secret without it
 * ends up in a log. A field is a secret if its name says so (token, jwt, password, …, or the hash of one) or
 * its comment does, in a sentence that begins with "Secret". A message that is one needs no mark of its own
 * if a field within it has one.
 *
 *     string service_token = 2;                           // a secret that would be logged
 *     string service_token = 2 [debug_redact = true];     // mended
 */
export const secretRedacted: Rule = {
  id: "AGYN_SECRET_REDACTED",
  categories: ["AGYN"],
  purpose: "Checks that fields which carry a secret are marked debug_redact.",
  check: {
    field(field, context) {
      const secret = secretOf(field, context);
      if (secret !== undefined && !isRedacted(field)) {
        const why = secret === "documented" ? "its comment says" : "its name says";
        context.report(
          field,
          `Field ${field.name} carries a secret, as ${why}: mark it [debug_redact = true].`,
        );
      }
    },
  },
};
