import { typeOf } from "../../scripts/lib/contract/descriptors.ts";
import { roleOf } from "./roles.ts";
import type { Rule } from "./rule.ts";
import { part, typePart } from "./vocabulary.ts";

const timestamp = "google.protobuf.Timestamp";
const members = [
  { number: 1, name: "id", type: "string" },
  { number: 2, name: "created_at", type: timestamp },
  { number: 3, name: "updated_at", type: timestamp },
];

/**
 * EntityMeta has the same fields in every package, and every resource has it in the same field, so that clients
 * read the identity and the history of all resources with the same code. A package without EntityMeta can use the name
 * meta for something else.
 *
 *     message EntityMeta {
 *       string id = 1;
 *       int64 created_at = 2;          // must be google.protobuf.Timestamp
 *       google.protobuf.Timestamp updated_at = 3;
 *     }
 *     message Agent {
 *       string name = 1;
 *       EntityMeta meta = 2;           // must be number 1
 *     }
 */
export const entityMeta: Rule = {
  id: "AGYN_ENTITY_META",
  purpose:
    "Checks that EntityMeta has id, created_at and updated_at, and that in a package with EntityMeta, the field meta of a resource is one and has number 1.",
  check: {
    message(message, { report }) {
      if (message.name !== "EntityMeta") {
        return;
      }
      for (const { number, name, type } of members) {
        const field = message.fields.find((field) => field.number === number);
        if (field?.name !== name || typeOf(field) !== type) {
          report(
            field ?? message,
            `Field ${number} of EntityMeta must be "${type} ${name} = ${number};", as in other packages.`,
          );
        }
      }
      for (const field of message.fields.filter(({ number }) => number > members.length)) {
        const names = members.map(({ name }) => name).join(", ");
        report(
          field,
          `EntityMeta must have no fields other than ${names}: move ${field.name} to the resource.`,
        );
      }
    },
    field(field, { report, registry }) {
      const type = `${field.parent.file.proto.package}.EntityMeta`;
      const isEntityMeta = registry.getMessage(type) || field.message?.name === "EntityMeta";
      if (field.name !== "meta" || !isEntityMeta || roleOf(field.parent, registry) !== "resource") {
        return;
      }
      if (typeOf(field) !== type) {
        const problem = `Field meta must be ${type}, as in other resources, not ${typeOf(field)}`;
        report(field, `${problem}: change the type, or choose another name.`, typePart(field));
      }
      if (field.number !== 1) {
        const problem = `Field meta must be number 1, as in other resources, not ${field.number}`;
        report(field, `${problem}.`, part.field.number);
      }
    },
  },
};
