import { existsSync, lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { cannotRun, UserError } from "../cli/errors.ts";
import { listFiles } from "../cli/files.ts";
import type { Checkout } from "../cli/process.ts";
import { git, NoHistoryError } from "../contract/git.ts";
import { protoRoots } from "../contract/paths.ts";

/**
 * Checks that the .proto files and the generated files can be committed. Without git, or if git ignores the whole
 * checkout, nothing is checked.
 *
 * @param generated Paths in gen/.
 * @throws UserError with the ignore file and the line that make git ignore one; exit code 2 if git fails.
 */
export async function checkNotIgnored(checkout: Checkout, generated: string[]): Promise<void> {
  const root = realpathSync(checkout.root);
  const gen = join(root, "gen");
  const isLink = (path: string) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isSymbolicLink();
  const found = await Promise.all(
    [
      { folder: root, paths: ["package.json", ...["gen", ...protoRoots].filter(isLink)] },
      existsSync(gen)
        ? { folder: realpathSync(gen), paths: generated }
        : { folder: root, paths: generated.map((path) => join("gen", path)) },
      ...protoRoots.flatMap((path) => groupProtos(join(root, path))),
    ].map((group) => findIgnoreRules(checkout, group)),
  );
  const rules = found
    .flat()
    .map((rule) => ({ ...rule, path: relative(root, rule.path).replaceAll(sep, "/") }));
  if (rules.length === 0 || rules.some(({ path }) => path === "package.json")) {
    return;
  }
  const shown = rules.slice(0, 5);
  const lines = shown.map(
    ({ path, source, line, pattern }) => `${path}\n  ignored by ${source}:${line}: ${pattern}\n`,
  );
  throw new UserError(
    `git ignores ${rules.length} files that have to be committed:\n${lines.join("")}` +
      "  Change the line in the ignore file, as in /dist in place of dist, or rename the .proto file or its package.",
    {
      annotations: shown.map(({ path, source, line }) => ({
        ...{ file: source, line, message: `git ignores ${path}, which has to be committed.` },
      })),
    },
  );
}

/** Paths in a folder. Git rejects paths beyond a symbolic link or in a submodule, so it is started in the folder. */
interface Group {
  /** Absolute path, without symbolic links. */
  folder: string;
  paths: string[];
}

/** Returns the .proto files at or below a path, with the symbolic links that lead to them. */
function groupProtos(path: string, visited = new Set<string>()): Group[] {
  const real = existsSync(path) ? realpathSync(path) : undefined;
  if (real === undefined || visited.has(real)) {
    return [];
  }
  visited.add(real);
  if (!statSync(real).isDirectory()) {
    return [{ folder: dirname(real), paths: [basename(real)] }];
  }
  const isLink = (name: string) => lstatSync(join(real, name)).isSymbolicLink();
  const isFolder = (name: string) => statSync(join(real, name), { throwIfNoEntry: false })?.isDirectory();
  // The folders among the listed files are symbolic links.
  const paths = listFiles(real).filter((name) => name.endsWith(".proto") || isFolder(name));
  const targets = paths.filter(isLink).flatMap((name) => groupProtos(join(real, name), visited));
  return [{ folder: real, paths }, ...targets];
}

interface IgnoreRule {
  /** Absolute path of the ignored file. */
  path: string;
  /** Path of the ignore file, from the root of the git repository or absolute. */
  source: string;
  line: number;
  pattern: string;
}

/** Returns the paths that git ignores. A file that is committed already is not ignored. */
async function findIgnoreRules({ env }: Checkout, { folder, paths }: Group): Promise<IgnoreRule[]> {
  const input = Buffer.from(paths.join("\0"));
  const args = ["check-ignore", "--verbose", "-z", "--stdin"];
  const result = await git({ root: folder, env }, args, input).catch((error) => {
    if (error instanceof NoHistoryError) {
      return undefined;
    }
    throw error;
  });
  // https://git-scm.com/docs/git-check-ignore#_exit_status
  if (result !== undefined && result.code > 1) {
    throw cannotRun(`git could not list the files that it ignores:\n${result.stderr}`);
  }
  const fields = result?.stdout.toString().split("\0") ?? [];
  return paths
    .map((_, index) => fields.slice(4 * index, 4 * index + 4))
    .flatMap(([source = "", line, pattern = "", path]) =>
      path === undefined || pattern.startsWith("!")
        ? []
        : [{ path: join(folder, path), source, line: Number(line), pattern }],
    );
}
