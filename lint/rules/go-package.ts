import type { Rule } from "./rule.ts";
import { part } from "./vocabulary.ts";

/**
 * Go services import the generated code by this path, which is derived from the package's name: its folder in the
 * repository, and its last two parts as one word for the alias.
 *
 *     package agynio.api.agent_state.v1;
 *     // must be "github.com/agynio/api/gen/agynio/api/agent_state/v1;agentstatev1"
 *     option go_package = "example.com/agents";
 */
export const goPackage: Rule = {
  id: "AGYN_GO_PACKAGE",
  purpose: "Checks that go_package is derived from the package's name.",
  check: {
    file(file, { report }) {
      const { package: name, options } = file.proto;
      const alias = name.split(".").slice(-2).join("").replaceAll("_", "");
      const expected = `github.com/agynio/api/gen/${name.replaceAll(".", "/")};${alias}`;
      const actual = options?.goPackage;
      if (!actual) {
        report(file, `The file has no go_package: add option go_package = "${expected}";`, part.file.package);
      } else if (actual !== expected) {
        report(file, `go_package must be "${expected}", not "${actual}".`, ...part.file.goPackage);
      }
    },
  },
};
