import {
  type AnyDesc,
  createRegistry,
  type DescExtension,
  type DescField,
  type DescFile,
  type FileRegistry,
  isFieldSet,
  type Message,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence, file_google_protobuf_descriptor } from "@bufbuild/protobuf/wkt";
import { commentAt, commentOf, contractFiles, fileOf, typeOf } from "../contract/descriptors.ts";
import type { Kind } from "./model.ts";
import { formatRange, type Reservations } from "./ranges.ts";

/** A package, a file or a declaration, with everything in it that a consumer can see. */
export interface Element {
  kind: Exclude<Kind, "option" | "reserved" | "comment">;
  /** Full name; of a file, its path. */
  name: string;
  package: string;
  /** Path of the file that declares it; of a package, of the first such file. */
  file: string;
  /** The declaration that it is nested in; undefined for packages, files and top-level declarations. */
  parent?: Element;
  children: Element[];
  /** Of a field, extension or value. */
  number?: number;
  /** Its properties by name. Those that are undefined do not apply to it. */
  attributes: Record<string, string | undefined>;
  /** Options that are not at their default, except `deprecated`. */
  options: Record<string, string>;
  deprecated: boolean;
  reserved?: Reservations;
  /** Without comment markers and line breaks; "" if there is none. */
  comment: string;
  /** Undefined for packages. */
  desc?: AnyDesc;
}

/** A contract as a tree of elements. */
export interface Contract {
  registry: FileRegistry;
  files: DescFile[];
  /** Packages, files and top-level declarations, in the order of their declaration. */
  elements: Element[];
}

/** Returns the elements of a contract. */
export function readElements(registry: FileRegistry): Contract {
  const files = contractFiles(registry);
  // The first file of each package.
  const packages = new Map(files.toReversed().map((file) => [file.proto.package, file]));
  const declarations = files.flatMap((file) => [
    file,
    ...file.services,
    ...file.enums,
    ...file.messages,
    ...file.extensions,
  ]);
  return {
    registry,
    files,
    elements: [
      ...[...packages].map(([name, file]) => packageElement(name, file)),
      ...declarations.map((desc) => readElement(desc, registry)),
    ],
  };
}

const packageElement = (name: string, file: DescFile): Element => ({
  kind: "package",
  name,
  package: name,
  file: file.proto.name,
  children: [],
  attributes: {},
  options: {},
  deprecated: false,
  comment: "",
});

function readElement(desc: AnyDesc, registry: Registry): Element {
  const file = fileOf(desc);
  const element: Element = {
    kind: desc.kind === "enum_value" ? "value" : desc.kind,
    name: nameOf(desc),
    package: file.proto.package,
    file: file.proto.name,
    children: childrenOf(desc).map((child) => readElement(child, registry)),
    number: "number" in desc ? desc.number : undefined,
    attributes: attributesOf(desc),
    options: optionsOf(desc, registry),
    deprecated: desc.deprecated,
    reserved: reservationsOf(desc),
    comment: desc.kind === "file" ? fileComment(desc) : commentOf(desc),
    desc,
  };
  for (const child of element.children) {
    child.parent = element;
  }
  return element;
}

function nameOf(desc: AnyDesc): string {
  if (desc.kind === "file") {
    return desc.proto.name;
  }
  return "typeName" in desc ? desc.typeName : `${desc.parent.typeName}.${desc.name}`;
}

function childrenOf(desc: AnyDesc): AnyDesc[] {
  switch (desc.kind) {
    case "service":
      return desc.methods;
    case "enum":
      return desc.values;
    case "message":
      // protobuf-es leaves out the oneofs of proto3's optional fields, and the entry messages of maps.
      return [
        ...desc.fields,
        ...desc.oneofs,
        ...desc.nestedMessages,
        ...desc.nestedEnums,
        ...desc.nestedExtensions,
      ];
    default:
      return [];
  }
}

