// The real `buf push`, to a schema registry on loopback.
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { listFiles, writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, runNpm } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { withoutSourceInfo } from "../../scripts/lib/contract/image.ts";
import { type PushOptions, pushModule, stageModule } from "../../scripts/lib/package/push.ts";
import { expectUserError } from "../support/errors.ts";
import { here, Repository, root, temporaryFolder } from "../support/repository.ts";
import { SchemaRegistry } from "./registry.ts";

const ours = "agynio/api";
const theirs = "opentelemetry/opentelemetry";
const vendored = "third_party/opentelemetry";
const documents = ["README.md", "LICENSE"];

const readFile = (path: string) => readFileSync(join(root, path), "utf8");
const readFolder = (folder: string) =>
  new Map(listFiles(join(root, folder)).map((path) => [path, readFileSync(join(root, folder, path))]));

const { version } = JSON.parse(readFile("package.json")) as { version: string };
const release = `v${version}`;
const pinned: string = parse(readFile("buf.lock")).deps[0].commit;

let registry: SchemaRegistry;
/** The repository on GitHub, and a clone of it. */
let origin: Repository;
let clone: Repository;
/** The commit that set the version. */
let released: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  registry = await SchemaRegistry.start(ours, theirs);
  const { digest } = registry.add(registry.moduleOf(theirs), readFolder(vendored), { id: pinned });
  const sources = ["proto", vendored].flatMap((folder) =>
    [...readFolder(folder)].map(([path, content]) => [`${folder}/${path}`, content.toString()] as const),
  );
  origin = await Repository.create(
    new Map([
      ...[...documents, "buf.yaml"].map((name) => [name, readFile(name)] as const),
      ...sources,
      // The vendored module lacks files of the real one.
      ["buf.lock", readFile("buf.lock").replace(/b5:\w+/, `b5:${digest.toString("hex")}`)],
    ]),
  );
  origin.write({ "CHANGELOG.md": `## ${version}\n` });
  released = await origin.commit("Release");
  clone = await origin.clone();
  const config = temporaryFolder();
  writeFiles(config, { "config.yaml": "version: v1\ntls:\n  use: false\n" });
  env = { BUF_CONFIG_DIR: config, BUF_CACHE_DIR: join(config, "cache"), BUF_TOKEN: registry.token };
});
afterAll(() => registry.stop());

/** Pushes to the registry on loopback, and returns the report. */
async function push(options: PushOptions = {}, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const lines: string[] = [];
  const checkout = clone.checkout({ ...env, ...more });
  await pushModule(checkout, { registry: registry.host, ...options }, (line) => lines.push(line));
  return lines.join("\n");
}

const urlOf = (commit: string) => `https://github.com/${ours}/commit/${commit}`;

/** Returns the URL of the git commit that each label stands for. */
const labels = () => {
  const { commits, labels: ids } = registry.moduleOf(ours);
  const urls = new Map(commits.map(({ id, url }) => [id, url]));
  return Object.fromEntries([...ids].map(([label, id]) => [label, urls.get(id)]));
};

const countUploads = () => registry.calls.filter((name) => name === "Upload").length;

/** Builds an image from a folder with a buf.yaml, or from a module in the registry. */
async function build(source: string): Promise<Uint8Array> {
  const image = join(temporaryFolder(), "image.binpb");
  const built = await buf({ ...here, env: { ...here.env, ...env } }, ["build", source, "-o", image]);
  expect(outputOf(built)).toBe("");
  return withoutSourceInfo(readFileSync(image));
}

test("stages the module, which builds to the same image with the pinned dependency in a workspace", async () => {
  const staged = await stageModule(clone.checkout(), temporaryFolder(), "HEAD");
  const config = parse(readFileSync(join(staged, "buf.yaml"), "utf8"));
  const name = `buf.build/${ours}`;
  expect(config).toEqual({ version: "v2", modules: [{ path: ".", name }], deps: [`buf.build/${theirs}`] });
  expect(readFileSync(join(staged, "buf.lock"), "utf8")).toBe(clone.read("buf.lock"));

  const workspace = temporaryFolder();
  cpSync(staged, join(workspace, "ours"), { recursive: true });
  cpSync(join(root, vendored), join(workspace, "theirs"), { recursive: true });
  const modules = [
    { path: "ours", name },
    { path: "theirs", name: `buf.build/${theirs}` },
  ];
  writeFiles(workspace, { "buf.yaml": JSON.stringify({ ...config, modules }) });
  expect(await build(workspace)).toEqual(await build(root));
});

