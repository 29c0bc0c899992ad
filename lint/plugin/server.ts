import { buffer } from "node:stream/consumers";
import {
  create,
  createRegistry,
  type DescMessage,
  type DescMethodUnary,
  type DescService,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import type { GenService, GenServiceMethods } from "@bufbuild/protobuf/codegenv2";
import { anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  Code,
  type Request,
  RequestSchema,
  type Response,
  ResponseSchema,
  SpecSchema,
} from "./gen/pluginrpc/v1/pluginrpc_pb.js";

/** What a procedure throws to answer with an error of its choosing; anything else it throws is CODE_INTERNAL. */
export class PluginError extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}

/** The program was started with arguments to which the protocol has no answer. */
export class UsageError extends Error {}

/** A function for each RPC of a service. */
export type Implementation<Methods extends GenServiceMethods> = {
  [Name in keyof Methods]: (
    request: MessageShape<Methods[Name]["input"]>,
  ) => MessageInitShape<Methods[Name]["output"]>;
};

/** Answers one call: the program's arguments and its standard input in, its standard output out. */
export type Plugin = (args: string[], input: () => Promise<Uint8Array>) => Promise<Uint8Array>;

/**
 * Makes a pluginrpc plugin (protocol 1) of a service. Whatever goes wrong inside a call is an answer with
 * an error that names the cause.
 *
 * @throws UsageError from the plugin, when there is no call to answer.
 */
export function createPlugin<Methods extends GenServiceMethods>(
  service: GenService<Methods>,
  implementation: Implementation<Methods>,
): Plugin {
  const procedures = new Map(
    (service as DescService).methods.map((method) => [`/${service.typeName}/${method.name}`, method]),
  );
  return async (args, input) => {
    const { call, format } = parse(args);
    const codec = codecs(service)[format];
    switch (call) {
      case "--protocol":
        return new TextEncoder().encode("1\n");
      case "--spec":
        return codec.encode(
          SpecSchema,
          create(SpecSchema, { procedures: [...procedures.keys()].map((path) => ({ path })) }),
        );
    }
    return codec.encode(ResponseSchema, await respond());

    async function respond(): Promise<Response> {
      try {
        const method = procedures.get(call);
        if (method === undefined) {
          throw new PluginError(
            Code.UNIMPLEMENTED,
            `there is no procedure ${call}; there are ${[...procedures.keys()].join(", ")}`,
          );
        }
        const request = unpack(method as DescMethodUnary, decode(await input()));
        const handle = implementation[method.localName as keyof Methods] as (
          request: unknown,
        ) => MessageInitShape<DescMessage>;
        return create(ResponseSchema, {
          value: anyPack(method.output, create(method.output, handle(request))),
        });
      } catch (error) {
        const code = error instanceof PluginError ? error.code : Code.INTERNAL;
        return create(ResponseSchema, { error: { code, message: messageOf(error) } });
      }
    }

    function decode(bytes: Uint8Array): Request {
      try {
        const request = codec.decode(RequestSchema, bytes);
        if (request.$unknown !== undefined) {
          throw new Error(`it has a field ${request.$unknown[0]?.no}`);
        }
        return request;
      } catch (error) {
        throw new PluginError(
          Code.INVALID_ARGUMENT,
          `standard input is not a ${format} ${RequestSchema.typeName}: ${messageOf(error)}`,
        );
      }
    }
  };
}

/** Runs a plugin as this process: its arguments, its standard input and output. */
export async function runPlugin(plugin: Plugin): Promise<void> {
  try {
    // A terminal never ends its input; a person who tries the plugin there means to send none.
    const input = async () => (process.stdin.isTTY ? new Uint8Array() : buffer(process.stdin));
    process.stdout.write(await plugin(process.argv.slice(2), input));
  } catch (error) {
    if (!(error instanceof UsageError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = 2;
  }
}

type Format = "binary" | "json";

function parse(args: string[]): { call: string; format: Format } {
  const [call, option, format = "binary", ...rest] = args;
  const known = option === undefined || option === "--format";
  if (call === undefined || !known || rest.length > 0 || (format !== "binary" && format !== "json")) {
    throw new UsageError(
      `This is a pluginrpc plugin, which buf starts. It does not understand: ${args.join(" ") || "no arguments"}
  Usage: --protocol | --spec [--format binary|json] | /package.Service/Method [--format binary|json]`,
    );
  }
  return { call, format };
}

function codecs(service: DescService) {
  // The types that Any can hold in JSON.
  const options = () => ({ registry: createRegistry(service.file) });
  return {
    binary: { encode: toBinary, decode: fromBinary },
    json: {
      encode: (schema, message) => new TextEncoder().encode(toJsonString(schema, message, options())),
      decode: (schema, bytes) =>
        bytes.length === 0
          ? create(schema)
          : fromJsonString(schema, new TextDecoder().decode(bytes), options()),
    },
  } satisfies Record<Format, { encode: typeof toBinary; decode: typeof fromBinary }>;
}

function unpack({ input }: DescMethodUnary, { value }: Request): unknown {
  if (value === undefined) {
    return create(input);
  }
  let message: unknown;
  try {
    message = anyUnpack(value, input);
  } catch (error) {
    throw new PluginError(
      Code.INVALID_ARGUMENT,
      `the request is a broken ${input.typeName}: ${messageOf(error)}`,
    );
  }
  if (message === undefined) {
    throw new PluginError(
      Code.INVALID_ARGUMENT,
      `the request is a "${value.typeUrl}", not a ${input.typeName}`,
    );
  }
  return message;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
