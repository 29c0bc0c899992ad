import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { groupBy } from "../cli/collections.ts";
import { cannotRun } from "../cli/errors.ts";
import { fileOf } from "../contract/descriptors.ts";
import { describeUse, type FileModule, type Flavours, findElement } from "./flavours.ts";
import type { Heir, Name } from "./modules.ts";
import type { Refusal } from "./refusal.ts";

/** An element with a name that is taken in the generated code of a flavour. */
interface Clash {
  element: AnyDesc;
  /** Folder of the flavour. */
  flavour: string;
  /** Why the name is taken. */
  reason: string;
  /** The element whose code has the name too. */
  other?: AnyDesc;
}

/**
 * Finds elements whose names are taken in generated code. Which names are taken is derived from the code: what it
 * declares, imports and inherits, and the globals that it uses.
 *
 * @param root Root of the repository, in which the runtimes are installed.
 * @throws UserError (exit code 2) if a runtime is not installed.
 */
export function findClashes(root: string, files: DescFile[], flavours: Flavours): Refusal[] {
  const clashes = [
    ...[...flavours].flatMap(([flavour, own]) => findInFlavour(root, flavour, own)),
    ...files.flatMap(findInDescriptors),
  ];
  const ofElements = new Set(
    clashes.flatMap(({ element }) => (element.kind === "file" ? [] : [fileOf(element)])),
  );
  // Code that is invalid has no declarations. Which element is the cause, is found by its name.
  const located = clashes.filter(({ element }) => element.kind !== "file" || !ofElements.has(element));
  const taken = namesIn(flavours);
  return located.map(({ element, flavour, reason, other }) => ({
    element,
    problem: `${element} cannot be generated for ${describeUse(flavour)}: ${reason}`,
    fix: /json_name/.test(reason)
      ? "Use letters, digits, - and single _ only."
      : `Rename it, for example to ${proposeName(element, taken)}${other ? `, or rename ${other} if that is the new one` : ""}.`,
  }));
}

/** Returns the names that are taken anywhere in generated code. */
export const namesIn = (flavours: Flavours): Set<string> =>
  new Set(
    [...flavours.values()]
      .flat()
      .flatMap(({ declarations, globals, heirs }) => [
        ...[...declarations, ...heirs.flatMap(({ members }) => members)].map(({ name }) => name),
        ...globals,
      ]),
  );

function findInFlavour(root: string, flavour: string, modules: FileModule[]): Clash[] {
  const globals = new Set(modules.flatMap((module) => [...module.globals]));
  // A flavour whose runtime is not that of the others has a package of its name.
  const folder = existsSync(join(root, flavour)) ? join(root, flavour) : root;
  const inherited = findInherited(
    folder,
    modules.flatMap(({ heirs }) => heirs),
  );
  const inModules = modules.flatMap((module) => {
    const { declarations, syntaxError, repeatedMembers, heirs } = module;
    const elementOf = ({ name, offset }: Name) => findElement(module, offset, [name]);
    const clash = (name: Name, reason: string, others: Name[] = []): Clash => {
      const element = elementOf(name);
      return { element, flavour, reason, other: others.map(elementOf).find((other) => other !== element) };
    };
    const groups = groupBy(declarations, ({ space, name }) => `${space} ${name}`);
    const repeated = [...groups.values()].flatMap((same) => {
      const last = same.findLast(({ isImport }) => !isImport);
      const others = same.filter(({ isImport }) => !isImport);
      return last && same.length > 1 ? [clash(last, `its code has another ${last.name}`, others)] : [];
    });
    const exported = declarations.filter(({ isExported }) => isExported);
    // protobuf-es renames ToolSchema, which it exports for the message Tool, if there is a message ToolSchema.
    const renaming = exported.flatMap((name) => {
      const renamed = exported.filter((other) => other.name === `${name.name}$`);
      const reason = `it would rename the export ${name.name} of another element`;
      return renamed.length > 0 ? [clash(name, reason, renamed)] : [];
    });
    const hidden = exported.filter(({ name }) => globals.has(name));
    const overridden = heirs.flatMap(({ parent, members }) =>
      members
        .filter(({ name }) => inherited.get(parent)?.has(name))
        .map((name) => clash(name, `its code inherits ${name.name} from ${parent}`)),
    );
    return [
      ...repeated,
      ...renaming,
      ...hidden.map((name) => clash(name, `its code uses the ${name.name} of JavaScript or a library`)),
      ...repeatedMembers.map((name) => clash(name, `its code has another ${name.name}`)),
      ...overridden,
      ...(syntaxError ? [clash(syntaxError, `its code would be invalid (${syntaxError.name})`)] : []),
    ];
  });
  return [...inModules, ...findInIndexes(flavour, modules)];
}

