import { join } from "node:path";
import { expect, test } from "vitest";
import { compareTrees, listFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, runPackage } from "../../scripts/lib/cli/process.ts";
import { Repository, root } from "../support/repository.ts";
import { unusedPackage } from "../support/unused.ts";

const [notes, options, nothing] = ["notes", "options", "nothing"].map(unusedPackage);
const protos = {
  [`proto/agynio/api/${notes}/v1/notes.proto`]: `syntax = "proto3";
package agynio.api.${notes}.v1;
service NotesService {
  rpc GetNote(Note) returns (Note);
}
message Note {
  string id = 1;
}
`,
  [`proto/agynio/api/${options}/v1/options.proto`]: `syntax = "proto3";
package agynio.api.${options}.v1;
import "google/protobuf/descriptor.proto";
extend google.protobuf.MethodOptions {
  string permission = ${2 ** 29 - 1};
}
`,
  [`proto/agynio/api/${nothing}/v1/nothing.proto`]: `syntax = "proto3";\npackage agynio.api.${nothing}.v1;\n`,
};

test("unchanged sources generate the same bytes; new .proto files have modules that compile in every flavour, until they are deleted", async () => {
  const copy = Repository.copy();
  copy.separateModules();
  expect(await copy.npm("generate")).toEqual({ code: 0, stdout: "gen/: unchanged\n", stderr: "" });
  const gen = join(copy.root, "gen");
  expect(compareTrees(join(root, "gen"), gen)).toEqual({ stale: [], missing: [], leftOver: [] });

  copy.write(protos);
  const { code, stdout, stderr } = await copy.npm("generate");
  expect(stdout + stderr).toMatch(/^gen\/: \d+ added, [12] changed\n$/);
  expect(code).toBe(0);
  const { stale, leftOver } = compareTrees(gen, join(root, "gen"));
  // The new files may import others of google/protobuf.
  expect(stale.filter((path) => path !== "ts-proto/google/protobuf/index.ts")).toEqual(["es/registry.ts"]);
  expect(leftOver).toEqual([]);
  for (const [flavour, modules] of [
    [
      "connect-v1",
      [
        ...["index.d.ts", "index.js", "notes/index.d.ts", "notes/index.js"],
        ...["notes_connect.d.ts", "notes_connect.js", "notes_pb.d.ts", "notes_pb.js"],
      ],
    ],
    ["es", ["index.ts", "notes/index.ts", "notes_pb.ts"]],
    ["ts-proto", ["index.ts", "notes.ts", "notes/index.ts"]],
  ] as const) {
    expect(listFiles(join(gen, flavour, `agynio/api/${notes}/v1`))).toEqual(modules);
  }
  expect(copy.read("gen/es/registry.ts")).toContain(`agynio/api/${notes}/v1/notes_pb.js`);
  expect(copy.read(`gen/es/agynio/api/${options}/v1/index.ts`)).toContain('export * from "./options_pb.js";');
  for (const name of [options, nothing]) {
    expect(copy.read(`gen/ts-proto/agynio/api/${name}/v1/index.ts`)).toMatch(
      /DO NOT EDIT\.\n\nexport \{\};\n$/,
    );
  }
  for (const project of ["tsconfig.build.json", "connect-v1/tsconfig.json"]) {
    const result = await runPackage(copy.checkout(), "typescript", "tsc", ["-p", project, "--noEmit"]);
    expect(outputOf(result)).toBe("");
  }

  for (const path of Object.keys(protos)) {
    copy.delete(path);
  }
  expect((await copy.npm("generate")).code).toBe(0);
  expect(compareTrees(join(root, "gen"), gen)).toEqual({ stale: [], missing: [], leftOver: [] });
});
