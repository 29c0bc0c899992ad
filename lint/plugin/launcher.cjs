// @ts-check
// The program that buf starts, several times for each run. Node.js 20 does not run TypeScript, so the plugin is bundled
// into lint/dist, and bundled again if a source is newer.
const { readdirSync, renameSync, statSync, utimesSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "../..");
const bundle = join(root, "lint/dist/plugin.cjs");
const sources = ["lint/plugin", "lint/rules", "scripts/lib/cli", "scripts/lib/contract"];

function isStale() {
  const built = statSync(bundle, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = sources.flatMap((folder) => [
    join(root, folder),
    ...readdirSync(join(root, folder), { recursive: true }).map((name) => join(root, folder, String(name))),
  ]);
  // A file that is moved here can have an old mtime, but has a new ctime.
  return [...files, join(root, "node_modules/.package-lock.json")].some(
    (path) => (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) > built,
  );
}

async function build() {
  const start = new Date();
  const { build } = await import("rolldown");
  // Several processes may build at the same time, and others read the bundle meanwhile.
  const file = `${bundle}.${process.pid}`;
  await build({
    input: join(root, "lint/plugin/main.ts"),
    platform: "node",
    logLevel: "silent",
    output: { file, format: "cjs", minify: true, codeSplitting: false },
  });
  // A source that is edited during the build must be newer than the bundle.
  utimesSync(file, start, start);
  renameSync(file, bundle);
}

async function main() {
  try {
    if (isStale()) {
      await build();
    }
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    console.error(
      code === "ERR_MODULE_NOT_FOUND"
        ? "The lint plugin needs the packages that package.json names.\n  Run: npm ci"
        : `The lint plugin cannot be built:\n${message}`,
    );
    process.exitCode = 1;
    return;
  }
  require(bundle);
}

void main();
