import type { DescEnum, DescExtension, FileRegistry } from "@bufbuild/protobuf";
import { cannotRun } from "../cli/errors.ts";
import { type Checkout, outputOf, settleAll } from "../cli/process.ts";
import { type BufFinding, buf, parseFindings } from "../contract/buf.ts";
import {
  fileOf,
  isGoogleFile,
  isImport,
  nameInPackage,
  placeOf,
  withNumber,
} from "../contract/descriptors.ts";
import { readImage } from "../contract/image.ts";
import { isBelow } from "../contract/paths.ts";
import { defaultRules, type Rules, toBufYaml } from "./config.ts";
import type { Contracts } from "./counterparts.ts";
import { writtenValue } from "./severity.ts";

/** A change that a rule forbids: one of buf's (https://buf.build/docs/breaking/rules) or one of our own. */
export type Violation = BufFinding;

/** Returns whether a rule is our own. */
export const isOwnRule = (rule: string) => rule.startsWith("AGYN_");

/** The path of an image and, if it has been read, what it declares. */
interface Image {
  image: string;
  registry?: FileRegistry;
}

/** Finds the violations between two images, for one or several sets of rules. */
export class ViolationFinder {
  private readonly runs = new Map<string, Promise<Violation[]>>();
  private readonly violations = new Map<string, Violation>();
  private registries: Contracts | undefined;

  constructor(
    private readonly checkout: Checkout,
    private readonly after: Image,
    private readonly before: Image,
  ) {}

  /** Returns the two contracts, which are read once. */
  contracts(): Contracts {
    const read = ({ image, registry = readImage(image) }: Image) => registry;
    this.registries ??= { before: read(this.before), after: read(this.after) };
    return this.registries;
  }

  /**
   * Finds the violations of rules. One violation is the same object in the results of all rules.
   *
   * @throws UserError (exit code 2) if buf cannot compare the two, or an image cannot be read.
   */
  find(rules: Rules = defaultRules): Promise<Violation[]> {
    const config = toBufYaml(rules);
    const run = this.runs.get(config) ?? this.run(config, rules);
    this.runs.set(config, run);
    return run;
  }

  private async run(config: string, { ignore = [] }: Rules): Promise<Violation[]> {
    // buf runs while this process reads the images.
    const [found, contracts] = await settleAll([
      findBufViolations(this.checkout, this.after.image, this.before.image, config),
      (async () => this.contracts())(),
    ] as const);
    const isIgnored = isBelow(ignore);
    const own = findOwnViolations(contracts).filter(({ path = "" }) => !isIgnored(path));
    const all = [...found, ...own].filter((violation) => !isOfImport(violation, contracts));
    return all.map((violation) => {
      const { rule, path, line, column, message } = violation;
      const key = `${rule} ${path}:${line}:${column} ${message}`;
      const known = this.violations.get(key) ?? violation;
      this.violations.set(key, known);
      return known;
    });
  }
}

async function findBufViolations(
  checkout: Checkout,
  image: string,
  against: string,
  config: string,
): Promise<Violation[]> {
  const options = ["--against", against, "--exclude-imports", "--config", config, "--error-format", "json"];
  const result = await buf(checkout, ["breaking", image, ...options]);
  // buf's exit code for violations: https://buf.build/docs/reference/cli/buf/breaking
  if (result.code !== 0 && result.code !== 100) {
    throw cannotRun(`buf could not compare the two contracts:\n${outputOf(result)}`);
  }
  return parseFindings(result.stdout);
}

/**
 * Returns whether a violation is about a file that the contract only imports, so that the last import of it may go.
 * --exclude-imports does the same, but an image need not record what an import is.
 */
function isOfImport(violation: Violation, { before, after }: Contracts): boolean {
  const path = importPathOf(violation) ?? "";
  const file = after.getFile(path) ?? before.getFile(path);
  return file ? isImport(file) : isGoogleFile(path);
}

/** Returns the import path of the file that a violation is about; undefined for those about a package. */
export const importPathOf = ({ path, message }: Violation): string | undefined =>
  path ?? /^Previously present file "([^"]+)"/.exec(message)?.[1];

/**
 * Finds the changes that break bytes or JSON, and that buf has no rule for: another number or message of an extension,
 * and an alias that takes the place of an enum value in JSON. The messages are worded like those of buf.
 */
function findOwnViolations({ before, after }: Contracts): Violation[] {
  return [...before].flatMap((type) => {
    switch (type.kind) {
      case "extension":
        return compareExtension(type, after.getExtension(type.typeName));
      case "enum":
        return compareAliases(type, after.getEnum(type.typeName));
      default:
        return [];
    }
  });
}

function compareExtension(before: DescExtension, after: DescExtension | undefined): Violation[] {
  if (after === undefined) {
    return [];
  }
  const { number, typeName, extendee } = before;
  const subject = `Extension "${number}" with name "${typeName}" on message "${extendee.typeName}"`;
  const violation = (rule: string, change: string) => ({
    ...{ rule, path: fileOf(after).proto.name, ...placeOf(after) },
    message: `${subject} changed ${change}.`,
  });
  return [
    ...(number !== after.number
      ? [violation("AGYN_EXTENSION_SAME_NUMBER", `its number to "${after.number}"`)]
      : []),
    ...(extendee.typeName !== after.extendee.typeName
      ? [violation("AGYN_EXTENSION_SAME_MESSAGE", `its message to "${after.extendee.typeName}"`)]
      : []),
  ];
}

function compareAliases(before: DescEnum, after: DescEnum | undefined): Violation[] {
  const { values = [] } = after ?? {};
  return before.values
    .filter((value) => writtenValue(value) === value)
    .flatMap(({ name, number }) => {
      const aliases = withNumber(values, number);
      const [written] = aliases;
      const isKept = aliases.some((value) => value.name === name);
      const isKnown = withNumber(before.values, number).some((value) => value.name === written?.name);
      return written && isKept && !isKnown
        ? [
            {
              ...{
                rule: "AGYN_ENUM_VALUE_SAME_JSON_NAME",
                path: fileOf(written).proto.name,
                ...placeOf(written),
              },
              message: `Enum value "${number}" on enum "${nameInPackage(before)}" is written to JSON as "${written.name}" in place of "${name}".`,
            },
          ]
        : [];
    });
}
