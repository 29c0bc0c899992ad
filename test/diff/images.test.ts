import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { readDescriptorSet } from "../../scripts/lib/contract/image.ts";
import { loadPair } from "../../scripts/lib/contract/snapshot.ts";
import { type ContractDiff, diffContracts } from "../../scripts/lib/diff/index.ts";
import { expectUserError } from "../support/errors.ts";
import { Repository } from "../support/repository.ts";
import { printEntry } from "./entries.ts";

const acme = "acme.proto";
const bufYaml = "version: v2\nmodules:\n  - path: proto\n";

/** Everything that a file can use of another. No image that lacks an import has its own declarations of these. */
const common = `syntax = "proto2";
package common.v1;
enum Level { LOW = 1; HIGH = 2; }
message Page {
  optional string token = 1;
  extensions 100 to 200;
  message Cursor {
    enum Direction { UP = 0; DOWN = 1; }
  }
}
`;

const earlier = `syntax = "proto3";
import "google/protobuf/timestamp.proto";
import public "common/common.proto";
import "legacy.proto";
// Order is placed.
message Order {
  google.protobuf.Timestamp placed_at = 1;
  common.v1.Page page = 2;
  map<string, common.v1.Page> pages = 3;
  string name = 4;
  oneof owner { Legacy legacy = 5; }
}
service Orders {
  rpc Get(common.v1.Page) returns (stream Order);
}
`;

const legacy = `syntax = "proto2";
import "google/protobuf/descriptor.proto";
import "common/common.proto";
extend google.protobuf.FieldOptions { optional common.v1.Level sensitive = 50000; }
extend common.v1.Page { optional common.v1.Page.Cursor.Direction direction = 100 [default = DOWN]; }
message Legacy {
  required common.v1.Level level = 1 [default = HIGH, (sensitive) = LOW];
  optional group Part = 2 { optional int32 size = 1; }
}
`;

let repository: Repository;
beforeAll(async () => {
  repository = Repository.empty();
  repository.write({
    "buf.yaml": bufYaml,
    "proto/acme.proto": earlier,
    "proto/legacy.proto": legacy,
    "proto/common/common.proto": common,
  });
  const checkout = repository.checkout();
  await buildImage(checkout, join(repository.root, "before.binpb"));
  repository.edit("proto/acme.proto", "string name = 4", "bytes name = 4");
  repository.edit("proto/legacy.proto", "direction = 100", "direction = 101");
  repository.edit("proto/legacy.proto", "optional int32 size", "optional common.v1.Page size");
  repository.edit("proto/legacy.proto", "[default = HIGH, ", "[");
  await buildImage(checkout, join(repository.root, "after.binpb"));
});

/** Writes a copy of an image with another name. */
function rewrite(name: string, prefix: string, edit: (set: FileDescriptorSet) => void): string {
  const set = readDescriptorSet(join(repository.root, name));
  edit(set);
  writeFileSync(join(repository.root, `${prefix}-${name}`), toBinary(FileDescriptorSetSchema, set));
  return `${prefix}-${name}`;
}

async function diff(...names: string[]): Promise<ContractDiff> {
  const checkout = repository.checkout();
  return diffContracts(checkout, ...(await loadPair(checkout, repository.root, names)));
}

const printEntries = ({ entries }: ContractDiff) => entries.map(printEntry).sort();

/** Returns a function that removes files from an image. */
const without = (isRemoved: (name: string) => boolean) => (set: FileDescriptorSet) => {
  set.file = set.file.filter(({ name }) => !isRemoved(name));
};

test.each<[string, (set: FileDescriptorSet) => void]>([
  ["lack files of google/protobuf", without((name) => name.startsWith("google/"))],
  ["lack other imports", without((name) => name.startsWith("common/"))],
  ["lack all imports", without((name) => /\//.test(name))],
  ["have no order", (set) => set.file.reverse()],
  ["have no source info in some files", ({ file: [first] }) => delete first?.sourceCodeInfo],
])("images that %s are compared like others", async (_, edit) => {
  const expected = printEntries(await diff("before.binpb", "after.binpb"));
  expect(expected.length).toBe(4);
  const [before, after] = [rewrite("before.binpb", "bare", edit), rewrite("after.binpb", "bare", edit)];
  expect(printEntries(await diff(before, after))).toEqual(expected);
  expect(printEntries(await diff(before, "after.binpb"))).toEqual(expected);
  expect(printEntries(await diff("before.binpb", after))).toEqual(expected);
  expect(printEntries(await diff(before, before))).toEqual([]);
  expect(printEntries(await diff(before, "before.binpb"))).toEqual([]);
});

test("an import that an image lacks is no change", async () => {
  const remove = without((name) => name !== acme);
  const after = rewrite("after.binpb", "alone", (set) => {
    remove(set);
    set.file[0]?.dependency.push("new.proto");
  });
  const { entries } = await diff(rewrite("before.binpb", "alone", remove), after);
  expect(entries.map(printEntry)).toEqual(["breaking field changed Order.name type (string → bytes)"]);
});

test("a file that buf marks as an import is not compared", async () => {
  const mark = ({ file }: FileDescriptorSet) => {
    const legacy = file.find(({ name }) => name === "legacy.proto");
    // The length, field 1 and true.
    legacy?.$unknown?.splice(0, Infinity, { no: 8042, wireType: 2, data: Uint8Array.of(2, 8, 1) });
  };
  const result = await diff(rewrite("before.binpb", "marked", mark), rewrite("after.binpb", "marked", mark));
  expect(printEntries(result)).toEqual(["breaking field changed Order.name type (string → bytes)"]);
});

test("the contract of google/protobuf's own tests is compared", async () => {
  const folder = Repository.empty();
  const checkout = folder.checkout();
  const write = (field: string) =>
    folder.write({
      "buf.yaml": bufYaml,
      "proto/google/protobuf/unittest.proto": `syntax = "proto2"; message Test { optional ${field}; }`,
    });
  write("int32 a = 1");
  await buildImage(checkout, join(folder.root, "before.binpb"));
  write("string a = 1");
  await buildImage(checkout, join(folder.root, "after.binpb"));
  const pair = await loadPair(checkout, folder.root, ["before.binpb", "after.binpb"]);
  expect(printEntries(await diffContracts(checkout, ...pair))).toEqual([
    "breaking field changed Test.a type (int32 → string)",
  ]);
});

test("an image that cannot be read is named as the command got it", async () => {
  const cyclic = rewrite("before.binpb", "cyclic", ({ file }) => {
    file.find(({ name }) => name === "common/common.proto")?.dependency.push(acme);
  });
  const { message } = await expectUserError(diff(cyclic, "after.binpb"), 2);
  expect(message).toContain(`${cyclic} is not a descriptor image`);
  expect(message).not.toContain(basename(repository.root));
});
