import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Base, baseImage, type Published, type Revision, resolveBase } from "./base.ts";
import { adviceFor } from "./breaking-advice.ts";
import { buf } from "./buf.ts";
import { UserError } from "./errors.ts";
import { readBlobs } from "./git.ts";

/** How bad a break is; each is also all that come after it. */
export type Severity = "wire" | "json" | "code";

/** One break, as buf found it. Lines and columns count from 1. */
export interface Finding {
  /** ID of buf's rule: https://buf.build/docs/breaking/rules */
  rule: string;
  /** Path from the repository's root: of a deleted file, where it was. Undefined for a package's breaks. */
  file?: string;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  severity: Severity;
  /** What happened. */
  message: string;
  /** What to do instead. */
  advice: string;
}

/** What came of comparing a contract with its base. */
export interface Comparison {
  base: Base;
  /** How many files the base's contract has; 0 when there is none. */
  files: number;
  /** How many of them are not the same any more, or gone. */
  changed: number;
  findings: Finding[];
}

/** A violation as `buf breaking --error-format json` prints it, one a line. */
export interface Violation {
  path?: string;
  start_line: number;
  start_column: number;
  end_line: number;
  end_column: number;
  type: string;
  message: string;
}

/** The base, and its image when it has one. */
export interface LoadedBase {
  base: Base;
  image?: string;
}

/** Finds the base, and its image: see resolveBase and baseImage for what can go wrong. */
export async function loadBase(against?: string): Promise<LoadedBase> {
  const base = await resolveBase(against);
  return base.kind === "nothing" ? { base } : { base, image: await baseImage(base) };
}

/**
 * Compares a contract with its base, by buf's verdict.
 *
 * The rules are those of `breaking` in buf.yaml, its top level: they hold for every module. Those of the base's
 * own buf.yaml hold as well, so that no change can both loosen a rule and break it: an exception counts once it
 * is on the base.
 *
 * How bad a break is, is buf's verdict too: `wire` when its WIRE rules forbid the same change, `json`
 * when its WIRE_JSON rules do, `code` when neither does. So an RPC or service that is gone counts as
 * `code`, as no message changes, though a deployed client that calls it gets UNIMPLEMENTED.
 *
 * @param image Path of the contract's descriptor image, with source info.
 * @throws UserError (exit code 2) when buf cannot compare the two.
 */
export async function compare(image: string, { base, image: against }: LoadedBase): Promise<Comparison> {
  if (base.kind === "nothing" || against === undefined) {
    return { base, files: 0, changed: 0, findings: [] };
  }
  // Loaded here, as all that is loaded earlier holds up the start of buf and git.
  const { imageFiles } = await import("./image.ts");
  const before = imageFiles(against);
  const now = imageFiles(image);
  const changed = [...before].filter(([name, bytes]) => !now.get(name)?.equals(bytes)).length;
  return {
    base,
    files: before.size,
    changed,
    // What is only added breaks nothing, and buf would take its time to say so.
    findings: changed > 0 ? await findings(image, base, against) : [],
  };
}

async function findings(image: string, base: Revision | Published, against: string): Promise<Finding[]> {
  const rules = base.kind === "revision" ? await formerRules(base) : undefined;
  // At the same time, as where something breaks it would take as long again to say how badly.
  const [found, incompatible] = await Promise.all([
    forbidden(image, against, rules),
    violations(image, against, "version: v2\nbreaking: { use: [WIRE, WIRE_JSON] }"),
  ]);
  return found.length > 0 ? explain(found, incompatible, base) : [];
}

/**
 * All that buf finds breaking between two images, whatever buf.yaml excepts: an exception lets a break in, and
 * those who use the contract are to hear of it all the same.
 *
 * @throws UserError (exit code 2) when buf cannot compare the two.
 */
export const allBreaks = (image: string, against: string): Promise<Violation[]> =>
  violations(image, against, "version: v2\nbreaking: { use: [FILE] }");

/**
 * What buf finds breaking between two images: by the rules of the working tree's buf.yaml, and by those of
 * the base's own.
 *
 * @param former The base's rules: see `formerRules`.
 */
async function forbidden(image: string, against: string, former?: string): Promise<Violation[]> {
  const own = existsSync("buf.yaml") ? breakingRules(readFileSync("buf.yaml", "utf8")) : "";
  const [found, alsoFound] = await Promise.all([
    violations(image, against, own),
    former === undefined || former === own ? [] : violations(image, against, former),
  ]);
  const known = new Set(found.map((violation) => JSON.stringify(violation)));
  return [
    ...found,
    ...alsoFound
      .filter((violation) => !known.has(JSON.stringify(violation)))
      .map((violation) => ({
        ...violation,
        message: `${violation.message} (Forbidden by buf.yaml as it is on the base: an exception counts once it is there.)`,
      })),
  ];
}

