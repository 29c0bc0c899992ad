import type { Rule } from "./rule.ts";
import { hasRedacted, isDocumented, isRedacted, markOf, secretOf } from "./secrets.ts";

/**
 * Loggers leave out fields that are marked debug_redact (`@agynio/api/redact` does), so a secret without the mark
 * is logged. A field is a secret by its name (token, jwt, password, …, or the hash of one), or by its comment: a sentence
 * that begins with "Secret", or "Signed URL of the archive" where the name is only `url`. A message that is a secret needs no mark if a field within it has one.
 *
 * `debug_redact = false` states that a field is no secret, whatever its name suggests. No rule about secrets checks it,
 * except that this one rejects a contradiction.
 *
 *     string service_token = 2;                           // finding: the secret is logged
 *     string service_token = 2 [debug_redact = true];     // fixed
 *     string resume_at_token = 3 [debug_redact = false];  // fixed: it is a position in a stream
 */
export const secretRedacted: Rule = {
  id: "AGYN_SECRET_REDACTED",
  purpose:
    "Checks that fields that hold a secret are marked debug_redact, and that no other statement contradicts it.",
  check: {
    field(field, { report }) {
      if (markOf(field) === false) {
        const contradiction = isDocumented(field)
          ? "its comment states that it is a secret"
          : hasRedacted(field) && "its message has fields that are marked";
        if (contradiction) {
          const problem = `Field ${field.name} has debug_redact = false, but ${contradiction}`;
          report(field, `${problem}: remove the option, or what contradicts it.`);
        }
        return;
      }
      const secret = secretOf(field);
      if (secret !== undefined && !isRedacted(field)) {
        const problem = `Field ${field.name} is a secret by its ${secret.source}, and would be logged`;
        const otherwise = isDocumented(field) ? "" : ", or [debug_redact = false] if it is none";
        report(field, `${problem}: mark it [debug_redact = true]${otherwise}.`);
      }
    },
  },
};
