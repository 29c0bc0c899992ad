import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { create, type DescFile, type DescMessage, fromJson, type Registry, toJson } from "@bufbuild/protobuf";
import { AnySchema, anyPack, StringValueSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { run, runPackage } from "../../scripts/lib/cli/process.ts";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { protoRoots } from "../../scripts/lib/contract/paths.ts";
import { packPackage } from "../../scripts/lib/package/pack.ts";
import {
  enums,
  hasTypes,
  mayBeEmpty,
  messages,
  packages,
  services,
  specifiers,
} from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { type Flavours, flavourNames, loadFlavours } from "../support/flavours.ts";
import { Repository } from "../support/repository.ts";

let flavours: Flavours;
beforeAll(async () => {
  flavours = await loadFlavours(inject("flavours"));
});

/** Absolute path of the unpacked package that has a flavour. */
const packageFolder = (flavour: keyof Flavours) =>
  join(inject("flavours")[flavour], "node_modules/@agynio/api");

describe.each(flavourNames)("%s", (flavour) => {
  test("exports every proto package, with the same names in ESM and CommonJS", async () => {
    const require = createRequire(join(packageFolder(flavour), "../importer.cjs"));
    for (const specifier of specifiers[flavour]) {
      const names = Object.keys(await flavours[flavour].load<object>(specifier)).sort();
      expect(names.length > 0 || mayBeEmpty(specifier), specifier).toBe(true);
      expect(Object.keys(require(specifier)).sort(), specifier).toEqual(names);
    }
  });

  test("imports only the modules of the imported .proto files", () => {
    const root = join(packageFolder(flavour), "dist/esm", flavour);
    const modules = [...packages.values()].flatMap((files) => [
      { path: dirname(files[0]?.name ?? ""), files },
      ...files.map((file) => ({ path: file.name, files: [file] })),
    ]);
    for (const { path, files } of modules) {
      const needed = importedFiles(files);
      const loaded = loadedModules(join(root, path, "index.js"))
        .map((module) => module.slice(root.length + 1).replace(/(_pb|_connect)?\.js$/, ""))
        .filter((name) => !name.endsWith("/index") && !isGoogleFile(`${name}.proto`));
      expect(
        loaded.filter((name) => !needed.has(name)),
        path,
      ).toEqual([]);
      const names = files.filter(hasTypes).map(({ name }) => name);
      expect(loaded, path).toEqual(expect.arrayContaining(names));
    }
  });
});

/** Returns the names of files and of all files that they import. */
function importedFiles(files: readonly DescFile[], names = new Set<string>()): Set<string> {
  for (const { name, dependencies } of files) {
    names.add(name);
    importedFiles(dependencies, names);
  }
  return names;
}

/** Returns the paths of an ES module and of all modules that it imports by relative path. */
function loadedModules(module: string, modules = new Set<string>()): string[] {
  if (!modules.has(module)) {
    modules.add(module);
    for (const [, path = ""] of readFileSync(module, "utf8").matchAll(
      /^(?:im|ex)port .*from "(\.[^"]+)";$/gm,
    )) {
      loadedModules(join(dirname(module), path), modules);
    }
  }
  return [...modules];
}

test("typesVersions has every export, for TypeScript with the module resolution node10", () => {
  const manifest = readFileSync(join(packageFolder("es"), "package.json"), "utf8");
  const { exports, typesVersions } = JSON.parse(manifest) as Manifest;
  const withoutDot = (path: string) => path.replace("./", "");
  const expected = Object.entries(exports).map(([subpath, target]) => [
    withoutDot(subpath),
    [withoutDot(typeof target === "string" ? target : target.require.types)],
  ]);
  expect(typesVersions).toEqual({ "*": Object.fromEntries(expected) });
});

/** The fields of a package.json that resolve the package's subpaths. */
interface Manifest {
  exports: Record<string, string | { require: { types: string } }>;
  typesVersions: unknown;
}

test("the registry has every message, enum and service, and google's", async () => {
  const { registry } = await flavours.es.load<{ registry: Registry }>("@agynio/api/registry");
  for (const { typeName } of [...messages, ...enums, ...services]) {
    expect(registry.get(typeName), typeName).toBeDefined();
  }
  for (const [schema, message] of [
    [TimestampSchema, create(TimestampSchema, { seconds: 1n })],
    [StringValueSchema, create(StringValueSchema, { value: "a" })],
  ] as const) {
    const any = anyPack<DescMessage>(schema, message);
    expect(fromJson(AnySchema, toJson(AnySchema, any, { registry }), { registry })).toEqual(any);
  }
});

test("publint finds no problem in the tarball", async () => {
  const { code, stdout } = await runPackage(checkout, "publint", "publint", [inject("tarball"), "--strict"]);
  expect(stdout.toString()).toContain("All good!");
  expect(code).toBe(0);
});

test("the tarball contains only what consumers use", async () => {
  const allowed = [
    /^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
    /^package\/dist\/(image\.binpb|openapi\.json)$/,
    /^package\/dist\/proto\/(agynio|opentelemetry)\/[a-z0-9_/]+\.proto$/,
    /^package\/dist\/(esm|cjs)\/(es|connect-v1|ts-proto)\/[a-z0-9_/]+\.(js|d\.ts)$/,
    /^package\/dist\/(esm|cjs)\/redact\.(js|d\.ts)$/,
    /^package\/dist\/cjs\/package\.json$/,
  ];
  const { stdout } = await run(checkout, "tar", ["tzf", inject("tarball")]);
  const names = stdout.toString().trimEnd().split("\n");
  expect(names.filter((name) => !allowed.some((pattern) => pattern.test(name)))).toEqual([]);
  for (const pattern of allowed) {
    expect(names.filter((name) => pattern.test(name))).not.toEqual([]);
  }
});

test("npm packs the files of a package of any name that generate accepts", async () => {
  const repository = Repository.empty();
  const names = [
    "core",
    "dist",
    "build",
    "test",
    "lib",
    "tmp",
    "coverage",
    "docs",
    "git",
    "npmrc",
    "package_lock",
  ];
  const paths = names.flatMap((name) => [
    `dist/esm/es/agynio/api/${name}/v1/${name}_pb.js`,
    `dist/proto/agynio/api/${name}/v1/${name}.proto`,
  ]);
  for (const path of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", ".gitignore"]) {
    repository.write({ [path]: readFileSync(path) });
  }
  repository.write(Object.fromEntries(paths.map((path) => [path, ""])));
  const { filename } = await packPackage(repository.checkout());
  const { stdout } = await run(repository.checkout(), "tar", ["tzf", filename]);
  expect(stdout.toString().split("\n")).toEqual(
    expect.arrayContaining(paths.map((path) => `package/${path}`)),
  );
});

test("the package contains the .proto files of every module, unchanged", () => {
  for (const root of protoRoots) {
    const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".proto"),
    );
    expect(names).not.toEqual([]);
    for (const name of names) {
      const packed = join(packageFolder("es"), "dist/proto", name);
      expect(readFileSync(packed, "utf8")).toBe(readFileSync(join(root, name), "utf8"));
    }
  }
});
