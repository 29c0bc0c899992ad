// Programs whose exports have no type annotation, so that declaration emit has to name what the package declares.
import type { FlavourName } from "../support/flavours.ts";

/** The imports of a flavour's programs, and expressions of what a module of the flavour exports. */
interface Inference {
  imports: string[];
  /**
   * Returns expressions, none for other values.
   *
   * @param name Name of the exported value in the program.
   */
  infer(value: unknown, name: string): string[];
}

/** The properties of values by which expressions are chosen. */
interface Shape {
  kind?: string;
  typeName?: string;
  method?: Record<string, Record<string, unknown>>;
  methods?: object;
  fromPartial?: unknown;
  fullName?: string;
  service?: object;
}

// An object literal with a spread has the type of every member in its declaration.
const spread = (expression: string) => `({ ...${expression} })`;

const connectImports = [
  `import { createClient, type Transport } from "@connectrpc/connect";`,
  "declare const transport: Transport;",
];

const inferences: Record<FlavourName, Inference> = {
  es: {
    imports: [`import { create, toJson } from "@bufbuild/protobuf";`, ...connectImports],
    infer(value, name) {
      const { kind, method = {} } = value as Shape;
      const message = (desc: unknown, schema: string) => [
        `create(${schema})`,
        spread(`create(${schema})`),
        `toJson(${schema}, create(${schema}))`,
        // The JSON of google's types may be no object.
        ...((desc as Shape).typeName?.startsWith("google.")
          ? []
          : [spread(`toJson(${schema}, create(${schema}))`)]),
      ];
      switch (kind) {
        case "message":
          return message(value, name);
        case "service":
          return [
            `createClient(${name}, transport)`,
            spread(`createClient(${name}, transport)`),
            ...Object.entries(method).flatMap(([rpc, sides]) =>
              ["input", "output"].flatMap((side) => message(sides[side], `${name}.method.${rpc}.${side}`)),
            ),
          ];
        default:
          return [];
      }
    },
  },
  "connect-v1": {
    // TypeScript 5.4 names a package in pnpm's node_modules only if the program imports it.
    imports: [`import "@bufbuild/protobuf";`, ...connectImports],
    infer(value, name) {
      const { typeName, methods } = value as Shape;
      const message = (type: string) => [
        `new ${type}()`,
        spread(`new ${type}()`),
        `(...[init]: ConstructorParameters<typeof ${type}>) => init`,
      ];
      if (typeName === undefined) {
        return [];
      }
      if (methods === undefined) {
        // An extension has a typeName too.
        return typeof value === "function" ? message(name) : [];
      }
      return [
        `createClient(${name}, transport)`,
        spread(`createClient(${name}, transport)`),
        ...Object.keys(methods).flatMap((rpc) =>
          ["I", "O"].flatMap((side) => message(`${name}.methods.${rpc}.${side}`)),
        ),
      ];
    },
  },
  "ts-proto": {
    imports: [
      `import { credentials } from "@grpc/grpc-js";`,
      `import { type Channel, createClient } from "nice-grpc";`,
      "declare const channel: Channel;",
    ],
    infer(value, name) {
      const { fromPartial, service, fullName, methods = {} } = value as Shape;
      const message = (codec: string) => [
        `${codec}.create()`,
        spread(`${codec}.create()`),
        `${codec}.fromPartial`,
      ];
      if (fromPartial !== undefined) {
        return message(name);
      }
      if (service !== undefined) {
        const client = `new ${name}("", credentials.createInsecure())`;
        return [client, spread(client)];
      }
      return fullName === undefined
        ? []
        : [
            `createClient(${name}, channel)`,
            spread(`createClient(${name}, channel)`),
            ...Object.keys(methods).flatMap((rpc) =>
              ["requestType", "responseType"].flatMap((side) => message(`${name}.methods.${rpc}.${side}`)),
            ),
          ];
    },
  },
};

/**
 * Returns a program that exports, with inferred types, what a module exports and what its users create of that: each
 * message with its fields, each client with its RPCs, and the messages of the RPCs.
 *
 * @param module The loaded module.
 */
export function inferredProgram(flavour: FlavourName, specifier: string, module: object): string {
  const { imports, infer } = inferences[flavour];
  const values = Object.entries(module);
  const names = values.map(([name], i) => `${name} as x${i}`).join(", ");
  const expressions = values.flatMap(([, value], i) => [`x${i}`, ...infer(value, `x${i}`)]);
  return [
    ...imports,
    `import { ${names} } from "${specifier}";`,
    ...expressions.map((expression, i) => `export const e${i} = ${expression};`),
    "",
  ].join("\n");
}
