import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { CodeGeneratorResponseSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { describe, expect, test } from "vitest";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { run } from "../../scripts/lib/cli/process.ts";
import { checkGenerated, generate } from "../../scripts/lib/generate/generate.ts";
import { Repository, root } from "../support/repository.ts";

/** Makes a folder whose one plugin is `cat`, so that a file has the plugin's response. */
function createFolder(): Repository {
  const repository = Repository.empty();
  repository.separateModules();
  repository.write({
    "package.json": readFileSync(join(root, "package.json")),
    "buf.gen.yaml": bufGenYaml,
    "tsconfig.build.json": readFileSync(join(root, "tsconfig.build.json")),
    "connect-v1/tsconfig.json": '{ "extends": "../tsconfig.build.json" }',
  });
  return repository;
}

const bufGenYaml = "version: v2\nplugins:\n  - local: [cat, response.binpb]\n    out: gen/es\n";

/** Writes the image of a contract with these files, and the response of a plugin with a module for each of them. */
const writeContract = (repository: Repository, ...names: string[]) =>
  writeContractWith(repository, "", names);

/** Writes a contract as `writeContract` does. The text is part of every module. */
function writeContractWith(repository: Repository, text: string, names: string[]): string {
  const protos = names.map((name) => ({
    name,
    package: dirname(name).replaceAll("/", "."),
    syntax: "proto3",
  }));
  const modules = names.map((name) => ({
    name: name.replace(".proto", "_pb.ts"),
    content: `export declare const file_${name.slice(0, -6).replace(/\W/g, "_")}: import("@bufbuild/protobuf").DescFile;\n${text}`,
  }));
  repository.write({
    "image.binpb": toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: protos })),
    "response.binpb": toBinary(
      CodeGeneratorResponseSchema,
      create(CodeGeneratorResponseSchema, { file: modules, supportedFeatures: 1n }),
    ),
  });
  return join(repository.root, "image.binpb");
}

const notes = "agynio/api/notes/v1/notes.proto";
const users = "agynio/api/users/v1/users.proto";

/** Returns the modification times and the contents of all files of gen/. */
const readGen = ({ root }: Repository) =>
  listFiles(join(root, "gen")).map((name) => {
    const path = join(root, "gen", name);
    return [name, statSync(path).mtimeMs, readFileSync(path, "utf8")];
  });

test.concurrent("a new .proto file is generated, indexed and registered; its removal undoes it", async () => {
  const repository = createFolder();
  await generate(repository.checkout(), writeContract(repository, users));
  const before = readGen(repository);
  expect(await generate(repository.checkout(), writeContract(repository, users, notes))).toEqual({
    stale: ["es/registry.ts"],
    missing: [
      "es/agynio/api/notes/v1/index.ts",
      "es/agynio/api/notes/v1/notes/index.ts",
      "es/agynio/api/notes/v1/notes_pb.ts",
    ],
    leftOver: [],
  });
  const index = "gen/es/agynio/api/notes/v1/index.ts";
  expect(repository.read(index)).toContain('export * from "./notes_pb.js";');
  expect(repository.read("gen/es/agynio/api/notes/v1/notes/index.ts")).toContain(
    'export * from "../notes_pb.js";',
  );
  expect(repository.read("gen/es/registry.ts")).toContain("agynio/api/notes/v1/notes_pb.js");

  await generate(repository.checkout(), writeContract(repository, users));
  const withoutTimes = (files: unknown[][]) => files.map(([name, , text]) => [name, text]);
  expect(withoutTimes(readGen(repository))).toEqual(withoutTimes(before));
});

