import type { Rule } from "./rule.ts";
import { isRedacted, secretOf } from "./vocabulary.ts";

/**
 * Loggers leave out fields that are marked debug_redact (`@agynio/api/redact` does), so a secret without the mark
 * is logged. A field is a secret by its name (token, jwt, password, …, or the hash of one), or by a sentence in its
 * comment that begins with "Secret". A message that is a secret needs no mark if a field within it has one.
 *
 *     string service_token = 2;                           // finding: the secret is logged
 *     string service_token = 2 [debug_redact = true];     // fixed
 */
export const secretRedacted: Rule = {
  id: "AGYN_SECRET_REDACTED",
  purpose: "Checks that fields that hold a secret are marked debug_redact.",
  check: {
    field(field, { report }) {
      const secret = secretOf(field);
      if (secret !== undefined && !isRedacted(field)) {
        const source = secret === "documented" ? "comment" : "name";
        report(field, `Field ${field.name} is a secret by its ${source}: mark it [debug_redact = true].`);
      }
    },
  },
};
