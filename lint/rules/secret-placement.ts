import type { DescField, DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { outermostType } from "../../scripts/lib/contract/descriptors.ts";
import { roleOf, rootsOf, rpcsOf } from "./roles.ts";
import type { Rule } from "./rule.ts";
import { isOneCredential, secretOf } from "./secrets.ts";
import { snakeCase } from "./vocabulary.ts";

/**
 * Resources are stored, listed and displayed; secrets must not be. A plaintext credential is in the response that
 * issues it and in requests that present it. Its hash serves to look it up, so it is in requests only. Messages that
 * only these requests and responses contain may hold it too.
 *
 * A response issues credentials unless its RPC reads or updates what is stored: it returns a page, or its name begins
 * with a verb such as Get, List or Watch. An RPC that is about one credential, such as GetAccessToken, issues it.
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
      const { kind } = secretOf(field) ?? {};
      if (kind !== "credential" && kind !== "hash") {
        return;
      }
      const isAllowed = (root: DescMessage) => {
        const role = roleOf(root, registry);
        return role === "request" || (role === "response" && kind === "credential" && issues(root, registry));
      };
      const root = rootsOf(field.parent, registry).find((root) => !isAllowed(root));
      if (root !== undefined) {
        const [noun, allowed] =
          kind === "hash"
            ? ["the hash of a secret", "requests"]
            : ["a secret", "requests and in the response that issues it"];
        const problem = describeProblem(field, root, kind, registry);
        report(field, `Field ${field.name} is ${noun}, and ${problem}: keep it in ${allowed}.`);
      }
    },
  },
};

function describeProblem(
  { parent }: DescField,
  root: DescMessage,
  kind: string,
  registry: FileRegistry,
): string {
  const contained = root.typeName !== parent.typeName && !parent.typeName.startsWith(`${root.typeName}.`);
  if (!contained) {
    return roleOf(root, registry) === "resource"
      ? `${parent.name} is a resource`
      : `${root.name} ${kind === "hash" ? "is a response" : "does not issue it"}`;
  }
  return /(Request|Response)$/.test(outermostType(parent).name)
    ? `${root.name} contains ${parent.name}`
    : `${parent.name} is a resource, which ${root.name} contains`;
}

/** Matches names of RPCs that return what is stored. */
const reading =
  /^(Batch)?(Get|List|Search|Query|Find|Look[Uu]p|Describe|Read|Show|View|Watch|Subscribe|Inspect|Introspect|Validate|Update)(?=[A-Z]|$)/;

/** Returns whether a response is that of an RPC that issues credentials. */
function issues(response: DescMessage, registry: FileRegistry): boolean {
  const rpcs = rpcsOf(response, registry).map(({ name }) => name);
  const names = rpcs.length > 0 ? rpcs : [response.name.replace(/Response$/, "")];
  return (
    !response.fields.some(({ name }) => name === "next_page_token") &&
    names.every((name) => {
      const [verbs = "", , verb] = reading.exec(name) ?? [];
      return verb === undefined || (verb === "Get" && isOneCredential(snakeCase(name.slice(verbs.length))));
    })
  );
}