test.concurrent("plugins run only if their input or gen/ differs from the last generation", async () => {
  const repository = createFolder();
  const image = writeContract(repository, users);
  await generate(repository.checkout(), image);
  const before = readGen(repository);
  // The plugin fails from here on.
  repository.delete("response.binpb");
  expect(await generate(repository.checkout(), image)).toEqual({ stale: [], missing: [], leftOver: [] });
  expect(readGen(repository)).toEqual(before);
  await checkGenerated(repository.checkout(), image);

  const code = ["scripts/lib/generate/indexes.ts", "scripts/lib/contract/descriptors.ts"];
  repository.write(
    Object.fromEntries(["node_modules/.package-lock.json", ...code].map((path) => [path, "{}"])),
  );
  writeContract(repository, users);
  await generate(repository.checkout(), image);
  repository.delete("response.binpb");
  for (const path of [
    "gen/es/registry.ts",
    "image.binpb",
    "buf.gen.yaml",
    "package.json",
    "tsconfig.build.json",
    "connect-v1/tsconfig.json",
    "node_modules/.package-lock.json",
    ...code,
  ]) {
    const text = readFileSync(join(repository.root, path));
    repository.write({ [path]: `${text}\n` });
    const generation = generate(repository.checkout(), image);
    await expect(generation, path).rejects.toThrow(/Code generation failed|is not a descriptor image/);
    repository.write({ [path]: text });
  }
  await generate(repository.checkout(), image);
});

test.concurrent("generate:check lists files that are stale, missing and left over, and changes none", async () => {
  const repository = createFolder();
  const image = writeContract(repository, users, notes);
  await generate(repository.checkout(), image);
  repository.edit("gen/es/registry.ts", "createRegistry(", "createRegistry( ");
  repository.delete("gen/es/agynio/api/notes/v1/index.ts");
  repository.write({ "gen/connect-v1/old_pb.js": "export {};\n" });
  const before = readGen(repository);
  await expect(checkGenerated(repository.checkout(), image)).rejects.toMatchObject({
    message: `gen/ is not what the contract generates:
stale      gen/es/registry.ts
missing    gen/es/agynio/api/notes/v1/index.ts
left over  gen/connect-v1/old_pb.js
  Run: npm run generate`,
    exitCode: 1,
  });
  expect(readGen(repository)).toEqual(before);
});

test.concurrent("generate:check compiles gen/ once, and names the elements whose code does not compile", async () => {
  const repository = createFolder();
  const image = writeContractWith(repository, "export const x: string = 1;\n", [users]);
  await generate(repository.checkout(), image);
  const problem = `${users}:1:1: file ${users} cannot be generated for Connect 2 (protobuf-es 2): its code does not compile`;
  for (const _ of ["first", "second"]) {
    await expect(checkGenerated(repository.checkout(), image)).rejects.toMatchObject({
      message: `${problem} (TS2322: Type 'number' is not assignable to type 'string'.).\n  Change its type, its name or its comment.\n`,
      annotations: [{ file: users, line: 1, col: 1 }],
      exitCode: 1,
    });
  }
  writeContract(repository, users, notes);
  await generate(repository.checkout(), image);
  await checkGenerated(repository.checkout(), image);
  repository.delete("node_modules/typescript");
  await checkGenerated(repository.checkout(), image);
  writeContract(repository, notes);
  await generate(repository.checkout(), image);
  const message = expect.stringMatching(
    /^gen\/ could not be compiled:\ntsc is not installed in node_modules\./,
  );
  await expect(checkGenerated(repository.checkout(), image)).rejects.toMatchObject({ message, exitCode: 2 });
});