/** The breaking rules of the base's own buf.yaml. */
async function formerRules(base: Revision): Promise<string> {
  const entry = base.files.find(({ path }) => path === "buf.yaml");
  const [text] = entry === undefined ? [] : await readBlobs([entry.blob]);
  return breakingRules(text?.toString() ?? "");
}

/**
 * What a buf.yaml says of breaking changes. Were it to name our lint rules, buf would ask their plugin
 * for them each time, which takes half as long as to compare. Paths in `ignore` begin with a module's there; of
 * an image, which has no modules, buf takes them as an import says them.
 */
function breakingRules(bufYaml: string): string {
  const rules = bufYaml.split(/^(?=\S)/m).filter((block) => block.startsWith("breaking:"));
  const modules = [...bufYaml.matchAll(/^ *- path: ["']?([^\s"']+)/gm)].map(([, path]) => `${path}/`);
  const asImported = rules.join("").replace(/[^\s"',[\]]+/g, (word) => {
    const module = modules.find((path) => word.startsWith(path));
    return module === undefined ? word : word.slice(module.length);
  });
  return `version: v2\n${asImported}`;
}

/** @param config Text of a buf.yaml. */
async function violations(image: string, against: string, config: string): Promise<Violation[]> {
  const options = ["--against", against, "--config", config, "--error-format", "json"];
  const { code, stdout, stderr } = await buf(["breaking", image, ...options]);
  // buf's exit code for findings, as its documentation of `buf breaking` has it.
  if (code !== 0 && code !== 100) {
    throw new UserError(`buf could not compare the contract with ${against}:\n${stdout}${stderr}`, 2);
  }
  return jsonLines(stdout);
}

function jsonLines<T>(stdout: Buffer): T[] {
  const lines = stdout.toString().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

async function explain(
  found: Violation[],
  incompatible: Violation[],
  base: Revision | Published,
): Promise<Finding[]> {
  const modules = await modulePaths();
  const formerPaths = base.kind === "revision" ? base.files.map(({ path }) => path) : [];
  return found.map((violation) => ({
    rule: violation.type,
    file: locate(violation, modules, formerPaths),
    line: violation.start_line,
    column: violation.start_column,
    endLine: violation.end_line,
    endColumn: violation.end_column,
    severity: severityOf(incompatible.filter((other) => isSame(violation, other))),
    message: violation.message,
    advice: adviceFor(violation.type) ?? "leave it as it was; add what is new beside it",
  }));
}

/** How bad a break is of which these rules of WIRE and WIRE_JSON speak. */
function severityOf(same: Violation[]): Severity {
  return same.some(({ type }) => !isJsonRule(type)) ? "wire" : same.length > 0 ? "json" : "code";
}

/** Whether a rule of buf's category WIRE_JSON is not in WIRE: by its name, as to ask buf takes its time. */
export const isJsonRule = (rule: string) => /JSON|SAME_NAME$|NAME_RESERVED$/.test(rule);

/**
 * Whether a rule of WIRE or WIRE_JSON speaks of the same change as a stricter rule: at the same place,
 * with the same words, of which it may say more ("… was deleted without reserving the number "1".").
 */
function isSame(strict: Violation, other: Violation): boolean {
  const place = ({ path, start_line, start_column }: Violation) => `${path}:${start_line}:${start_column}`;
  const words = strict.message.replace(/\.( \(Forbidden by .*)?$/, "");
  return place(strict) === place(other) && other.message.startsWith(words);
}

/** Folders of the contract's modules. */
async function modulePaths(): Promise<string[]> {
  const { stdout } = await buf(["config", "ls-modules", "--format", "path"]);
  return stdout.toString().trim().split("\n");
}

/** Path in the repository of the file that a violation is about, which buf names as an import does. */
function locate({ path, message }: Violation, modules: string[], formerPaths: string[]): string | undefined {
  const imported = path ?? /^Previously present file "([^"]+)"/.exec(message)?.[1];
  if (imported === undefined) {
    return undefined;
  }
  const former = formerPaths.find((candidate) => `/${candidate}`.endsWith(`/${imported}`));
  const here = modules.map((module) => join(module, imported)).find((candidate) => existsSync(candidate));
  return here ?? former ?? join(likelyModule(modules, imported), imported);
}

/** The module that has most of the folders of a file that is gone. */
function likelyModule(modules: string[], imported: string): string {
  for (let folder = dirname(imported); folder !== "."; folder = dirname(folder)) {
    const module = modules.find((path) => existsSync(join(path, folder)));
    if (module !== undefined) {
      return module;
    }
  }
  return modules[0] ?? "";
}
