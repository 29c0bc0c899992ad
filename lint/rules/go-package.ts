import type { DescFile, FileRegistry } from "@bufbuild/protobuf";
import type { Rule } from "./rule.ts";
import { part } from "./vocabulary.ts";

/**
 * Go services import the generated code by this path, which is derived from the package's name: its folder in the
 * repository, and its last two parts as one word for the alias. All files of a package have the same path, so it is
 * that of the package's main file: the one with the package's name, else the first.
 *
 *     package agynio.api.agent_state.v1;
 *     // must be "github.com/agynio/api/gen/agynio/api/agent_state/v1;agentstatev1"
 *     option go_package = "example.com/agents";
 */
export const goPackage: Rule = {
  id: "AGYN_GO_PACKAGE",
  purpose: "Checks that go_package is derived from the package's name, or that of the package's main file.",
  check: {
    file(file, { report, registry }) {
      const main = mainFileOf(file, registry);
      const [expected, reason] =
        main === file ? [derive(file), ""] : [goPackageOf(main), `, as in ${main.proto.name}`];
      const actual = goPackageOf(file);
      if (actual === expected) {
        return;
      }
      if (!actual) {
        report(file, `The file has no go_package: add option go_package = "${expected}";`, part.file.package);
      } else if (!expected) {
        report(file, `go_package must be removed: ${main.proto.name} has none.`, ...part.file.goPackage);
      } else {
        report(file, `go_package must be "${expected}"${reason}, not "${actual}".`, ...part.file.goPackage);
      }
    },
  },
};

const goPackageOf = ({ proto }: DescFile) => proto.options?.goPackage ?? "";

function derive({ proto: { package: name } }: DescFile): string {
  const alias = name.split(".").slice(-2).join("").replaceAll("_", "");
  return `github.com/agynio/api/gen/${name.replaceAll(".", "/")};${alias}`;
}

/** Returns the file with the name of its package, such as runners/v1/runners.proto; else the first of the package. */
function mainFileOf(file: DescFile, registry: FileRegistry): DescFile {
  const { package: name } = file.proto;
  const files = [...registry.files].filter(({ proto }) => proto.package === name);
  const named = files.find((file) => file.name.split("/").at(-1) === name.split(".").at(-2));
  return named ?? files.toSorted((a, b) => (a.name < b.name ? -1 : 1))[0] ?? file;
}
