import { dirname } from "node:path";
import type { DescMessage, Message } from "@bufbuild/protobuf";

/** Reads and writes the messages of one type. An implementation without JSON lacks the last two functions. */
export interface Codec {
  fromBinary(bytes: Uint8Array): object;
  toBinary(message: object): Uint8Array;
  toJsonString?(message: object): string;
  fromJsonString?(text: string): object;
}

/** Median times of one call in nanoseconds. */
export type Times = Partial<Record<(typeof operations)[number], number>>;
export const operations = ["decode", "encode", "print JSON", "parse JSON"] as const;

/** Imports a module from the folder of the implementation, which has this program in it. */
export const load = async <T>(specifier: string) => (await import(specifier)) as T;

/** Imports one message type from a module. */
const loadType = async <T>(specifier: string, name: string) =>
  (await load<Record<string, T>>(specifier))[name] as T;

/** The part of the package's import paths that names the proto package of a message. */
const packagePath = ({ file }: DescMessage) => dirname(file.name).replace(/^agynio\/api\//, "");

/** A message type of ts-proto or protobufjs. */
interface StaticType {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
}

const staticCodec = (type: StaticType): Codec => ({
  fromBinary: (bytes) => type.decode(bytes),
  toBinary: (message) => type.encode(message).finish(),
});

/** Loaders of the codec of a message type, by implementation. */
export const codecs: Record<string, (desc: DescMessage) => Promise<Codec>> = {
  async "@agynio/api"(desc) {
    const { fromBinary, toBinary, fromJsonString, toJsonString } =
      await load<typeof import("@bufbuild/protobuf")>("@bufbuild/protobuf");
    const schema = await loadType<DescMessage>(`@agynio/api/${packagePath(desc)}`, `${desc.name}Schema`);
    return {
      fromBinary: (bytes) => fromBinary(schema, bytes),
      toBinary: (message: Message) => toBinary(schema, message),
      toJsonString: (message: Message) => toJsonString(schema, message),
      fromJsonString: (text) => fromJsonString(schema, text),
    };
  },

  async "@agynio/api/connect-v1"(desc) {
    interface MessageV1 {
      toBinary(): Uint8Array;
      toJsonString(): string;
    }
    const type = await loadType<Required<Codec>>(`@agynio/api/connect-v1/${packagePath(desc)}`, desc.name);
    return {
      fromBinary: (bytes) => type.fromBinary(bytes),
      toBinary: (message: MessageV1) => message.toBinary(),
      toJsonString: (message: MessageV1) => message.toJsonString(),
      fromJsonString: (text) => type.fromJsonString(text),
    };
  },

  "@agynio/api/ts-proto": async (desc) =>
    staticCodec(await loadType(`@agynio/api/ts-proto/${packagePath(desc)}`, desc.name)),

  async protobufjs(desc) {
    interface Type extends StaticType {
      toObject(message: object, options: object): object;
      fromObject(value: object): object;
    }
    let type: unknown = await load("./contract.js");
    for (const name of desc.typeName.split(".")) {
      type = (type as Record<string, unknown>)[name];
    }
    const { toObject, fromObject } = type as Type;
    // The options that come nearest to the protobuf JSON mapping.
    const options = { longs: String, enums: String, bytes: String };
    return {
      ...staticCodec(type as Type),
      toJsonString: (message) => JSON.stringify(toObject(message, options)),
      fromJsonString: (text) => fromObject(JSON.parse(text)),
    };
  },

  "protobuf-ts": (desc) => loadType(`./js/${desc.file.name}.js`, desc.name),
};