function attributesOf(desc: AnyDesc): Element["attributes"] {
  switch (desc.kind) {
    case "file": {
      const { syntax, dependency, publicDependency } = desc.proto;
      return {
        syntax: syntax === "editions" ? `edition ${desc.edition}` : syntax || "proto2",
        "public imports": listOrNone(publicDependency.map((index) => dependency[index]).sort()),
      };
    }
    case "service":
      return { file: desc.file.proto.name };
    case "rpc":
      return {
        request: `${desc.proto.clientStreaming ? "stream " : ""}${desc.input.typeName}`,
        response: `${desc.proto.serverStreaming ? "stream " : ""}${desc.output.typeName}`,
      };
    case "enum":
      return {
        file: desc.parent ? undefined : desc.file.proto.name,
        // A closed enum rejects numbers that it does not declare.
        type: desc.open ? "open" : "closed",
      };
    case "message":
      return {
        file: desc.parent ? undefined : desc.file.proto.name,
        extensions: listOrNone(
          desc.proto.extensionRange.map(({ start, end }) => formatRange([start, end - 1])),
        ),
      };
    case "field":
      return fieldAttributes(desc);
    case "extension":
      return { ...fieldAttributes(desc), extends: desc.extendee.typeName };
    default:
      return {};
  }
}

const listOrNone = (items: unknown[]) => items.join(", ") || undefined;

function fieldAttributes(desc: DescField | DescExtension): Element["attributes"] {
  // An extension differs from a field only in its parent.
  const field = desc as DescField;
  return {
    type: typeOf(field),
    presence: presenceOf(field),
    oneof: field.oneof?.name,
    default: field.proto.defaultValue || undefined,
    json_name: field.jsonName,
    packed: field.fieldKind === "list" ? `${field.packed}` : undefined,
    encoding: "delimitedEncoding" in field && field.delimitedEncoding ? "delimited" : undefined,
  };
}

/** Returns the presence of a scalar or enum field; undefined for fields whose type determines it. */
function presenceOf(field: DescField): string | undefined {
  if (field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) {
    return "required";
  }
  if (field.oneof || field.message || field.fieldKind === "list" || field.fieldKind === "map") {
    return undefined;
  }
  return field.presence === FeatureSet_FieldPresence.EXPLICIT ? "optional" : "implicit";
}

function reservationsOf(desc: AnyDesc): Reservations | undefined {
  if (desc.kind !== "message" && desc.kind !== "enum") {
    return undefined;
  }
  const { reservedRange, reservedName } = desc.proto;
  // The range of a message excludes its end.
  const excluded = desc.kind === "message" ? 1 : 0;
  return {
    numbers: reservedRange.map(({ start, end }) => [start, end - excluded]),
    names: [...reservedName],
  };
}

/** Returns the comments of a file's syntax, edition and package. */
const fileComment = (file: DescFile) =>
  [12, 14, 2]
    .map((part) => commentAt(file, [part]))
    .filter((text) => text !== "")
    .join(" ");

const optionTypes = createRegistry(file_google_protobuf_descriptor);

/** Options that are compared as properties, or that only the compiler uses. */
const notCompared = ["deprecated", "packed", "map_entry", "uninterpreted_option"];

function optionsOf({ proto }: AnyDesc, registry: Registry): Record<string, string> {
  const options = proto.options as Message | undefined;
  const schema = options && optionTypes.getMessage(options.$typeName);
  if (!options || !schema) {
    return {};
  }
  const omitted = new Set(notCompared);
  for (const field of schema.fields) {
    const value = (options as unknown as Record<string, unknown>)[field.localName];
    if (isFieldSet(options, field) && value === defaultOf(field)) {
      omitted.add(field.name);
    }
  }
  const json = toJson(schema, options, { registry, useProtoFieldName: true });
  return Object.fromEntries(
    Object.entries(json as Record<string, unknown>)
      .filter(([name]) => !omitted.has(name))
      .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** Returns the value that a boolean or enum option has if it is not set. */
function defaultOf(field: DescField): unknown {
  switch (field.fieldKind) {
    case "scalar":
      return field.getDefaultValue() ?? false;
    case "enum":
      return field.getDefaultValue() ?? field.enum.values[0]?.number;
    default:
      return undefined;
  }
}
