import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type DescMessage,
  type DescService,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import type { GenMessage } from "@bufbuild/protobuf/codegenv2";
import { localName } from "../../scripts/lib/contract/descriptors.ts";
import { packagePath, packages } from "./contract.ts";
import { importer } from "./dependencies.ts";

/** Decodes and encodes the messages of one type with one flavour of the package. */
export interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): Uint8Array;
  /** Absent for ts-proto, which has no JSON. */
  json?: { parse(text: string): unknown; print(message: unknown): string };
}

/** One flavour of the packed package with its runtime. */
export interface Flavour {
  name: FlavourName;
  /** Imports a module as a consumer of the flavour does. */
  load: Import;
  /**
   * Returns what the package exports for a message or service.
   *
   * @param suffix What the flavour adds to the name: `Schema`.
   * @throws Error if the package does not export it.
   */
  exported<T>(desc: DescMessage | DescService, suffix?: string): T;
  codec(desc: DescMessage): Codec;
}

/** The flavours, with the prefixes of their import specifiers. */
const prefixes = { es: "", "connect-v1": "connect-v1/", "ts-proto": "ts-proto/" };

export type FlavourName = keyof typeof prefixes;
export const flavourNames = Object.keys(prefixes) as FlavourName[];

/** Folders that have the package and the runtime of each flavour in node_modules. */
export type FlavourFolders = Record<FlavourName, string>;
export type Flavours = Record<FlavourName, Flavour>;

type Import = <T>(specifier: string) => Promise<T>;

/** Loads every package of every flavour. */
export async function loadFlavours(folders: FlavourFolders): Promise<Flavours> {
  const loaded = flavourNames.map(async (name) => [name, await loadFlavour(name, folders[name])] as const);
  return Object.fromEntries(await Promise.all(loaded)) as Flavours;
}

async function loadFlavour(name: FlavourName, folder: string): Promise<Flavour> {
  const { default: load }: { default: Import } = await import(pathToFileURL(join(folder, importer)).href);
  const modules = new Map(
    await Promise.all(
      [...packages.keys()].map(
        async (path) =>
          [path, await load<Record<string, unknown>>(`@agynio/api/${prefixes[name]}${path}`)] as const,
      ),
    ),
  );
  const exported: Flavour["exported"] = <T>(desc: DescMessage | DescService, suffix = "") => {
    const module = modules.get(packagePath(desc.file)) ?? {};
    // Plugins change names of JavaScript: protobuf-es 1 exports Object$, ts-proto DateMessage.
    const names = ["", "$", "Message"].map((ending) => `${localName(desc)}${ending}${suffix}`);
    const value = names.map((exportName) => module[exportName]).find((found) => found !== undefined);
    if (value === undefined) {
      throw new Error(`${name} does not export ${desc.typeName} as ${localName(desc)}${suffix}`);
    }
    return value as T;
  };
  return { name, load, exported, codec: (desc) => codecs[name](desc, exported) };
}

/** Creates a codec of each flavour from what its generated code exports. */
export const codecs: Record<FlavourName, (desc: DescMessage, exported: Flavour["exported"]) => Codec> = {
  es(desc, exported) {
    const schema = exported<GenMessage<Message>>(desc, "Schema");
    return {
      decode: (bytes) => fromBinary(schema, bytes),
      encode: (message) => toBinary(schema, message as Message),
      json: {
        parse: (text) => fromJsonString(schema, text),
        print: (message) => toJsonString(schema, message as Message),
      },
    };
  },
  "connect-v1"(desc, exported) {
    const type = exported<Message1Type>(desc);
    return {
      decode: (bytes) => type.fromBinary(bytes),
      encode: (message) => (message as Message1).toBinary(),
      json: {
        parse: (text) => type.fromJsonString(text),
        print: (message) => (message as Message1).toJsonString(),
      },
    };
  },
  "ts-proto"(desc, exported) {
    const type = exported<TsProtoType>(desc);
    return { decode: (bytes) => type.decode(bytes), encode: (message) => type.encode(message).finish() };
  },
};

/** The used parts of protobuf-es 1, whose types conflict with those of protobuf-es 2. */
interface Message1 {
  toBinary(): Uint8Array;
  toJsonString(): string;
}
interface Message1Type {
  fromBinary(bytes: Uint8Array): Message1;
  fromJsonString(text: string): Message1;
}
interface TsProtoType {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}
