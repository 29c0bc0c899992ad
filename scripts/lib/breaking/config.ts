// Reads from a buf.yaml which changes are breaking: https://buf.build/docs/configuration/v2/buf-yaml
import { posix } from "node:path";
import { parse } from "yaml";
import { groupBy } from "../cli/collections.ts";

/** The rules of `breaking` in buf.yaml. */
export interface Rules {
  use?: string[];
  except?: string[];
  ignore?: string[];
  ignore_only?: Record<string, string[]>;
  ignore_unstable_packages?: boolean;
}

/** A module of buf.yaml. */
export interface Module {
  /** Path of its folder from the repository's root; "." for the root. */
  folder: string;
  /** Name on the schema registry. */
  name?: string | undefined;
  /** Whether the contract depends on it: its files are not the contract's own. */
  isDependency: boolean;
  /** Its rules, with paths as imports name them; undefined if buf.yaml ignores the whole module. */
  rules: Rules | undefined;
}

/** An exception of buf.yaml. */
export interface Exception {
  /** What buf.yaml has: `ignore_only: FIELD_NO_DELETE: proto/a.proto`. */
  text: string;
  /** The modules that it applies to. */
  scopes: {
    folder: string;
    /** The module's rules without any exception. */
    rules: Rules;
    /** The module's rules with this exception only; undefined if it ignores the whole module. */
    excepted: Rules | undefined;
  }[];
}

interface BufYaml {
  modules?: { path?: string; name?: string; breaking?: Rules }[];
  name?: string;
  deps?: string[];
  breaking?: Rules;
}

/** The rules that hold if buf.yaml has none. */
export const defaultRules: Rules = { use: ["FILE"] };

/** Returns the modules of a buf.yaml with their rules: their own `breaking`, else that of the top level. */
export function readModules(text: string): Module[] {
  const bufYaml = parseBufYaml(text);
  return modulesOf(bufYaml).map(({ folder, name, breaking }) => ({
    ...{ folder, name, rules: rulesInModule(breaking, folder) },
    isDependency: (bufYaml.deps ?? []).some((dependency) => dependency.split(":")[0] === name),
  }));
}

/** Returns the exceptions of a buf.yaml. */
export function readExceptions(text: string): Exception[] {
  const scopes = modulesOf(parseBufYaml(text)).flatMap(({ folder, breaking }) => {
    const { except = [], ignore = [], ignore_only = {}, ...rules } = breaking;
    const exceptions: [name: string, rules: Rules][] = [
      ...except.map((rule) => [`except: ${rule}`, { except: [rule] }] as [string, Rules]),
      ...ignore.map((path) => [`ignore: ${path}`, { ignore: [path] }] as [string, Rules]),
      ...Object.entries(ignore_only).flatMap(([rule, paths]) =>
        paths.map(
          (path) => [`ignore_only: ${rule}: ${path}`, { ignore_only: { [rule]: [path] } }] as [string, Rules],
        ),
      ),
    ];
    return exceptions.map(([name, only]) => ({
      ...{ name, folder, rules: { ...defaultRules, ...rules } },
      excepted: rulesInModule({ ...rules, ...only }, folder),
    }));
  });
  return [...groupBy(scopes, ({ name }) => name)].map(([name, group]) => ({ text: name, scopes: group }));
}

/** Returns the configuration with which buf compares two images by rules. JSON is YAML. */
export const toBufYaml = (rules: Rules): string => JSON.stringify({ version: "v2", breaking: rules });

// Like buf's parser, this one merges `<<` keys.
const parseBufYaml = (text: string) => (parse(text, { merge: true }) ?? {}) as BufYaml;

function modulesOf({ modules, name, breaking: common = {} }: BufYaml) {
  return (modules ?? [{ name }]).map(({ path = ".", name, breaking = common }) => ({
    folder: normalize(path),
    name,
    breaking,
  }));
}

const normalize = (path: string) => posix.normalize(path).replace(/(.)\/$/, "$1");

/**
 * Returns rules for an image, which has no modules: buf takes paths there as imports name them. Paths outside of the
 * module do not count, and its folder stands for all of it, as in buf.
 */
function rulesInModule(rules: Rules, folder: string): Rules | undefined {
  const { ignore = [], ignore_only = {}, ...others } = rules;
  if (ignore.some((path) => normalize(path) === folder)) {
    return undefined;
  }
  const inModule = (paths: string[]) =>
    paths.map((path) => posix.relative(folder, path)).filter((path) => !path.startsWith(".."));
  const only = Object.entries(ignore_only).map(([rule, paths]) => [rule, inModule(paths)] as const);
  const ignored = inModule(ignore);
  const ignoredOnly = only.filter(([, paths]) => paths.length > 0);
  return {
    ...defaultRules,
    ...others,
    ...(ignored.length > 0 ? { ignore: ignored } : {}),
    ...(ignoredOnly.length > 0 ? { ignore_only: Object.fromEntries(ignoredOnly) } : {}),
  };
}
