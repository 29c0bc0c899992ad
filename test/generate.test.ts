import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../scripts/lib/run.js";
import { compareTrees, listFiles } from "../scripts/lib/tree.js";
import { WorkingCopy } from "./support/working-copy.js";

const notes = "proto/agynio/api/notes/v1/notes.proto";
const notesProto = `syntax = "proto3";

package agynio.api.notes.v1;

// NotesService keeps notes.
service NotesService {
  // GetNote returns a note.
  rpc GetNote(GetNoteRequest) returns (GetNoteResponse);
}

message GetNoteRequest {
  string id = 1;
}

message GetNoteResponse {
  string text = 1;
}
`;

/** Modification times and contents of every file of gen/. */
const snapshot = ({ folder }: WorkingCopy) =>
  listFiles(join(folder, "gen")).map((name) => {
    const path = join(folder, "gen", name);
    return [name, statSync(path).mtimeMs, readFileSync(path, "utf8")];
  });

test("a run on unchanged sources changes no byte", async () => {
  const copy = new WorkingCopy();
  const before = snapshot(copy);
  expect(await copy.npm("generate")).toMatchObject({ code: 0, stdout: Buffer.from("gen/: unchanged\n") });
  expect(snapshot(copy)).toEqual(before);
});

test("a new .proto file is generated, indexed and registered with no other edit; its removal undoes it", async () => {
  const copy = new WorkingCopy();
  copy.write({ [notes]: notesProto });
  expect(await copy.npm("generate")).toMatchObject({ code: 0, stderr: "" });
  expect(compareTrees(join(copy.folder, "gen"), "gen")).toEqual({
    stale: ["es/registry.ts"],
    missing: [
      "connect-v1/agynio/api/notes/v1/index.d.ts",
      "connect-v1/agynio/api/notes/v1/index.js",
      "connect-v1/agynio/api/notes/v1/notes_connect.d.ts",
      "connect-v1/agynio/api/notes/v1/notes_connect.js",
      "connect-v1/agynio/api/notes/v1/notes_pb.d.ts",
      "connect-v1/agynio/api/notes/v1/notes_pb.js",
      "es/agynio/api/notes/v1/index.ts",
      "es/agynio/api/notes/v1/notes_pb.ts",
      "ts-proto/agynio/api/notes/v1/index.ts",
      "ts-proto/agynio/api/notes/v1/notes.ts",
    ],
    leftOver: [],
  });
  expect(copy.read("gen/es/registry.ts")).toContain("agynio/api/notes/v1/notes_pb.js");

  copy.delete("proto/agynio/api/notes");
  expect((await copy.npm("generate")).stdout.toString()).toBe("gen/: 1 changed, 10 removed\n");
  expect(compareTrees("gen", join(copy.folder, "gen"))).toEqual({ stale: [], missing: [], leftOver: [] });
});

test("a .proto file without types is a module without exports, or with those it has", async () => {
  const copy = new WorkingCopy();
  copy.write({
    "proto/agynio/api/options/v1/options.proto": `syntax = "proto3";

package agynio.api.options.v1;

import "google/protobuf/descriptor.proto";

extend google.protobuf.MethodOptions {
  string permission = 50001;
}
`,
    "proto/agynio/api/nothing/v1/nothing.proto": 'syntax = "proto3";\n\npackage agynio.api.nothing.v1;\n',
  });
  expect(await copy.npm("generate")).toMatchObject({ code: 0, stderr: "" });
  expect(copy.read("gen/es/agynio/api/options/v1/index.ts")).toContain('export * from "./options_pb.js";');
  for (const index of ["ts-proto/agynio/api/options/v1", "ts-proto/agynio/api/nothing/v1"]) {
    expect(copy.read(`gen/${index}/index.ts`)).toMatch(/DO NOT EDIT\.\n\nexport \{\};\n$/);
  }
  const { code, stdout, stderr } = await run("tsc", ["-p", "tsconfig.build.json", "--noEmit"], {
    cwd: copy.folder,
  });
  expect(`${stdout}${stderr}`).toBe("");
  expect(code).toBe(0);
});

