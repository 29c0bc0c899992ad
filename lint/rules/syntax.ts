import { Edition } from "@bufbuild/protobuf/wkt";
import type { Rule } from "./rule.ts";
import { part } from "./vocabulary.ts";

/**
 * The contract is proto3, because the generators of the package's flavours support nothing else completely:
 *
 * - `edition`: protoc-gen-es 1 and protoc-gen-connect-es 1, which generate connect-v1, fail.
 * - `proto2`: ts-proto does not write fields whose value is the default, which loses the presence of an optional field
 *   with a default, and makes other programs reject a message for a required field that is missing.
 *
 *     syntax = "proto2";               // must be "proto3"
 */
export const syntax: Rule = {
  id: "AGYN_SYNTAX",
  purpose: "Checks that files are proto3, which every flavour of the package supports.",
  check: {
    file(file, { report }) {
      if (file.edition === Edition.EDITION_PROTO3) {
        return;
      }
      const reason =
        file.edition === Edition.EDITION_PROTO2
          ? "proto2 is not supported: ts-proto does not write fields that equal their default, even required ones"
          : "editions are not supported: the generators of the flavour connect-v1 fail";
      report(file, `The syntax must be "proto3": ${reason}.`, part.file.syntax);
    },
  },
};
