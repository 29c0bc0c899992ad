import type { Rule } from "./rule.ts";
import { part, snakeCase } from "./vocabulary.ts";

/**
 * protobuf-es drops the enum's name from the names of its values: `LlmKind.CHAT` for LLM_KIND_CHAT. It does so only if
 * every value of the enum begins with the enum's name, with an underscore before each capital letter, and a letter
 * follows. (`findEnumSharedPrefix` in @bufbuild/protobuf; buf's ENUM_VALUE_PREFIX splits acronyms in another way.)
 *
 *     enum LLMKind {                   // must be LlmKind: protobuf-es expects L_L_M_KIND_
 *       LLM_KIND_UNSPECIFIED = 0;
 *     }
 *     enum HttpStatus {
 *       HTTP_STATUS_200 = 1;           // rename it, for example to HTTP_STATUS_CODE_200
 *     }
 */
export const enumNames: Rule = {
  id: "AGYN_ENUM_NAMES",
  purpose: "Checks that protobuf-es can drop the enum's name from the names of its values.",
  check: {
    enum(type, { report }) {
      const prefix = `${snakeCase(type.name)}_`;
      // What buf's ENUM_VALUE_PREFIX reports is not reported again.
      if (
        type.sharedPrefix !== undefined ||
        !type.values.every(({ name }) => name.toLowerCase().startsWith(prefix))
      ) {
        return;
      }
      const digit = type.values.find(({ name }) => !/^[a-z_]/i.test(name.slice(prefix.length)));
      if (digit !== undefined) {
        const better = digit.name.replace(new RegExp(`^(.{${prefix.length}})`), "$1CODE_");
        const problem = `In generated code, all values of ${type.name} keep the prefix ${prefix.toUpperCase()}`;
        const reason = `because no letter follows it in ${digit.name}`;
        report(digit, `${problem}, ${reason}: rename it, for example to ${better}.`, part.value.name);
      } else {
        const better = snakeCase(type.name).replace(/(?:^|_)([a-z\d])/g, (_, letter: string) =>
          letter.toUpperCase(),
        );
        const example = type.values[0]?.name ?? "";
        const problem = `In generated code, the values of ${type.name} keep their prefix (${type.name}.${example})`;
        report(
          type,
          `${problem}, because protobuf-es does not know acronyms: name it ${better}.`,
          part.enum.name,
        );
      }
    },
  },
};
