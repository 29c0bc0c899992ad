import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { contractMessages, outermostType } from "../../scripts/lib/contract/descriptors.ts";
import type { Rule } from "./rule.ts";
import { type Role, roleOf, secretOf } from "./vocabulary.ts";

/** Matches names of RPCs whose response may hold a new credential, or a credential that was requested by name. */
const issuing =
  /^(Create|Register|Enroll|Request|Resolve|Issue|Generate|Rotate|Renew|Refresh|Exchange)(?=[A-Z])/;

/**
 * Resources are stored, listed and displayed; secrets must not be. A plaintext credential is in the response that
 * issues it and in requests that present it. Its hash serves to look it up, so it is in requests only. The same
 * holds for messages that contain these messages. A message that only requests contain counts as a request.
 *
 *     message Runner {
 *       string service_token = 4;      // move it to RegisterRunnerResponse
 *     }
 *     message GetRunnerResponse {
 *       string token_hash = 2;         // remove it
 *       EnrollRunnerRequest last = 3;  // remove it: EnrollRunnerRequest has a token
 *     }
 */
export const secretPlacement: Rule = {
  id: "AGYN_SECRET_PLACEMENT",
  purpose:
    "Checks that credentials are in requests and in responses that issue them only, and their hashes in requests only.",
  check: {
    field(field, { registry, report }) {
      const secret = secretOf(field);
      if (secret !== "credential" && secret !== "hash") {
        return;
      }
      const problem = findProblem(field.parent, secret === "hash", containersIn(registry));
      if (problem !== undefined) {
        const [noun, allowed] =
          secret === "hash"
            ? ["the hash of a secret", "requests"]
            : ["a secret", "requests and in the response that issues it"];
        report(field, `Field ${field.name} is ${noun}, and ${problem}: keep it in ${allowed}.`);
      }
    },
  },
};

/** Top-level messages by the top-level message that they have a field of. Nested messages count as their parents. */
type Containers = Map<DescMessage, Set<DescMessage>>;

function findProblem(parent: DescMessage, isHash: boolean, containers: Containers): string | undefined {
  const message = outermostType(parent);
  const role = effectiveRole(message, containers);
  const container = containersOf(message, containers).find(
    (type) => effectiveRole(type, containers) !== "request",
  );
  if (role === "resource") {
    return `${parent.name} is a resource${container ? `, which ${container.name} contains` : ""}`;
  }
  if (container) {
    return `${container.name} contains ${parent.name}`;
  }
  if (role === "response" && (isHash || !issuing.test(message.name))) {
    return `${message.name} ${isHash ? "is a response" : "does not issue it"}`;
  }
  return undefined;
}

/** Returns the role of a message, where a resource that only requests contain counts as a request. */
function effectiveRole(message: DescMessage, containers: Containers): Role {
  const top = containersOf(message, containers).filter((type) => containersOf(type, containers).length === 0);
  const onlyInRequests = top.length > 0 && top.every((type) => roleOf(type) === "request");
  return roleOf(message) === "resource" && onlyInRequests ? "request" : roleOf(message);
}

/** Returns all messages that contain a message at any depth, except itself. */
function containersOf(message: DescMessage, containers: Containers): DescMessage[] {
  const found = new Set([message]);
  for (const contained of found) {
    for (const container of containers.get(contained) ?? []) {
      found.add(container);
    }
  }
  found.delete(message);
  return [...found];
}

function containersIn(registry: FileRegistry): Containers {
  const containers: Containers = new Map();
  for (const type of contractMessages(registry)) {
    for (const contained of type.fields.flatMap(({ message }) => (message ? outermostType(message) : []))) {
      containers.set(contained, (containers.get(contained) ?? new Set()).add(outermostType(type)));
    }
  }
  return containers;
}