/** Finds names that two modules of a package export, so that its index cannot. */
function findInIndexes(flavour: string, modules: FileModule[]): Clash[] {
  const exported = modules.flatMap((module) =>
    module.declarations
      .filter(({ isExported }) => isExported)
      .map((name) => ({ ...name, module, element: findElement(module, name.offset, [name.name]) })),
  );
  const groups = groupBy(exported, ({ module: { path, extension }, space, name }) =>
    [dirname(path), extension, space, name].join(" "),
  );
  return [...groups.values()].flatMap((same) => {
    // The other name is derived: `ToolJson` of the message Tool.
    const last = same.findLast(({ element, name }) => element.name === name) ?? same.at(-1);
    const other = same.find(({ module }) => module.path !== last?.module.path);
    return last && other
      ? [
          {
            element: last.element,
            flavour,
            reason: `the code of ${other.module.file.proto.name} has another ${last.name}`,
            other: other.element,
          },
        ]
      : [];
  });
}

/** Returns the names that heirs cannot give to members, by the name of the class that they inherit from. */
function findInherited(folder: string, heirs: Heir[]): Map<string, Set<string>> {
  const require = createRequire(join(folder, "package.json"));
  return new Map(
    [...groupBy(heirs, ({ parent }) => parent)].map(([parent, same]) => {
      const runtime = loadRuntime(require, same[0]?.source ?? "");
      const members = same.flatMap((heir) => heir.members.map(({ name }) => name));
      const names = namesOf(runtime[parent]);
      return [parent, new Set([...names, ...(names.length > 0 ? findDropped(runtime, members) : [])])];
    }),
  );
}

/** The part of a runtime that is used here: classes, and what grpc-js makes clients with. */
interface Runtime {
  [name: string]: unknown;
  makeGenericClientConstructor?: (
    methods: Record<string, { path: string }>,
    name: string,
  ) => { prototype: Record<string, { path?: string } | undefined> };
}

function loadRuntime(require: NodeJS.Require, name: string): Runtime {
  try {
    return require(name);
  } catch (error) {
    throw cannotRun(`${name} cannot be loaded: ${(error as Error).message}\n  Run: npm ci`);
  }
}

/** Returns the names of the members that a class has, without those of every object. */
function namesOf(parent: unknown): string[] {
  const names: string[] = [];
  let current: unknown = typeof parent === "function" ? parent.prototype : Object.prototype;
  while (current !== Object.prototype && current !== null) {
    names.push(...Object.getOwnPropertyNames(current));
    current = Object.getPrototypeOf(current);
  }
  return names;
}

/** Returns the names that grpc-js gives no method: https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/src/make-client.ts */
function findDropped({ makeGenericClientConstructor: make }: Runtime, names: string[]): string[] {
  const client = make?.(Object.fromEntries(names.map((name) => [name, { path: name }])), "");
  return client ? names.filter((name) => client.prototype[name]?.path !== name) : [];
}

/** Finds names that generated code declares correctly, but that JavaScript or a plugin treats otherwise. */
function findInDescriptors(file: DescFile): Clash[] {
  const fields = [...nestedTypes(file)].flatMap((type) => (type.kind === "message" ? type.fields : []));
  const methods = file.services.flatMap((service) => service.methods);
  return [
    // protobuf-es appends $ to some of them.
    ...fields
      .filter(({ oneof, localName: name }) => !oneof && name.replace("$", "") in Object.prototype)
      .map((element) => ({
        element,
        flavour: "ts-proto",
        reason: "every object inherits this name, so that the field is never unset",
      })),
    ...methods
      .filter(({ localName: name }) => name === "then")
      .map((element) => ({
        element,
        flavour: "any library",
        reason: "await would call it, as a client with it is a thenable",
      })),
    ...fields
      .filter(({ jsonName }) => jsonName === "__proto__" || JSON.stringify(jsonName) !== `"${jsonName}"`)
      .map((element) => ({
        element,
        flavour: "connect-v1",
        reason: "its code would have another json_name",
      })),
  ];
}

/** Returns another name for an element, which is not taken. */
export function proposeName(element: AnyDesc, taken: Set<string>): string {
  const service = element.kind === "rpc" ? element.parent.name.replace(/(Service|Gateway)$/, "") : "";
  const suffixes = {
    ...{ message: ["Data", "Info", "Record"], enum: ["Type", "Kind"], service: ["Service"] },
    ...{ rpc: [service, `${service}Now`], field: ["_value"], oneof: ["_choice"], extension: ["_option"] },
    ...{ enum_value: ["_VALUE"], file: ["_api"] },
  }[element.kind];
  const candidates = suffixes.map((suffix) => `${element.name}${suffix}`);
  return (
    candidates.find(
      (name) => !taken.has(name) && !taken.has(`${name.charAt(0).toLowerCase()}${name.slice(1)}`),
    ) ?? `${candidates[0]}2`
  );
}