describe.concurrent("gen/ is unchanged", () => {
  /** Expects that no code is generated for a file, for this reason. */
  async function expectRefusal(
    repository: Repository,
    name: string,
    message: unknown,
    ...others: string[]
  ): Promise<void> {
    const image = writeContract(repository, name, ...others);
    repository.write({ "gen/es/old_pb.ts": "export {};\n" });
    const before = readGen(repository);
    const result = generate(repository.checkout(), image);
    await expect(result).rejects.toMatchObject({ message, exitCode: 1 });
    expect(readGen(repository)).toEqual(before);
  }

  test.each([
    [
      "agynio.common.v1",
      "it is neither agynio.api.<service>.<version> nor a package that package.json exports",
    ],
    ["agynio.api.opentelemetry.v1", "package.json exports something else as @agynio/api/opentelemetry/*"],
    ["agynio.api", "it is neither agynio.api.<service>.<version> nor a package that package.json exports"],
    ["agynio.api.google.v1", "package.json exports something else as @agynio/api/ts-proto/google/*"],
    ["agynio.api.registry", "package.json exports something else as @agynio/api/registry"],
    ["agynio.api.proto.v1", "package.json exports something else as @agynio/api/proto/*"],
    ["agynio.api.connect-v1.v1", "package.json exports something else as @agynio/api/connect-v1/*"],
  ])("if package %s cannot be imported", async (name, reason) => {
    const file = `${name.replaceAll(".", "/")}/x.proto`;
    const problem = `${file}:1:1: package ${name} cannot be imported, because ${reason}.`;
    const fix = "Rename it to agynio.api.<service>.v1, with another name.";
    await expectRefusal(createFolder(), file, `${problem}\n  ${fix}\n`);
  });

  test.each(["cvs", "node_modules"])("if npm or TypeScript leaves out a folder called %s", async (name) => {
    const file = `agynio/api/${name}/v1/x.proto`;
    const reason = `npm or TypeScript leaves out folders called ${name}`;
    await expectRefusal(
      createFolder(),
      file,
      expect.stringContaining(`cannot be imported, because ${reason}.`),
    );
  });

  test.each([
    ["v2", "package agynio.api.notes.v1.v2 has its path"],
    ["x_pb", "the code of agynio/api/notes/v1/x.proto has its name"],
    ["cvs", "npm or TypeScript leaves out folders called cvs"],
    ["x_connect", "the code of agynio/api/notes/v1/x.proto has its name"],
    ["index", "its code would have the name of its package's index"],
  ])("if file %s.proto cannot be imported", async (name, reason) => {
    const file = `agynio/api/notes/v1/${name}.proto`;
    const problem = `${file}:1:1: ${file} cannot be imported, because ${reason}.`;
    const others = ["agynio/api/notes/v1/v2/x.proto", "agynio/api/notes/v1/x.proto"];
    await expectRefusal(createFolder(), file, `${problem}\n  Rename the file.\n`, ...others);
  });

  test("if a plugin is not installed", async () => {
    const repository = createFolder();
    for (const missing of ["protoc-gen-missing", "[node, node_modules/protoc-gen-missing/bin/plugin]"]) {
      repository.write({ "buf.gen.yaml": bufGenYaml.replace(/\[cat.*\]/, missing) });
      const message =
        /^Code generation failed; gen\/ is unchanged\.\nbuf\.gen\.yaml needs \S*protoc-gen-missing\S*, which is not installed\.\n {2}Run: npm ci$/;
      await expectRefusal(repository, notes, expect.stringMatching(message));
    }
  });
});

