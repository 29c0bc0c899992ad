import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type {
  AnyDesc,
  DescEnum,
  DescExtension,
  DescFile,
  DescMessage,
  DescService,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { localName } from "../contract/descriptors.ts";
import { type Module, parseModule } from "./modules.ts";

/** A module that is generated from a .proto file. */
export interface FileModule extends Module {
  file: DescFile;
  extension: string;
}

/** The modules that are generated from the contract's files, by the folder of their flavour. */
export type Flavours = Map<string, FileModule[]>;

/** What plugins append to the name of a .proto file, in the order in which an index exports the modules. */
const suffixes = ["_pb", "_connect", ""];
const extensions = [".ts", ".js", ".d.ts"];

/** Reads the output of the plugins in gen/, or in a folder like it. */
export const readFlavours = (files: DescFile[], gen: string): Flavours =>
  new Map(
    readdirSync(gen).map((flavour) => [
      flavour,
      files.flatMap((file) =>
        suffixes.flatMap((suffix) =>
          extensions.flatMap((extension) => {
            const path = `${file.name}${suffix}${extension}`;
            const absolute = join(gen, flavour, path);
            return existsSync(absolute)
              ? [{ ...parseModule(path, readFileSync(absolute, "utf8")), file, extension }]
              : [];
          }),
        ),
      ),
    ]),
  );

/** Returns the libraries that use a flavour, with the terms of README.md. */
export const describeUse = (flavour: string): string =>
  ({
    es: "Connect 2 (protobuf-es 2)",
    "connect-v1": "Connect 1 (protobuf-es 1)",
    "ts-proto": "grpc-js and nice-grpc (ts-proto)",
  })[flavour] ?? flavour;

/**
 * Returns the element that a place in generated code is generated from: a type or a member of one; else the file.
 *
 * @param names Names at the place, as generated code writes them. The first that a member has counts.
 */
export function findElement({ file, declarations }: FileModule, offset: number, names: string[]): AnyDesc {
  const declared =
    declarations.findLast((declaration) => !declaration.isImport && declaration.offset <= offset)?.name ?? "";
  const types = [...nestedTypes(file)].filter((type) => declared.includes(localName(type)));
  // `OrderServiceClient` is that of OrderService, unless there is a message of this name.
  types.sort((a, b) => localName(b).length - localName(a).length);
  const [member] = names.flatMap((name) =>
    types.flatMap(
      (type) => membersOf(type).findLast((candidate) => normalize(candidate.name) === normalize(name)) ?? [],
    ),
  );
  return member ?? types[0] ?? file;
}

/** Returns the members of a type: of the elements with equal names in generated code, a oneof is last. */
function membersOf(type: DescMessage | DescEnum | DescExtension | DescService): AnyDesc[] {
  switch (type.kind) {
    case "message":
      return [...type.fields, ...type.oneofs];
    case "enum":
      return type.values;
    case "service":
      return type.methods;
    default:
      return [];
  }
}

/** Removes what differs between the name of an element and the names that plugins derive from it. */
const normalize = (name: string) => name.replace(/[_$]/g, "").toLowerCase();
