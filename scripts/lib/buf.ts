import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { annotationsOf } from "./annotations.ts";
import { UserError } from "./errors.ts";
import { type Result, run } from "./run.ts";

let located: { path: string; version: string } | undefined;

function locate(): { path: string; version: string } {
  if (located === undefined) {
    const require = createRequire(join(process.cwd(), "package.json"));
    try {
      const wrapper = require.resolve("@bufbuild/buf/package.json");
      const { version, optionalDependencies } = require(wrapper);
      // npm installs only the optional dependency that fits this platform.
      const path = Object.keys(optionalDependencies)
        .flatMap((name) => ["buf", "buf.exe"].map((file) => join(wrapper, "../..", "..", name, "bin", file)))
        .find((file) => existsSync(file));
      located = path === undefined ? undefined : { path, version };
    } catch {
      // Not installed: reported below.
    }
    if (located === undefined) {
      throw new UserError("buf is not installed in node_modules for this platform.\n  Run: npm ci", 2);
    }
  }
  return located;
}

/** Path of buf's own executable: its npm wrapper is a second Node.js process on every call. */
export const bufPath = () => locate().path;

/** Version of the installed buf. */
export const bufVersion = () => locate().version;

/** Runs buf in `cwd` (default: the current folder, the repository's root). */
export function buf(args: string[], options: Parameters<typeof run>[2] = {}): Promise<Result> {
  // It ends before collecting its garbage would pay: that is a fifth of its time, and memory is not short.
  return run(bufPath(), args, { ...options, env: { GOGC: "off", ...options.env } });
}

/**
 * Compiles the contract of the current folder into one descriptor image with source info.
 *
 * @throws UserError (exit code 2) with buf's file:line:column messages when the contract does not compile.
 */
export async function buildImage(path: string): Promise<void> {
  const { code, stdout, stderr } = await buf(["build", "-o", path]);
  if (code !== 0) {
    const places = `${stdout}${stderr}`;
    throw new UserError(
      `The contract does not compile:\n${places}  Mend these lines, and run: npm run lint\n${annotationsOf(places)}`,
      2,
    );
  }
}
