import { copyFileSync, cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cannotRun, UserError } from "../cli/errors.ts";
import { listFiles, withTemporaryFolder } from "../cli/files.ts";
import { type Checkout, runNpm } from "../cli/process.ts";
import { buildPaths, contractPaths, sourcePaths } from "../contract/paths.ts";
import { normalizeModes } from "./compile.ts";

/** The tarball that `npm pack` wrote. Sizes are in bytes. */
interface Tarball {
  filename: string;
  /** Hash of its bytes, as in a lock file. */
  integrity: string;
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

/**
 * Packs the last build as the package of a pull request, into the repository's root: as it would be published, but with
 * the version of `pullRequestVersion`. package.json is not changed.
 *
 * @param number The pull request's number.
 * @param commit ID of its last commit.
 * @throws UserError (exit code 2) if one of them is invalid, or if the last build is not up to date.
 */
export async function packPullRequest(checkout: Checkout, number: string, commit: string): Promise<Tarball> {
  const { root } = checkout;
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const version = pullRequestVersion(manifest.version, number, commit);
  if (findFreshTarball(root) === undefined) {
    throw cannotRun("dist/ is missing or older than what it is built from.\n  Run: npm run build");
  }
  return withTemporaryFolder(root, async (folder) => {
    for (const name of ["dist", ...rootFiles]) {
      cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
    const tarball = await packPackage({ ...checkout, root: folder });
    copyFileSync(join(folder, tarball.filename), join(root, tarball.filename));
    return tarball;
  });
}

/**
 * Returns the version of a pull request's package: `1.1.0-pr.12.abc1234`. It is a prerelease, so no range of releases
 * includes it. A commit ID that is a number with a leading zero gets the prefix "g", as in `git describe`: a number with
 * a leading zero is invalid there. Source: https://semver.org/#spec-item-9
 */
export function pullRequestVersion(version: string, number: string, commit: string): string {
  if (!/^[1-9]\d*$/.test(number) || !/^[0-9a-f]{7,64}$/.test(commit)) {
    throw cannotRun(
      `"${number}" and "${commit}" are not the number of a pull request and the ID of a commit.\n` +
        "  Run: npm run pack:pull-request -- 12 $(git rev-parse HEAD)",
    );
  }
  const short = commit.slice(0, 7);
  return `${version}-pr.${number}.${/^0\d+$/.test(short) ? "g" : ""}${short}`;
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
