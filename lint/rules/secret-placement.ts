import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import type { Rule } from "../pluginrpc/rule.js";
import { type Role, roleOf, secretOf } from "../vocabulary.js";

/** How the names of RPCs begin whose answer may be a new credential, or one that was asked for by name. */
const issuing =
  /^(Create|Register|Enroll|Request|Resolve|Issue|Generate|Rotate|Renew|Refresh|Exchange)(?=[A-Z])/;

/**
 * Resources are stored, listed, passed around and shown, and secrets are not: a plaintext credential is in
 * the response that issues it, once, and in requests that present it. Its hash is what a service asks
 * another to look up, so it is in requests only. This holds for what such a message contains, too: one
 * that only requests contain is a part of them, any other is a resource.
 *
 *     message Runner {
 *       string service_token = 4;      // move it to RegisterRunnerResponse
 *     }
 *     message GetRunnerResponse {
 *       string token_hash = 2;         // remove it
 *       EnrollRunnerRequest last = 3;  // remove it, as that has a token
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
      if (secret !== "credential" && secret !== "hash") {
        return;
      }
      const message = outermost(field.parent);
      const containers = containersOf(message, context.registry);
      // What is in requests only is a part of them.
      const role = (one: DescMessage): Role =>
        roleOf(one) === "resource" && onlyInRequests(one, context.registry) ? "request" : roleOf(one);
      const allowed = secret === "hash" ? "requests" : "requests and in the response that issues it";
      const what = secret === "hash" ? "the hash of a secret" : "a secret";
      const { name } = field.parent;
      const container = containers.find((one) => role(one) !== "request");
      if (role(message) === "resource") {
        const through = container ? `, which ${container.name} contains` : "";
        context.report(
          field,
          `Field ${field.name} is ${what}, and ${name} is a resource${through}: keep it in ${allowed}.`,
        );
      } else if (container) {
        context.report(
          field,
          `Field ${field.name} is ${what}, and ${container.name} contains ${name}: keep it in ${allowed}.`,
        );
      } else if (role(message) === "response" && secret === "hash") {
        context.report(field, `Field ${field.name} is the hash of a secret and belongs in requests only.`);
      } else if (role(message) === "response" && !issuing.test(message.name)) {
        context.report(
          field,
          `Field ${field.name} is a secret, and ${message.name} does not issue it: keep it in the response of the RPC that does.`,
        );
      }
    },
  },
};

const outermost = (message: DescMessage): DescMessage =>
  message.parent ? outermost(message.parent) : message;

/** The outermost messages that contain one, at any depth, without itself. */
function containersOf(message: DescMessage, registry: FileRegistry): DescMessage[] {
  const uses = usesIn(registry);
  const found = new Set([message]);
  for (const one of found) {
    for (const user of uses.get(one) ?? []) {
      found.add(user);
    }
  }
  found.delete(message);
  return [...found];
}

function onlyInRequests(message: DescMessage, registry: FileRegistry): boolean {
  const top = containersOf(message, registry).filter((one) => containersOf(one, registry).length === 0);
  return top.length > 0 && top.every((one) => roleOf(one) === "request");
}

const usesByRegistry = new WeakMap<FileRegistry, Map<DescMessage, Set<DescMessage>>>();

/** The outermost messages with a field of each outermost message, or of one declared within. */
function usesIn(registry: FileRegistry): Map<DescMessage, Set<DescMessage>> {
  let uses = usesByRegistry.get(registry);
  if (uses === undefined) {
    uses = new Map();
    for (const type of registry) {
      if (type.kind === "message") {
        for (const { message } of type.fields) {
          if (message) {
            const used = outermost(message);
            uses.set(used, (uses.get(used) ?? new Set()).add(outermost(type)));
          }
        }
      }
    }
    usesByRegistry.set(registry, uses);
  }
  return uses;
}
