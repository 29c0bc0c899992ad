import type { DescMessage } from "@bufbuild/protobuf";
import { typeOf } from "../../scripts/lib/contract/descriptors.ts";
import { roleOf } from "./roles.ts";
import type { Context, Rule } from "./rule.ts";
import { typePart } from "./vocabulary.ts";

const types = new Map([
  ["page_size", "int32"],
  ["page_token", "string"],
  ["next_page_token", "string"],
]);

/**
 * All lists are paginated in the same way, so that clients read any of them with one loop. The request and the
 * response of an RPC have its name and a suffix.
 *
 *     message ListAgentsRequest {
 *       int32 page_size = 1;           // add `string page_token = 2;`
 *     }
 *     message ListAgentsResponse {     // add `string next_page_token = 2;`
 *       repeated Agent agents = 1;
 *     }
 */
export const pagination: Rule = {
  id: "AGYN_PAGINATION",
  purpose:
    "Checks that a paginated request has page_size and page_token, and its response next_page_token and one repeated field.",
  check: {
    field(field, { report, registry }) {
      const type = types.get(field.name);
      if (type === undefined) {
        return;
      }
      if (typeOf(field) !== type) {
        report(field, `Field ${field.name} must be ${type}, not ${typeOf(field)}.`, typePart(field));
      }
      const role = field.name === "next_page_token" ? "response" : "request";
      if (roleOf(field.parent, registry) !== role) {
        report(field, `Field ${field.name} belongs in a ${role}, and ${field.parent.name} is not a ${role}.`);
      }
    },
    message(message, context) {
      // Messages nested in a request are not requests.
      const role = message.parent ? undefined : roleOf(message, context.registry);
      if (role === "request") {
        checkRequest(message, context);
      } else if (role === "response") {
        checkResponse(message, context);
      }
    },
  },
};

function checkRequest(request: DescMessage, { report, registry }: Context): void {
  const size = findField(request, "page_size");
  const token = findField(request, "page_token");
  const present = size ?? token;
  if (present === undefined) {
    return;
  }
  if (size === undefined || token === undefined) {
    const missing = size === undefined ? "page_size" : "page_token";
    report(present, `${request.name} has ${present.name} and must also have ${missing}.`);
  }
  const response = registry.getMessage(request.typeName.replace(/Request$/, "Response"));
  if (!findField(response, "next_page_token")) {
    const name = request.name.replace(/Request$/, "Response");
    report(present, `${request.name} has ${present.name}, so there must be a ${name} with next_page_token.`);
  }
}

function checkResponse(response: DescMessage, { report, registry }: Context): void {
  const next = findField(response, "next_page_token");
  if (next === undefined) {
    return;
  }
  const { name } = response;
  const [items, ...others] = response.fields.filter((field) => field.fieldKind === "list");
  if (items === undefined) {
    report(response, `${name} has next_page_token and must have a repeated field for the items of a page.`);
  }
  for (const field of others) {
    report(field, `${name} is a page of ${items?.name} and must have no other repeated field.`);
  }
  const request = registry.getMessage(response.typeName.replace(/Response$/, "Request"));
  if (!findField(request, "page_size") && !findField(request, "page_token")) {
    const wanted = `${name.replace(/Response$/, "Request")} with page_size and page_token`;
    report(next, `${name} has next_page_token, so there must be a ${wanted}.`);
  }
}

const findField = (message: DescMessage | undefined, name: string) =>
  message?.fields.find((field) => field.name === name);