describe.concurrent("if git ignores a file that has to be committed", () => {
  const file = "agynio/api/dist/v1/x.proto";

  /** Makes a git repository with a contract that is not committed, and the image of it. */
  async function createIgnored(name = file) {
    const repository = createFolder();
    await repository.git("init", "--quiet");
    repository.write({ [`proto/${name}`]: "" });
    return { repository, image: writeContract(repository, name) };
  }

  const proto = `proto/${file}`;
  const generated = "gen/es/agynio/api/dist/v1/x_pb.ts";
  test.each([
    [".gitignore", "# Build\ndist\n", `${proto}\n  ignored by .gitignore:2: dist\n`],
    ["proto/agynio/.gitignore", "*.proto\n", `${proto}\n  ignored by proto/agynio/.gitignore:1: *.proto\n`],
    [".git/info/exclude", "\ndist/\n", `${proto}\n  ignored by .git/info/exclude:2: dist/\n`],
    [".gitignore", "*_pb.ts\n", `${generated}\n  ignored by .gitignore:1: *_pb.ts\n`],
    ["excludes", "v1\n", `excludes:1: v1\n`],
  ])("by %s, nothing is generated", async (name, text, problem) => {
    const { repository, image } = await createIgnored();
    await repository.git("config", "core.excludesFile", "excludes");
    await generate(repository.checkout(), image);
    const before = readGen(repository);
    repository.write({ [name]: text });
    const rejected = { message: expect.stringContaining(problem), exitCode: 1 };
    // The code of the last generation is up to date here, and is generated again after the change.
    await expect(checkGenerated(repository.checkout(), image)).rejects.toMatchObject(rejected);
    repository.edit("gen/es/registry.ts", "createRegistry(", "createRegistry( ");
    await expect(generate(repository.checkout(), image)).rejects.toMatchObject(rejected);
    repository.write({
      "gen/es/registry.ts": String(before.find(([path]) => path === "es/registry.ts")?.[2]),
    });
    await repository.git("add", "--force", "proto", "gen");
    await generate(repository.checkout(), image);
  });

  const move = (from: string) =>
    `mv ${from} moved; ln -s ${"../".repeat(from.split("/").length - 1)}moved ${from}`;
  const ignore = (line: string) => `git rm -rq --cached .; echo '${line}' > .gitignore`;
  const other = "third_party/opentelemetry";
  test.concurrent.each([
    ["a link for proto", move("proto"), ignore("*.proto"), "moved/agynio/api/dist/v1/x.proto"],
    ["a link for proto", move("proto"), ignore("proto"), "proto"],
    ["a link for gen", move("gen"), ignore("*_pb.ts"), "moved/es/agynio/api/dist/v1/x_pb.ts"],
    ["a link in proto", move("proto/agynio/api"), ignore("/moved"), "moved/dist/v1/x.proto"],
    ["a link in proto", move("proto/agynio/api"), ignore("api"), "proto/agynio/api"],
    ["a link to a file", move(proto), ignore("moved"), "moved"],
    ["a link to its folder", "ln -s . proto/up", ignore("x.proto"), proto],
    [
      "a submodule",
      `git init -q ${other}; touch ${other}/a.proto; git -C ${other} add .; git -C ${other} commit -qm A`,
      `touch ${other}/b.proto; echo b.proto > ${other}/.gitignore`,
      `${other}/b.proto`,
    ],
  ])("in %s, nothing is generated: %s; %s", async (_, layout, ignoring, path) => {
    const { repository, image } = await createIgnored();
    await generate(repository.checkout(), image);
    const script = (text: string) => run(repository.checkout(), "sh", ["-euc", text]);
    expect(await script(`mkdir -p ${other}; ${layout}; git add --all 2> log`)).toMatchObject({
      code: 0,
      stderr: "",
    });
    await generate(repository.checkout(), image);
    expect(await script(ignoring)).toMatchObject({ code: 0, stderr: "" });
    const message = expect.stringContaining(`${path}\n  ignored by `);
    await expect(generate(repository.checkout(), image)).rejects.toMatchObject({ message, exitCode: 1 });
  });

  test("by a line that another one reverts, it is generated", async () => {
    const { repository, image } = await createIgnored();
    repository.write({ ".gitignore": "dist\n!/proto/**\n!/gen/**\n" });
    await generate(repository.checkout(), image);
  });

  test("and the whole repository lies in such a folder, it is generated", async () => {
    const { repository, image } = await createIgnored();
    repository.write({ ".git/info/exclude": "*\n" });
    await generate(repository.checkout(), image);
  });

  test("git has to work", async () => {
    const { repository, image } = await createIgnored();
    repository.write({ ".git/config": "[" });
    const message = expect.stringContaining("git could not list the files that it ignores:\n");
    await expect(generate(repository.checkout(), image)).rejects.toMatchObject({ message, exitCode: 2 });
  });

  test("this repository's .gitignore is not the reason", async () => {
    const own = readFileSync(join(root, ".gitignore"), "utf8").match(/[^/\n]+$/gm) ?? [];
    const names = [
      ...own,
      ...own.map((name) => name.replace("*", "x")),
      "build",
      "coverage",
      ".cache",
      "lib",
      "test",
    ];
    const { repository } = await createIgnored();
    const folders = ["proto", "third_party/opentelemetry", "gen/es", "gen/connect-v1", "gen/ts-proto"];
    const paths = folders.flatMap((folder) =>
      names.flatMap((name) => [`${folder}/agynio/api/${name}/v1/${name}.ts`, `${folder}/${name}/${name}`]),
    );
    repository.write({ ".gitignore": readFileSync(join(root, ".gitignore")) });
    repository.write(Object.fromEntries(paths.map((path) => [path, ""])));
    const untracked = await repository.git("ls-files", "--others", "--exclude-standard", "--", ...folders);
    expect(untracked.split("\n")).toEqual(expect.arrayContaining(paths));
  });
});
