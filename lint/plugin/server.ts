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
import { cannotRun } from "../../scripts/lib/cli/errors.ts";
import {
  Code,
  type Request,
  RequestSchema,
  type Response,
  ResponseSchema,
  SpecSchema,
} from "./gen/pluginrpc/v1/pluginrpc_pb.ts";

/** An error of a procedure with its code. Any other error that a procedure throws is CODE_INTERNAL. */
export class PluginError extends Error {
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}

/** A function for each RPC of a service. */
export type Implementation<Methods extends GenServiceMethods> = {
  [Name in keyof Methods]: (
    request: MessageShape<Methods[Name]["input"]>,
  ) => MessageInitShape<Methods[Name]["output"]>;
};

/**
 * Handles one call: takes a program's arguments and standard input, and returns its standard output.
 *
 * @throws UserError (exit code 2) if the arguments are not those of a call.
 */
export type Plugin = (args: string[], input: () => Promise<Uint8Array>) => Promise<Uint8Array>;

/** Creates a pluginrpc plugin (protocol 1) for a service. An error in a call becomes the error of its response. */
export function createPlugin<Methods extends GenServiceMethods>(
  service: GenService<Methods>,
  implementation: Implementation<Methods>,
): Plugin {
  const procedures = new Map(
    (service as DescService).methods.map((method) => [`/${service.typeName}/${method.name}`, method]),
  );
  const paths = [...procedures.keys()];
  return async (args, input) => {
    const { call, format } = parseArguments(args);
    const codec = codecs(service)[format];
    switch (call) {
      case "--protocol":
        return new TextEncoder().encode("1\n");
      case "--spec":
        return codec.encode(SpecSchema, create(SpecSchema, { procedures: paths.map((path) => ({ path })) }));
    }
    return codec.encode(ResponseSchema, await respond());

    async function respond(): Promise<Response> {
      try {
        const method = procedures.get(call);
        if (method === undefined) {
          throw new PluginError(
            Code.UNIMPLEMENTED,
            `unknown procedure ${call}; known procedures: ${paths.join(", ")}`,
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
          throw new Error(`unknown field ${request.$unknown[0]?.no}`);
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

type Format = "binary" | "json";

function parseArguments(args: string[]): { call: string; format: Format } {
  const [call, option, format = "binary", ...excess] = args;
  const known = option === undefined || option === "--format";
  if (call === undefined || !known || excess.length > 0 || (format !== "binary" && format !== "json")) {
    throw cannotRun(
      `This is a pluginrpc plugin for buf. Invalid arguments: ${args.join(" ") || "none"}
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
    throw new PluginError(Code.INVALID_ARGUMENT, `invalid ${input.typeName}: ${messageOf(error)}`);
  }
  if (message === undefined) {
    throw new PluginError(
      Code.INVALID_ARGUMENT,
      `the request must be a ${input.typeName}, not "${value.typeUrl}"`,
    );
  }
  return message;
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
