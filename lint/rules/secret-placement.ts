import type { Rule } from "../pluginrpc/rule.js";
import { roleOf, secretOf } from "../vocabulary.js";

/** RPCs that answer with what is stored already; a secret is in the answer of the RPC that issues it. */
const reading = /^(Get|List|BatchGet|Search|Watch|Update|Delete)(?=[A-Z])/;

/**
 * Resources are stored, listed, passed around and shown, and secrets are not: a plaintext credential is in
 * the response that issues it, once, and in requests that present it. Its hash is what a service asks
 * another to look up, so it is in requests only.
 *
 *     message Runner {
 *       string service_token = 4;      // move it to RegisterRunnerResponse
 *     }
 *     message GetRunnerResponse {
 *       string token_hash = 2;         // remove it
 *     }
 */
export const secretPlacement: Rule = {
  id: "AGYN_SECRET_PLACEMENT",
  categories: ["AGYN"],
  purpose:
    "Checks that credentials are in requests and in responses that issue them, and their hashes in requests only.",
  check: {
    field(field, context) {
      const secret = secretOf(field, context);
      const role = roleOf(field.parent);
      if (role === "request" || (secret !== "credential" && secret !== "hash")) {
        return;
      }
      const { name } = field.parent;
      if (role === "resource") {
        context.report(
          field,
          `Field ${field.name} is a secret, and ${name} is a resource: keep it in requests${secret === "hash" ? "" : " and in the response that issues it"}.`,
        );
      } else if (secret === "hash") {
        context.report(field, `Field ${field.name} is the hash of a secret and belongs in requests only.`);
      } else if (reading.test(name)) {
        context.report(
          field,
          `Field ${field.name} is a secret, and ${name} does not issue it: keep it in the response of the RPC that does.`,
        );
      }
    },
  },
};