test.each([
  ["agynio/common/v1/common", "agynio.common.v1, as it is neither in agynio.api nor in"],
  [
    "agynio/api/opentelemetry/v1/x",
    "agynio.api.opentelemetry.v1, as @agynio/api/opentelemetry/* is something else",
  ],
  ["agynio/api/proto/v1/x", "agynio.api.proto.v1, as @agynio/api/proto/* is something else"],
  ["agynio/api/connect-v1/v1/x", "agynio.api.connect_v1.v1, as @agynio/api/connect-v1/* is something else"],
])("a package in %s, which nobody could import, is refused", async (path, says) => {
  const copy = new WorkingCopy();
  const before = snapshot(copy);
  const name = /^(\S+),/.exec(says)?.[1];
  copy.write({ [`proto/${path}.proto`]: `syntax = "proto3";\n\npackage ${name};\n\nmessage Thing {}\n` });
  const { code, stderr } = await copy.npm("generate");
  expect(stderr).toContain(`${path}.proto: nobody could import package ${says}`);
  expect(code).toBe(1);
  expect(snapshot(copy)).toEqual(before);
});

test("a .proto file whose code would have the name of an index is refused", async () => {
  const copy = new WorkingCopy();
  copy.write({ "proto/agynio/api/notes/v1/index.proto": notesProto });
  const { code, stderr } = await copy.npm("generate");
  expect(stderr).toContain("agynio/api/notes/v1/index.proto: its generated code would have the name");
  expect(code).toBe(1);
});

test("a .proto file that does not compile gives its place, and leaves gen/ as it was", async () => {
  const copy = new WorkingCopy();
  const before = snapshot(copy);
  copy.write({ [notes]: notesProto.replace("string id = 1;", "string id = ;") });
  const { code, stdout, stderr } = await copy.npm("generate");
  expect(code).toBe(2);
  expect(stdout.toString()).toBe("");
  expect(stderr).toMatch(
    /^The contract does not compile:\nproto\/agynio\/api\/notes\/v1\/notes\.proto:12:3:/,
  );
  expect(snapshot(copy)).toEqual(before);
});

test("a plugin that is not installed is named, with the command that installs it", async () => {
  const copy = new WorkingCopy();
  const before = snapshot(copy);
  copy.edit("buf.gen.yaml", "local: protoc-gen-es", "local: protoc-gen-missing");
  const { code, stderr } = await copy.npm("generate");
  expect(code).toBe(1);
  expect(stderr).toBe(`Code generation failed; gen/ is as it was.
buf.gen.yaml needs protoc-gen-missing, which is not installed.
  Run: npm ci
`);
  expect(snapshot(copy)).toEqual(before);

  copy.edit("buf.gen.yaml", "protoc-gen-missing", "protoc-gen-es");
  copy.edit("buf.gen.yaml", "@bufbuild/protoc-gen-es/bin", "@bufbuild/protoc-gen-missing/bin");
  const nodePlugin = await copy.npm("generate");
  expect(nodePlugin.code).toBe(1);
  expect(nodePlugin.stderr).toMatch(
    /^.+\nbuf\.gen\.yaml needs .+protoc-gen-missing.+, which is not installed\.\n {2}Run: npm ci\n$/,
  );
  expect(snapshot(copy)).toEqual(before);
});

test("generate:check says which files are stale, missing and left over, and touches nothing", async () => {
  const copy = new WorkingCopy();
  expect(await copy.npm("generate:check")).toMatchObject({ code: 0 });
  copy.edit("gen/es/registry.ts", "createRegistry(", "createRegistry( ");
  copy.delete("gen/ts-proto/agynio/api/runners/v1/index.ts");
  copy.write({ "gen/connect-v1/agynio/api/old/v1/old_pb.ts": "export {};\n" });
  const before = snapshot(copy);
  const { code, stderr } = await copy.npm("generate:check");
  expect(code).toBe(1);
  expect(stderr).toBe(`gen/ is not what the contract generates:
stale      gen/es/registry.ts
missing    gen/ts-proto/agynio/api/runners/v1/index.ts
left over  gen/connect-v1/agynio/api/old/v1/old_pb.ts
  Run: npm run generate
`);
  expect(snapshot(copy)).toEqual(before);
});
