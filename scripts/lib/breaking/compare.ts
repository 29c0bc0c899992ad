import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Checkout, settleAll } from "../cli/process.ts";
import { type BufFinding, buf } from "../contract/buf.ts";
import { textAt } from "../contract/git.ts";
import { readFileBytes } from "../contract/image.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import { adviceFor } from "./advice.ts";
import { findBreaking } from "./findings.ts";
import { toImageRules } from "./rules.ts";

/** What a breaking change breaks; each severity includes those after it. */
export type Severity = "wire" | "json" | "code";

/** A breaking change, with its severity and advice. */
export interface Finding extends Omit<BufFinding, "path"> {
  /** Path from the repository's root; of a deleted file, its earlier path. Undefined for findings about a package. */
  file: string | undefined;
  severity: Severity;
  /** What to do instead. */
  advice: string;
}

/** The result of comparing a contract with its base. */
export interface Comparison {
  base: Snapshot;
  /** Number of files in the base's contract; 0 if there is none. */
  files: number;
  /** Number of these files that are changed or deleted. */
  changed: number;
  findings: Finding[];
}

/**
 * Compares the contract of the working tree with its base, by `buf breaking`.
 *
 * The rules are those of `breaking` in buf.yaml, its top level, which hold for every module. Those of the base's
 * buf.yaml hold as well, so that no change can both loosen a rule and break it: an exception counts once it is on the
 * base.
 *
 * The severity follows from buf's rules too: `wire` if a WIRE rule forbids the same change, `json` if a WIRE_JSON rule
 * does, `code` otherwise. A removed RPC or service is `code`, as no message changes, although a deployed client that
 * calls it gets UNIMPLEMENTED.
 *
 * @param image Path of the descriptor image of the working tree, with source info.
 * @throws UserError (exit code 2) if buf cannot compare the two.
 */
export async function compareWithBase(
  checkout: Checkout,
  image: string,
  base: Snapshot,
): Promise<Comparison> {
  if (base.kind === "none") {
    return { base, files: 0, changed: 0, findings: [] };
  }
  const before = readFileBytes(base.image);
  const after = readFileBytes(image);
  const isSame = (name: string, bytes: Uint8Array) =>
    Buffer.compare(after.get(name) ?? Buffer.alloc(0), bytes) === 0;
  const changed = [...before].filter(([name, bytes]) => !isSame(name, bytes)).length;
  // An addition breaks nothing, so that buf need not compare.
  const findings = changed > 0 ? await findBreakingChanges(checkout, image, base) : [];
  return { base, files: before.size, changed, findings };
}

async function findBreakingChanges(
  checkout: Checkout,
  image: string,
  base: Exclude<Snapshot, { kind: "none" }>,
): Promise<Finding[]> {
  const find = (config: string) => findBreaking(checkout, image, base.image, config);
  const bufYaml = join(checkout.root, "buf.yaml");
  const rules = toImageRules(existsSync(bufYaml) ? readFileSync(bufYaml, "utf8") : "");
  const baseRules =
    base.kind === "revision" ? toImageRules((await textAt(checkout, base, "buf.yaml")) ?? "") : rules;
  // All at the same time: the last two are needed only if something breaks, but would then double the time.
  const [findings, baseFindings, incompatible] = await settleAll([
    find(rules),
    baseRules === rules ? [] : find(baseRules),
    find("version: v2\nbreaking: { use: [WIRE, WIRE_JSON] }"),
  ] as const);
  const known = new Set(findings.map((finding) => JSON.stringify(finding)));
  const forbiddenOnBase = baseFindings.filter((finding) => !known.has(JSON.stringify(finding)));
  const all = [...findings, ...forbiddenOnBase];
  if (all.length === 0) {
    return [];
  }
  const locate = await fileLocator(checkout, base);
  const note = " (Forbidden by buf.yaml as it is on the base: an exception counts once it is there.)";
  return all.map((finding) => {
    const { path, message, ...place } = finding;
    return {
      ...place,
      message: forbiddenOnBase.includes(finding) ? message + note : message,
      file: locate(path ?? /^Previously present file "([^"]+)"/.exec(message)?.[1]),
      severity: severityOf(incompatible.filter((lenient) => isSameChange(finding, lenient))),
      advice: adviceFor(finding.rule) ?? "leave it unchanged; add what is new in addition to it",
    };
  });
}

/** Returns the severity of a change for which WIRE and WIRE_JSON have these findings. */
function severityOf(findings: BufFinding[]): Severity {
  return findings.some(({ rule }) => !isJsonRule(rule)) ? "wire" : findings.length > 0 ? "json" : "code";
}

/** Returns whether a rule of buf's category WIRE_JSON is not in WIRE. A test compares this with buf's list of rules. */
export const isJsonRule = (rule: string) => /JSON|SAME_NAME$|NAME_RESERVED$/.test(rule);

/**
 * Returns whether a finding of WIRE or WIRE_JSON is about the same change as a finding of a stricter rule: it has the
 * same place and the same message, to which it may add words ("… was deleted without reserving the number "1".").
 */
function isSameChange(strict: BufFinding, lenient: BufFinding): boolean {
  const place = ({ path, line, column }: BufFinding) => `${path}:${line}:${column}`;
  const words = strict.message.replace(/\.$/, "");
  return place(strict) === place(lenient) && lenient.message.startsWith(words);
}

/** Returns a function that turns the import path of a file into its path, or its earlier path, in the repository. */
async function fileLocator(checkout: Checkout, base: Snapshot) {
  const { stdout } = await buf(checkout, ["config", "ls-modules", "--format", "path"]);
  const modules = stdout.toString().trim().split("\n");
  const basePaths = base.kind === "revision" ? base.tree.map(({ path }) => path) : [];
  const exists = (path: string) => existsSync(join(checkout.root, path));
  /** Returns the module with the deepest existing folder of a deleted file. */
  const likelyModule = (imported: string) => {
    for (let folder = dirname(imported); folder !== "."; folder = dirname(folder)) {
      const module = modules.find((path) => exists(join(path, folder)));
      if (module !== undefined) {
        return module;
      }
    }
    return modules[0] ?? "";
  };
  return (imported: string | undefined) =>
    imported &&
    (modules.map((module) => join(module, imported)).find(exists) ??
      basePaths.find((path) => `/${path}`.endsWith(`/${imported}`)) ??
      join(likelyModule(imported), imported));
}
