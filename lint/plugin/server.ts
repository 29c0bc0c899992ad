import {
  create,
  createRegistry,
  type DescMessage,
  type DescMethod,
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
  ResponseSchema,
  SpecSchema,
} from "./gen/pluginrpc/v1/pluginrpc_pb.ts";

/** An error that the caller can fix. Any other error in a call is CODE_INTERNAL. */
export class PluginError extends Error {
  readonly code: Code;

  constructor(message: string, code = Code.INVALID_ARGUMENT) {
    super(message);
    this.code = code;
  }
}

/** Returns the result of a function, and throws a PluginError with the given problem if it fails. */
export function blameCaller<T>(problem: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw new PluginError(`${problem}: ${(error as Error).message}`);
  }
}

/** A function for each RPC of a service. */
type Implementation<Methods extends GenServiceMethods> = {
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
  const methods = new Map(
    (service as DescService).methods.map((method) => [`/${service.typeName}/${method.name}`, method]),
  );
  const paths = [...methods.keys()];
  return async (args, input) => {
    const { call, format } = parseArguments(args);
    const { encode, decode } = codecs(service)[format];
    switch (call) {
      case "--protocol":
        return new TextEncoder().encode("1\n");
      case "--spec":
        return encode(SpecSchema, create(SpecSchema, { procedures: paths.map((path) => ({ path })) }));
    }
    let response: MessageInitShape<typeof ResponseSchema>;
    try {
      const method = methods.get(call);
      if (method === undefined) {
        const message = `unknown procedure ${call}; known procedures: ${paths.join(", ")}`;
        throw new PluginError(message, Code.UNIMPLEMENTED);
      }
      const bytes = await input();
      const problem = `standard input is not a ${format} ${RequestSchema.typeName}`;
      const request = blameCaller(problem, () => decode(RequestSchema, bytes));
      const handle = implementation[method.localName as keyof Methods] as (
        request: unknown,
      ) => MessageInitShape<DescMessage>;
      response = { value: anyPack(method.output, create(method.output, handle(unpack(method, request)))) };
    } catch (error) {
      const code = error instanceof PluginError ? error.code : Code.INTERNAL;
      response = { error: { code, message: (error as Error).message } };
    }
    return encode(ResponseSchema, create(ResponseSchema, response));
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
  const registry = createRegistry(service.file);
  return {
    binary: { encode: toBinary, decode: fromBinary },
    json: {
      encode: (schema, message) => new TextEncoder().encode(toJsonString(schema, message, { registry })),
      decode: (schema, bytes) =>
        fromJsonString(schema, new TextDecoder().decode(bytes) || "{}", { registry }),
    },
  } satisfies Record<Format, { encode: typeof toBinary; decode: typeof fromBinary }>;
}

/** Returns the request of a method, which is empty by default. */
function unpack({ input }: DescMethod, { value, $unknown }: Request): unknown {
  if ($unknown !== undefined) {
    throw new PluginError(`unknown field ${$unknown[0]?.no} of ${RequestSchema.typeName}`);
  }
  if (value === undefined) {
    return create(input);
  }
  const message = blameCaller(`invalid ${input.typeName}`, () => anyUnpack(value, input));
  if (message === undefined) {
    throw new PluginError(`the request must be a ${input.typeName}, not "${value.typeUrl}"`);
  }
  return message;
}
