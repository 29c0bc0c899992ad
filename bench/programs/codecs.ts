import { pathToFileURL } from "node:url";
import type { DescMessage } from "@bufbuild/protobuf";
import { type Codec, type FlavourName, loadFlavour } from "../../test/support/flavours.js";

/** Every implementation of Protocol Buffers that the bench knows, by its name in the tables. */
export const implementations = {
  "@agynio/api": flavour("es"),
  "@agynio/api/connect-v1": flavour("connect-v1"),
  "@agynio/api/ts-proto": flavour("ts-proto"),
  protobufjs,
  "protobuf-ts": protobufTs,
  "google-protobuf": googleProtobuf,
} satisfies Record<string, Load>;

export type ImplementationName = keyof typeof implementations;

/** Loads the codec of one message. */
type Load = (folder: string, desc: DescMessage) => Promise<Codec>;

function flavour(name: FlavourName): Load {
  return async (folder, desc) => (await loadFlavour(name, folder, [desc])).codec(desc);
}

/** What an implementation exports: namespaces in namespaces, at whose end is what a message is made of. */
interface Namespace {
  [name: string]: Namespace | undefined;
}

// biome-ignore lint/suspicious/noExplicitAny: generated code, which is not there when this is type-checked.
type Generated = any;

/** Imports generated code from the folder that it was generated into. */
async function generated(folder: string, module: string): Promise<Generated> {
  return import(pathToFileURL(`${folder}/${module}`).href);
}

/** What lies under a full name in nested namespaces. */
function lookUp(root: Namespace, typeName: string): Generated {
  const found = typeName.split(".").reduce<Namespace | undefined>((space, name) => space?.[name], root);
  if (found === undefined) {
    throw new Error(`There is no ${typeName}`);
  }
  return found;
}

async function protobufjs(folder: string, { typeName }: DescMessage): Promise<Codec> {
  const type = lookUp(await generated(folder, "contract.js"), typeName);
  // Its nearest to the JSON mapping, of which it lacks the well-known types.
  const options = { longs: String, enums: String, bytes: String };
  return {
    decode: (bytes) => type.decode(bytes),
    encode: (message) => type.encode(message).finish(),
    json: {
      print: (message) => JSON.stringify(type.toObject(message, options)),
      parse: (text) => type.fromObject(JSON.parse(text)),
    },
  };
}

async function protobufTs(folder: string, { file, typeName }: DescMessage): Promise<Codec> {
  const module = await generated(folder, `${file.name}.js`);
  const type = module[typeName.slice(file.proto.package.length + 1).replaceAll(".", "_")];
  return {
    decode: (bytes) => type.fromBinary(bytes),
    encode: (message) => type.toBinary(message),
    json: {
      print: (message) => type.toJsonString(message),
      parse: (text) => type.fromJsonString(text),
    },
  };
}

async function googleProtobuf(folder: string, { file, typeName }: DescMessage): Promise<Codec> {
  const { default: root } = await generated(folder, `${file.name}_pb.cjs`);
  const type = lookUp(root, typeName.slice(file.proto.package.length + 1));
  return {
    decode: (bytes) => type.deserializeBinary(bytes),
    encode: (message) => (message as Generated).serializeBinary(),
  };
}
