import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { type Checkout, settleAll } from "../cli/process.ts";
import { textAt } from "../contract/git.ts";
import { readFileBytes } from "../contract/image.ts";
import { isBelow } from "../contract/paths.ts";
import type { Snapshot } from "../contract/snapshot.ts";
import { type Exception, type Rules, readExceptions, readModules } from "./config.ts";
import { type Finding, toFindings } from "./findings.ts";
import { locateModules, type Modules, type ModulesOfBoth } from "./modules.ts";
import { importPathOf, isOwnRule, type Violation, ViolationFinder } from "./violations.ts";

/** A finding, with its place in the repository. */
export interface LocatedFinding extends Finding {
  /** Path from the repository's root; of a deleted file, its earlier path. Undefined for findings about a package. */
  file: string | undefined;
  /** Name of the module on the schema registry, if the file is not the contract's own but of a dependency. */
  dependency: string | undefined;
}

/** The result of comparing a contract with its base. */
export interface Comparison {
  base: Snapshot;
  /** Number of files in the base's contract; 0 if there is none. */
  files: number;
  /** Number of these files that are changed or deleted. */
  changed: number;
  findings: LocatedFinding[];
  /** Breaking changes that buf.yaml permits. */
  excepted: LocatedFinding[];
  /** Exceptions of buf.yaml, on the base too, that permit nothing. */
  unused: string[];
}

/**
 * Compares the contract of the working tree with its base, by `buf breaking` and by rules of our own.
 *
 * The rules are those of buf.yaml, for each module. Those of the base's buf.yaml hold as well, so that no change can
 * both loosen a rule and break it: an exception counts once it is on the base. Our own rules heed `ignore` only.
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
    return { base, files: 0, changed: 0, findings: [], excepted: [], unused: [] };
  }
  const before = readFileBytes(base.image);
  const after = readFileBytes(image);
  const isSame = (name: string, bytes: Uint8Array) =>
    Buffer.compare(after.get(name) ?? Buffer.alloc(0), bytes) === 0;
  const changed = [...before].filter(([name, bytes]) => !isSame(name, bytes)).length;

  const bufYaml = join(checkout.root, "buf.yaml");
  const text = existsSync(bufYaml) ? readFileSync(bufYaml, "utf8") : "";
  const baseText = base.kind === "revision" ? await textAt(checkout, base, "buf.yaml") : text;
  const modules = locateModules(checkout.root, base, readModules(text), readModules(baseText ?? ""));
  const kept = new Set(readExceptions(text).map((exception) => exception.text));
  const exceptions = base.kind === "revision" ? readExceptions(baseText ?? "") : [];

  const finder = new ViolationFinder(checkout, { image }, base);
  // An addition breaks nothing, so that buf need not compare.
  const find: Find = changed > 0 ? (rules) => finder.find(rules) : async () => [];
  const [all, onHead, onBase, unused] = await settleAll([
    find(),
    findForbidden(modules.head, find),
    findForbidden(modules.base, find),
    findUnused(
      exceptions.filter((exception) => kept.has(exception.text)),
      modules.base,
      find,
    ),
  ] as const);
  const forbidden = new Set([...onHead, ...onBase]);
  const onlyOnBase = new Set(onBase.filter((violation) => !onHead.includes(violation)));
  const locate = (violations: Violation[]) =>
    violations.length === 0
      ? []
      : toFindings(violations, finder.contracts()).map((finding) => locateFinding(finding, modules));
  const findings = locate([...forbidden]).map((finding) =>
    finding.violations.some((violation) => onlyOnBase.has(violation))
      ? { ...finding, message: `${finding.message}\n${baseNote}` }
      : finding,
  );
  // A declaration with a violation that is forbidden is no exception.
  const elements = new Set(findings.map(({ element }) => element));
  const excepted = locate(all.filter((violation) => !forbidden.has(violation))).filter(
    ({ element }) => !elements.has(element),
  );
  return { base, files: before.size, changed, findings, excepted, unused };
}

const baseNote = "(Forbidden by buf.yaml as it is on the base: an exception counts once it is there.)";

function locateFinding(finding: Finding, { head, pathOf }: ModulesOfBoth): LocatedFinding {
  const { path: imported } = finding;
  const module = imported === undefined ? undefined : head.moduleOf(imported);
  return {
    ...finding,
    file: imported && pathOf(imported),
    dependency: module?.isDependency ? module.name : undefined,
  };
}

type Find = (rules?: Rules) => Promise<Violation[]>;

/** Finds the violations of the rules of each module, in its files. Those about a package belong to every module. */
async function findForbidden(side: Modules, find: Find): Promise<Violation[]> {
  const found = await settleAll(
    side.modules.map(async (module) =>
      module.rules === undefined
        ? []
        : (await find(module.rules)).filter((violation) => isInModule(violation, side, module.folder)),
    ),
  );
  return found.flat();
}

function isInModule(violation: Violation, { moduleOf }: Modules, folder: string): boolean {
  const imported = importPathOf(violation);
  return imported === undefined || moduleOf(imported)?.folder === folder;
}

/** Returns the exceptions that permit no violation. */
async function findUnused(exceptions: Exception[], base: Modules, find: Find): Promise<string[]> {
  const isUsed = async ({ folder, rules, rule, path }: Exception) => {
    const [all, ofRule] = await settleAll([find(rules), rule ? find({ use: [rule] }) : undefined] as const);
    const isPermitted = (violation: Violation) =>
      (ofRule === undefined || (ofRule.includes(violation) && !isOwnRule(violation.rule))) &&
      isInModule(violation, base, folder) &&
      (path === undefined || isBelow([path])(posix.join(folder, importPathOf(violation) ?? "")));
    return all.some(isPermitted);
  };
  const used = await settleAll(exceptions.map(isUsed));
  const unused = new Set(exceptions.filter((_, index) => !used[index]).map(({ text }) => text));
  // An exception of the top level holds in every module.
  return [...unused].filter((text) =>
    exceptions.every((other, index) => other.text !== text || !used[index]),
  );
}
