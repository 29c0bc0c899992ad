import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../cli/errors.ts";
import { listFiles } from "../cli/files.ts";
import { type Checkout, runNpm } from "../cli/process.ts";
import { buildPaths, contractPaths, sourcePaths } from "../contract/paths.ts";
import { normalizeModes } from "./compile.ts";

/** The tarball that `npm pack` wrote. Sizes are in bytes. */
interface Tarball {
  filename: string;
  size: number;
  unpackedSize: number;
}

/** Files of the root that npm packs. */
const rootFiles = ["package.json", "README.md", "LICENSE", "CHANGELOG.md"];

/** Packs dist/ into `agynio-api-<version>.tgz` in the repository's root, exactly as it would be published. */
export async function packPackage(checkout: Checkout): Promise<Tarball> {
  normalizeModes(rootFiles.map((name) => join(checkout.root, name)));
  const { code, stdout, stderr } = await runNpm(checkout, ["pack", "--json", "--ignore-scripts"]);
  if (code !== 0) {
    throw new UserError(`npm pack failed:\n${stderr}`);
  }
  const [tarball] = Object.values(JSON.parse(stdout.toString()) as Record<string, Tarball>);
  if (tarball === undefined) {
    throw new UserError(`npm pack listed no tarball:\n${stdout}`);
  }
  return tarball;
}

/** Returns the path of the last build's tarball, or undefined if there is none or an input is newer. */
export function findFreshTarball(root: string): string | undefined {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const tarball = join(root, `agynio-api-${version}.tgz`);
  if (!existsSync(join(root, "dist")) || !existsSync(tarball)) {
    return undefined;
  }
  const inputs = [...rootFiles, ...buildPaths, ...contractPaths, ...sourcePaths]
    .map((path) => join(root, path))
    .flatMap((path) => (statSync(path).isFile() ? [path] : listFiles(path).map((file) => join(path, file))));
  const built = statSync(tarball).mtimeMs;
  return inputs.every((path) => statSync(path).mtimeMs <= built) ? tarball : undefined;
}
