// Queries of descriptors that several tools share.
import type {
  AnyDesc,
  DescEnum,
  DescExtension,
  DescField,
  DescFile,
  DescMessage,
  DescService,
  FileRegistry,
  Message,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import * as wkt from "@bufbuild/protobuf/wkt";
import {
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  type SourceCodeInfo_Location,
} from "@bufbuild/protobuf/wkt";
import { groupBy } from "../cli/collections.ts";
import { documentationIn, markdownIn } from "./comments.ts";

/** The files of google/protobuf that runtimes include, by import path. */
export const googleFiles = new Map(
  Object.values(wkt)
    .filter((value) => "kind" in value && value.kind === "file")
    .map((file) => [file.proto.name, file]),
);

/** Folder of stubs, which stand for imports that an image lacks. */
export const stubFolder = "(missing imports)/";

/**
 * Returns whether a file, by its import path, is not part of the contract that imports it: one of google/protobuf, which
 * every runtime includes, or a stub.
 */
export const isGoogleFile = (name: string) => googleFiles.has(name) || name.startsWith(stubFolder);

/**
 * Returns whether a file of an image is not part of the contract: a stub, or a file that it only imports. buf marks imports
 * by is_import, field 1 of the extension 8042 of a file:
 * https://github.com/bufbuild/buf/blob/main/proto/buf/alpha/image/v1/image.proto. In other images, the files of
 * google/protobuf are imports.
 */
export function isImport({ proto }: DescFile): boolean {
  const mark = proto.$unknown?.find(({ no }) => no === 8042)?.data;
  // The data begins with its length.
  return mark ? mark[1] === 0x08 && mark[2] === 1 : isGoogleFile(proto.name);
}

/** Returns the files of the contract, sorted by path: all but imports. */
export function contractFiles(registry: FileRegistry): DescFile[] {
  return [...registry.files].filter((file) => !isImport(file)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Returns the messages of the contract, nested ones included, by file and in the order of declaration. */
export const contractMessages = (registry: FileRegistry): DescMessage[] =>
  contractFiles(registry).flatMap((file) => [...nestedTypes(file)].filter((type) => type.kind === "message"));

/** Returns the services of the contract. */
export const contractServices = (registry: FileRegistry): DescService[] =>
  contractFiles(registry).flatMap(({ services }) => services);

/** Returns one line with the size of the contract. */
export function summarizeContract(registry: FileRegistry): string {
  const services = contractServices(registry);
  const rpcs = services.flatMap((service) => service.methods);
  return `${services.length} services, ${rpcs.length} RPCs, ${contractMessages(registry).length} messages`;
}

/** Returns whether a file is in the package of the gateway, in any version. */
export const isInGateway = (file: DescFile): boolean => /(^|\.)gateway\.v\d+\w*$/.test(file.proto.package);

/** Returns the last part of a full name. */
export const shortName = (name: string) => name.slice(name.lastIndexOf(".") + 1);

/** Returns the type of a field as a .proto file writes it. */
export function typeOf(field: DescField | DescExtension): string {
  switch (field.fieldKind) {
    case "list":
      return `repeated ${elementType(field)}`;
    case "map":
      return `map<${scalarName(field.mapKey)}, ${elementType(field)}>`;
    default:
      return elementType(field);
  }
}

/** Returns the type of a field's value, or of each of its values if it is repeated or a map. */
export function elementType({ message, enum: enumeration, scalar }: DescField | DescExtension): string {
  return message?.typeName ?? enumeration?.typeName ?? scalarName(scalar as number);
}

// ScalarType has the numbers of google.protobuf.FieldDescriptorProto.Type.
const scalarName = (type: number) => FieldDescriptorProto_Type[type]?.toLowerCase() ?? `${type}`;

/** Returns the top-level message or enum that a type is or is nested in. */
export function outermostType<T extends DescMessage | DescEnum>(type: T): T | DescMessage {
  return type.parent ? outermostType(type.parent) : type;
}

/** Returns a message and all messages nested in it. */
export const withNestedMessages = (message: DescMessage): DescMessage[] => [
  message,
  ...message.nestedMessages.flatMap(withNestedMessages),
];

/** Returns types, the types of their fields, and so on, by full name. */
export function reachableTypes(types: (DescMessage | DescEnum)[]): Map<string, DescMessage | DescEnum> {
  const found = new Map<string, DescMessage | DescEnum>();
  const pending = [...types];
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (!found.has(type.typeName)) {
      found.set(type.typeName, type);
      if (type.kind === "message") {
        pending.push(...type.fields.flatMap((field) => field.message ?? field.enum ?? []));
      }
    }
  }
  return found;
}

/** Returns the file that declares an element. */
export const fileOf = (element: AnyDesc): DescFile =>
  element.kind === "file" ? element : "file" in element ? element.file : element.parent.file;

/** Returns the declarations in a file or a declaration, without those that are nested in them. */
export function childrenOf(element: AnyDesc): AnyDesc[] {
  switch (element.kind) {
    case "file":
      return [...element.services, ...element.enums, ...element.messages, ...element.extensions];
    case "service":
      return element.methods;
    case "enum":
      return element.values;
    case "message": {
      // protobuf-es leaves out the oneofs of proto3's optional fields, and the entry messages of maps.
      const { fields, oneofs, nestedMessages, nestedEnums, nestedExtensions } = element;
      return [...fields, ...oneofs, ...nestedMessages, ...nestedEnums, ...nestedExtensions];
    }
    default:
      return [];
  }
}

/** Returns everything that a file or a declaration holds. */
const descendantsOf = (element: AnyDesc): AnyDesc[] =>
  childrenOf(element).flatMap((child) => [child, ...descendantsOf(child)]);

const byNumber = new WeakMap<object, Map<number, { number: number }[]>>();

/** Returns the fields of a message, or the values of an enum, that have a number, in the order of declaration. */
export function withNumber<T extends { number: number }>(declarations: T[], number: number): T[] {
  const groups =
    (byNumber.get(declarations) as Map<number, T[]>) ?? groupBy(declarations, (item) => item.number);
  byNumber.set(declarations, groups);
  return groups.get(number) ?? [];
}

/** The lists of declarations in those of descriptor.proto, with their field numbers. */
const declarationLists: Partial<Record<string, Record<string, number>>> = {
  FileDescriptorProto: { messageType: 4, enumType: 5, service: 6, extension: 7 },
  DescriptorProto: { field: 2, nestedType: 3, enumType: 4, extension: 6, oneofDecl: 8 },
  EnumDescriptorProto: { value: 2 },
  ServiceDescriptorProto: { method: 2 },
};

/** The source info of a file, by declaration. */
interface SourceIndex {
  /** Source paths by descriptor. */
  paths: Map<object, number[]>;
  /** Locations of the file's statements and of declarations by source path, joined by commas. */
  locations: Map<string, SourceCodeInfo_Location>;
}

const indexes = new WeakMap<FileDescriptorProto, SourceIndex>();

/**
 * Returns the path of an element in its file, as google.protobuf.SourceCodeInfo.Location.path defines it: field
 * numbers of descriptor.proto, alternating with indexes.
 */
export const sourcePathOf = (element: AnyDesc): number[] =>
  indexOf(fileOf(element).proto).paths.get(element.proto) ?? [];

/** Returns the documentation in the comments before and after an element as one line; empty if there is none. */
export const commentOf = (element: AnyDesc): string =>
  joinDocumentation(commentsAt(fileOf(element), sourcePathOf(element)));

/** Returns the comments before and after the element at a source path, as they are. */
export function commentsAt(file: DescFile, path: number[]): string[] {
  const location = indexOf(file.proto).locations.get(path.join());
  return location ? [location.leadingComments, location.trailingComments] : [];
}

/** Returns the documentation in the comments before and after an element as Markdown; empty if there is none. */
export const markdownOf = (element: AnyDesc): string =>
  commentsAt(fileOf(element), sourcePathOf(element))
    .map(markdownIn)
    .filter((text) => text !== "")
    .join("\n\n");

/** Returns the documentation in several comments as one line. */
export const joinDocumentation = (comments: string[]): string =>
  comments
    .map(documentationIn)
    .filter((text) => text !== "")
    .join(" ");

/** A place in a file. Lines and columns count from 1. */
export interface Place {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

/**
 * Returns where an element is declared; 1:1 if the image has no source info.
 *
 * @param path Default: the element's source path.
 */
export function placeOf(element: AnyDesc, path = sourcePathOf(element)): Place {
  const { locations } = indexOf(fileOf(element).proto);
  const [line = 0, column = 0, ...end] = locations.get(path.join())?.span ?? [];
  // A span within one line leaves out its last line.
  const [endLine = line, endColumn = column] = end.length === 1 ? [line, ...end] : end;
  return { line: line + 1, column: column + 1, endLine: endLine + 1, endColumn: endColumn + 1 };
}

/** Elements of a file by the spans of their parts in its source info, joined by commas. */
const elementsBySpan = new WeakMap<DescFile, Map<string, AnyDesc[]>>();

/**
 * Returns the innermost element that is or contains what an image's source info has at a place; else the file.
 *
 * @param holder Name of the message, enum or service that the element is or belongs to, if it is known: a group is a
 *   field and a message at one place.
 */
export function elementAt(
  file: DescFile,
  { line, column, endLine, endColumn }: Place,
  holder?: string,
): AnyDesc {
  const end = endLine === line ? [endColumn - 1] : [endLine - 1, endColumn - 1];
  const index = elementsBySpan.get(file) ?? indexSpans(file);
  elementsBySpan.set(file, index);
  const elements = index.get([line - 1, column - 1, ...end].join()) ?? [];
  return elements.find((element) => holderOf(element)?.name === holder) ?? elements.at(-1) ?? file;
}

/** Returns the message, enum or service that an element is or belongs to. */
export function holderOf(element: AnyDesc): DescMessage | DescEnum | DescService | undefined {
  switch (element.kind) {
    case "message":
    case "enum":
    case "service":
      return element;
    case "file":
    case "extension":
      return undefined;
    default:
      return element.parent;
  }
}

function indexSpans(file: DescFile): Map<string, AnyDesc[]> {
  const elements = new Map(descendantsOf(file).map((element) => [sourcePathOf(element).join(), element]));
  // A source path begins with those of the elements around it, which have an even number of parts.
  const innermost = (path: number[]): AnyDesc | undefined => {
    const element = elements.get(path.join());
    return element ?? (path.length > 1 ? innermost(path.slice(0, (path.length - 1) & ~1)) : undefined);
  };
  const locations = (file.proto.sourceCodeInfo?.location ?? []).toSorted(
    (a, b) => a.path.length - b.path.length,
  );
  const index = new Map<string, AnyDesc[]>();
  for (const { path, span } of locations) {
    const element = innermost(path);
    const key = span.join();
    if (element) {
      const found = index.get(key);
      found ? found.push(element) : index.set(key, [element]);
    }
  }
  return index;
}

/** Returns the name of a type, extension or service without its package: "Order.Line". */
export const nameInPackage = ({
  typeName,
  file,
}: DescMessage | DescEnum | DescExtension | DescService): string =>
  file.proto.package === "" ? typeName : typeName.slice(file.proto.package.length + 1);

/** Returns the name that generated code derives from that of a type: `Span_Link`. */
export const localName = (type: Parameters<typeof nameInPackage>[0]): string =>
  nameInPackage(type).replaceAll(".", "_");

function indexOf(file: FileDescriptorProto): SourceIndex {
  let index = indexes.get(file);
  if (index === undefined) {
    const locations = (file.sourceCodeInfo?.location ?? [])
      // The path of a declaration alternates numbers and indexes. Four of five locations are of parts of declarations.
      .filter(({ path }) => path.length === 1 || path.length % 2 === 0)
      // Extensions have several locations with one path, of which the first is that of the declaration.
      .reverse();
    index = {
      paths: new Map(pathsIn(file, [])),
      locations: new Map(locations.map((location) => [location.path.join(), location])),
    };
    indexes.set(file, index);
  }
  return index;
}

/** Yields a declaration and those in it, with their source paths. */
function* pathsIn(declaration: Message, path: number[]): Generator<[declaration: object, path: number[]]> {
  yield [declaration, path];
  const lists = declarationLists[shortName(declaration.$typeName)] ?? {};
  for (const [list, number] of Object.entries(lists)) {
    for (const [index, child] of (declaration as unknown as Record<string, Message[]>)[list]?.entries() ??
      []) {
      yield* pathsIn(child, [...path, number, index]);
    }
  }
}
