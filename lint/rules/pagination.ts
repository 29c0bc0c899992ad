import type { DescMessage } from "@bufbuild/protobuf";
import type { Context, Rule } from "../pluginrpc/rule.js";
import { roleOf, typeOf, typePart } from "../vocabulary.js";

const types = new Map([
  ["page_size", "int32"],
  ["page_token", "string"],
  ["next_page_token", "string"],
]);

/**
 * Every list is paged in the same way, so that clients walk any of them with one loop. The request and the
 * response of an RPC are found by their names, which begin with the RPC's.
 *
 *     message ListAgentsRequest {
 *       int32 page_size = 1;           // and no page_token: add `string page_token = 2;`
 *     }
 *     message ListAgentsResponse {     // no next_page_token: add `string next_page_token = 2;`
 *       repeated Agent agents = 1;
 *     }
 */
export const pagination: Rule = {
  id: "AGYN_PAGINATION",
  categories: ["AGYN"],
  purpose:
    "Checks that page_size and page_token come together, and with next_page_token and one repeated field in the response.",
  check: {
    field(field, { report }) {
      const type = types.get(field.name);
      if (type === undefined) {
        return;
      }
      if (typeOf(field) !== type) {
        report(field, `Field ${field.name} must be ${type}, not ${typeOf(field)}.`, typePart(field));
      }
      const role = field.name === "next_page_token" ? "response" : "request";
      if (roleOf(field.parent) !== role) {
        report(field, `Field ${field.name} belongs in a ${role}; ${field.parent.name} is none.`);
      }
    },
    message(message, context) {
      // What is declared within a request or response is none itself.
      if (message.parent) {
        return;
      }
      switch (roleOf(message)) {
        case "request":
          checkRequest(message, context);
          break;
        case "response":
          checkResponse(message, context);
          break;
      }
    },
  },
};

function checkRequest(request: DescMessage, { report, registry }: Context): void {
  const size = named(request, "page_size");
  const token = named(request, "page_token");
  const present = size ?? token;
  if (present === undefined) {
    return;
  }
  if (size === undefined || token === undefined) {
    const missing = size === undefined ? "page_size" : "page_token";
    report(present, `${request.name} has ${present.name} and must have ${missing} too.`);
  }
  const response = registry.getMessage(request.typeName.replace(/Request$/, "Response"));
  if (response === undefined) {
    report(
      present,
      `${request.name} asks for pages, and there is no ${request.name.replace(/Request$/, "Response")} to hold one.`,
    );
  } else if (named(response, "next_page_token") === undefined) {
    report(
      present,
      `${request.name} asks for pages, and ${response.name} has no next_page_token to lead to the next.`,
    );
  }
}

function checkResponse(response: DescMessage, { report, registry }: Context): void {
  const next = named(response, "next_page_token");
  if (next === undefined) {
    return;
  }
  const [items, ...others] = response.fields.filter((field) => field.fieldKind === "list");
  if (items === undefined) {
    report(response, `${response.name} has next_page_token and no repeated field for the items of the page.`);
  }
  for (const other of others) {
    report(other, `${response.name} is a page of ${items?.name} and can have no other repeated field.`);
  }
  const request = registry.getMessage(response.typeName.replace(/Response$/, "Request"));
  if (request === undefined || (!named(request, "page_size") && !named(request, "page_token"))) {
    report(
      next,
      `${response.name} has next_page_token, and ${response.name.replace(/Response$/, "Request")} has no page_size and page_token.`,
    );
  }
}

const named = (message: DescMessage, name: string) => message.fields.find((field) => field.name === name);