test("prints without a token or the network what would be pushed", async () => {
  const files = [...readFolder("proto").keys(), ...documents, "buf.yaml", "buf.lock"];
  const list = files.sort().map((file) => `  ${file}`);
  const dryRun = async (repository: Repository) => {
    await repository.git("remote", "set-url", "origin", "file:///none");
    const lines: string[] = [];
    const checkout = repository.checkout({ ...env, BUF_TOKEN: undefined });
    await pushModule(checkout, { dryRun: true, registry: registry.host }, (line) => lines.push(line));
    return lines;
  };
  const name = `${registry.host}/${ours}`;
  expect(await dryRun(await origin.clone())).toEqual([
    `${name}, main and ${release}: ${urlOf(released)}`,
    ...list,
  ]);
  expect(await dryRun(await origin.clone("--depth=1"))).toEqual([
    `The label ${release} is unknown, as this clone is shallow.`,
    `${name}, main: ${urlOf(released)}`,
    ...list,
  ]);
  expect(registry.calls).toEqual([]);
});

test.each(["", "http://localhost:8080", "-x"])("refuses %j as a registry", async (host) => {
  await expectUserError(push({ registry: host }), 2, "is not the host of a registry");
});

test("pushes nothing without a token or from a fork", async () => {
  const { code, stderr } = await runNpm({ ...here, env: { ...here.env, BUF_TOKEN: "" } }, ["run", "push"]);
  expect(code).toBe(2);
  expect(stderr).toContain("BUF_TOKEN is not set");
  await expectUserError(push({}, { BUF_TOKEN: "" }), 2, "BUF_TOKEN is not set");
  expect(await push({}, { GITHUB_REPOSITORY: "someone/api", BUF_TOKEN: "" })).toContain("Nothing is pushed");
  expect(registry.calls).toEqual([]);
});

test("reports why the registry refuses", async () => {
  const failed = `The push of ${registry.host}/${ours} failed`;
  await expectUserError(push({}, { BUF_TOKEN: "other" }), 1, failed, "this token may not push");
  expect(labels()).toEqual({});
});

test("pushes a release as committed, with both labels, for other repositories to build from", async () => {
  clone.write({ "proto/uncommitted.proto": 'syntax = "proto3";\n', LICENSE: "Uncommitted\n" });
  expect(await push({}, { GITHUB_REPOSITORY: "Agynio/api" })).toContain("pushed as");
  await clone.restore();
  expect(labels()).toEqual({ main: urlOf(released), [release]: urlOf(released) });
  const [{ files, dependencies } = { files: new Map() }, ...others] = registry.moduleOf(ours).commits;
  expect(others).toEqual([]);
  expect(dependencies).toEqual([pinned]);
  const texts = documents.map((name) => [name, readFileSync(join(root, name))] as const);
  expect(files).toEqual(new Map([...readFolder("proto"), ...texts]));
  // Without files of the vendored module that ours does not import.
  expect(await build(`${registry.host}/${ours}:${release}`)).toEqual(await build(join(root, "proto")));
});

test("changes nothing if it runs again", async () => {
  const [before, uploads] = [labels(), countUploads()];
  expect(await push()).not.toContain(release);
  expect(labels()).toEqual(before);
  expect(registry.moduleOf(ours).commits).toHaveLength(1);
  expect(countUploads()).toBe(uploads + 1);
});

test("moves main to a later commit, and leaves it there when an earlier one is pushed", async () => {
  origin.edit("LICENSE", "GNU", "gnu");
  const later = await origin.commit("Later");
  // The clone has not fetched the later commit.
  expect(await push()).toContain(`${later} is a newer commit of origin/main`);
  expect(labels()).toEqual({ main: urlOf(released), [release]: urlOf(released) });
  await clone.git("merge", "--quiet", "origin/main");
  await push();
  const both = { main: urlOf(later), [release]: urlOf(released) };
  expect(labels()).toEqual(both);
  await clone.git("checkout", "--quiet", "--detach", released);
  await push();
  expect(labels()).toEqual(both);
});

test("adds the label of a release whose push failed", async () => {
  registry.moduleOf(ours).labels.delete(release);
  await clone.git("checkout", "--quiet", "--detach", "origin/main");
  await push();
  expect(labels()[release]).toBe(urlOf(released));
});

test("refuses a commit that is not on main", async () => {
  await clone.commit("Branch");
  await expectUserError(push(), 2, "is not a commit of origin/main");
  expect(await push({ dryRun: true })).toContain("main: https://");
});

test.each([
  ["buf.yaml", ""],
  ["buf.yaml", "version: v2\nmodules:\n"],
  ["buf.yaml", "version: v2\nmodules:\n  -\n"],
  ["buf.yaml", "version: v2\nmodules:\n  - name: localhost/a/b\n  - name: localhost/a/c\n"],
  ["buf.yaml", "modules: ["],
  ["package.json", "{"],
  ["package.json", '{ "version": "1.0.0" }'],
])("explains what %s lacks: %j", async (path, text) => {
  clone.write({ [path]: text });
  await clone.commit("Configuration");
  await expectUserError(push({ dryRun: true }), 2, "package.json must have", "buf.yaml one named module");
  await clone.git("reset", "--quiet", "--hard", "HEAD^");
});
