import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as protobuf from "@bufbuild/protobuf";
import type { DescFile, DescMessage, Registry } from "@bufbuild/protobuf";

/** Reads and writes the messages of one type, as one flavour of the package does. */
export interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): Uint8Array;
  /** Absent where a flavour has no JSON. */
  json?: { parse(text: string): unknown; print(message: unknown): string };
}

/** A codec's JSON methods. */
export function json({ json }: Codec): NonNullable<Codec["json"]> {
  if (json === undefined) {
    throw new Error("This flavour has no JSON.");
  }
  return json;
}

/** One flavour of the package on its runtime, as it lies in a consumer's node_modules. */
export interface Flavour {
  name: FlavourName;
  /** @throws Error when the flavour does not export the message. */
  codec(desc: DescMessage): Codec;
}

export type FlavourName = keyof typeof loaders;

/** Imports a module by the name that a consumer writes. */
export type Import = <T>(specifier: string) => Promise<T>;

/** A module that resolves and loads for the project that has it in node_modules, with Node.js's own rules. */
const importer = "node_modules/import.mjs";

/** Files, by relative path, that a consumer needs so that `importerOf` can reach into it. */
export const importerFiles = { [importer]: "export default (specifier) => import(specifier);\n" };

/** The version of a runtime that this repository tests with: "@bufbuild/protobuf" of a package.json. */
export function dependency(name: string, manifest = "package.json"): Record<string, string> {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(manifest, "utf8"));
  return { [name]: { ...dependencies, ...devDependencies }[name] };
}

/** What a consumer of each flavour installs beside the package. */
export const runtimes = {
  es: dependency("@bufbuild/protobuf"),
  "connect-v1": dependency("@bufbuild/protobuf", "third_party/connect-v1/package.json"),
  "ts-proto": { ...dependency("@bufbuild/protobuf"), ...dependency("@grpc/grpc-js") },
};

/** Imports as a module of a consumer's would, which has `importerFiles`. */
export async function importerOf(folder: string): Promise<Import> {
  const { default: load } = await import(pathToFileURL(join(folder, importer)).href);
  return load;
}

/** Loads the modules of one flavour that hold the given messages, from a consumer's folder. */
export async function loadFlavour(name: FlavourName, folder: string, descs: DescMessage[]): Promise<Flavour> {
  const codecs = await loaders[name](await importerOf(folder), descs);
  return {
    name,
    codec(desc) {
      const codec = codecs(desc);
      if (codec === undefined) {
        throw new Error(`${name} does not export ${desc.typeName}`);
      }
      return codec;
    },
  };
}

type Codecs = (desc: DescMessage) => Codec | undefined;

const loaders = {
  es: async (load: Import): Promise<Codecs> => {
    const { fromBinary, toBinary, fromJsonString, toJsonString } =
      await load<typeof protobuf>("@bufbuild/protobuf");
    const { registry } = await load<{ registry: Registry }>("@agynio/api/registry");
    return ({ typeName }) => {
      const desc = registry.getMessage(typeName);
      return (
        desc && {
          decode: (bytes) => fromBinary(desc, bytes),
          encode: (message) => toBinary(desc, message as protobuf.Message),
          json: {
            parse: (text) => fromJsonString(desc, text),
            print: (message) => toJsonString(desc, message as protobuf.Message),
          },
        }
      );
    };
  },

  "connect-v1": async (load: Import, descs: DescMessage[]): Promise<Codecs> => {
    const modules = await loadPackages<Message1Type>(load, "connect-v1/", descs);
    const types = new Map(
      modules.flatMap((module) => Object.values(module)).map((type) => [type.typeName, type]),
    );
    return ({ typeName }) => {
      const type = types.get(typeName);
      return (
        type && {
          decode: (bytes) => type.fromBinary(bytes),
          encode: (message) => (message as Message1).toBinary(),
          json: {
            parse: (text) => type.fromJsonString(text),
            print: (message) => (message as Message1).toJsonString(),
          },
        }
      );
    };
  },

  "ts-proto": async (load: Import, descs: DescMessage[]): Promise<Codecs> => {
    const modules = await loadPackages<TsProtoType>(load, "ts-proto/", descs);
    const byPath = new Map(packagePaths(descs).map((path, i) => [path, modules[i]]));
    return (desc) => {
      const name = desc.typeName.slice(desc.file.proto.package.length + 1).replaceAll(".", "_");
      const type = byPath.get(packagePath(desc))?.[name];
      return (
        type && {
          decode: (bytes) => type.decode(bytes),
          encode: (message) => type.encode(message).finish(),
        }
      );
    };
  },
};

/** What is used of protobuf-es 1, whose types cannot be imported beside those of protobuf-es 2. */
interface Message1 {
  toBinary(): Uint8Array;
  toJsonString(): string;
}
interface Message1Type {
  typeName: string;
  fromBinary(bytes: Uint8Array): Message1;
  fromJsonString(text: string): Message1;
}
interface TsProtoType {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}

/** The part of the package's import that names a descriptor's proto package. */
export function packagePath({ file }: { file: DescFile }): string {
  return dirname(file.proto.name).replace(/^agynio\/api\//, "");
}

function packagePaths(descs: DescMessage[]): string[] {
  return [...new Set(descs.map(packagePath))];
}

function loadPackages<T>(load: Import, prefix: string, descs: DescMessage[]) {
  return Promise.all(
    packagePaths(descs).map((path) => load<Record<string, T>>(`@agynio/api/${prefix}${path}`)),
  );
}
