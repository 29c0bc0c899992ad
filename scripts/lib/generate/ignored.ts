import { join } from "node:path";
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
  const protos = protoRoots.flatMap((folder) =>
    listFiles(join(checkout.root, folder))
      .filter((path) => path.endsWith(".proto"))
      .map((path) => `${folder}/${path}`),
  );
  const paths = ["package.json", ...protos, ...generated.map((path) => `gen/${path}`)];
  const rules = await findIgnoreRules(checkout, paths);
  if (rules.length === 0 || rules.some(({ path }) => path === "package.json")) {
    return;
  }
  const lines = rules.map(
    ({ path, source, line, pattern }) => `${path}\n  ignored by ${source}:${line}: ${pattern}`,
  );
  const annotations = rules.map(({ path, source, line }) => ({
    ...{ file: source, line, message: `git ignores ${path}, which has to be committed.` },
  }));
  throw new UserError(
    `git ignores ${rules.length} files that have to be committed:\n${lines.slice(0, 5).join("\n")}\n` +
      "  Change the line in the ignore file, as in /dist in place of dist, or rename the .proto file or its package.",
    { annotations: annotations.slice(0, 5) },
  );
}

interface IgnoreRule {
  path: string;
  /** Path of the ignore file, from the root of the git repository or absolute. */
  source: string;
  line: number;
  pattern: string;
}

/** Returns the paths that git ignores. A file that is committed already is not ignored. */
async function findIgnoreRules(checkout: Checkout, paths: string[]): Promise<IgnoreRule[]> {
  const input = Buffer.from(paths.join("\0"));
  const result = await git(checkout, ["check-ignore", "--verbose", "-z", "--stdin"], input).catch((error) => {
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
      path === undefined || pattern.startsWith("!") ? [] : [{ path, source, line: Number(line), pattern }],
    );
}
