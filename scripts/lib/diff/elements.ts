import {
  type AnyDesc,
  create,
  createRegistry,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type FileRegistry,
  isFieldSet,
  type Message,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import {
  Edition,
  FeatureSet_FieldPresence,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldOptions_CType,
  FieldOptionsSchema,
  file_google_protobuf_descriptor,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { groupBy } from "../cli/collections.ts";
import {
  childrenOf,
  commentsAt,
  contractFiles,
  fileOf,
  joinDocumentation,
  sourcePathOf,
  typeOf,
} from "../contract/descriptors.ts";
import { type Features, featuresOf, inheritFeatures, otherFeatures } from "./features.ts";
import type { Contents, Kind } from "./model.ts";
import { formatRanges, type Reservations } from "./ranges.ts";

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
  /** Of a package, file or oneof: the parts that its entry lists. */
  contents?: Contents;
  /** Their text in the source. */
  comments: string[];
  /** The documentation in the comments as one line; "" if there is none. Read only of what changed, as it takes time. */
  readonly comment: string;
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
  const elements = files.flatMap((file) => readFile(file, registry));
  const byPackage = groupBy(elements, (element) => element.package);
  const packages = [...byPackage].map(([name, members]) => describePackage(name, members));
  return { registry, files, elements: [...packages, ...elements] };
}

/** Returns the elements of a file and of its top-level declarations. */
function readFile(file: DescFile, registry: Registry): Element[] {
  const ofEdition = featuresOf(file);
  const features = inheritFeatures(ofEdition, optionsOf(file, registry).features);
  const declarations = childrenOf(file).map((desc) => readElement(desc, registry, features));
  const element = readElement(file, registry, ofEdition);
  element.contents = countDeclarations(declarations);
  return [element, ...declarations];
}

const describePackage = (name: string, elements: Element[]): Element => ({
  kind: "package",
  name,
  package: name,
  file: elements[0]?.file ?? "",
  children: [],
  attributes: {},
  options: {},
  deprecated: false,
  contents: countDeclarations(elements.filter(({ kind }) => kind !== "file")),
  comments: [],
  comment: "",
});

/** Returns the number of declarations of each kind, and of the RPCs of services. */
export function countDeclarations(declarations: Element[]): Contents {
  const rpcs = declarations.flatMap(({ kind, children }) => (kind === "service" ? children : []));
  const byKind = groupBy([...declarations, ...rpcs], ({ kind }) => kind);
  return { counts: Object.fromEntries([...byKind].map(([kind, members]) => [kind, members.length])) };
}

/** Returns an element and all that it holds. */
export const withDescendants = (element: Element): Element[] => [
  element,
  ...element.children.flatMap(withDescendants),
];

/** Returns an element and the declarations that it is nested in, the innermost first. */
export const withOuter = (element: Element): Element[] => [
  element,
  ...(element.parent ? withOuter(element.parent) : []),
];

/** @param inherited The features of what holds the declaration. */
function readElement(desc: AnyDesc, registry: Registry, inherited: Features): Element {
  const file = fileOf(desc);
  const { options, features: ownFeatures } = optionsOf(desc, registry);
  const features = inheritFeatures(inherited, ownFeatures);
  const element: Element = {
    kind: desc.kind === "enum_value" ? "value" : desc.kind,
    name: nameOf(desc),
    package: file.proto.package,
    file: file.proto.name,
    children: (desc.kind === "file" ? [] : childrenOf(desc)).map((child) =>
      readElement(child, registry, features),
    ),
    number: "number" in desc ? desc.number : undefined,
    attributes: attributesOf(desc, features),
    options,
    deprecated: desc.deprecated,
    reserved: reservationsOf(desc),
    contents: desc.kind === "oneof" ? { members: desc.fields.map(({ name }) => name) } : undefined,
    comments: desc.kind === "file" ? fileComments(desc) : commentsAt(file, sourcePathOf(desc)),
    get comment() {
      return joinDocumentation(this.comments);
    },
    desc,
  };
  for (const child of element.children) {
    child.parent = element;
  }
  return element;
}

/** Returns the type of a field as a .proto file writes it, with `optional` or `required`. */
export function labeledTypeOf(field: DescField | DescExtension): string {
  const { proto, oneof, presence } = field;
  const type = typeOf(field);
  // Editions have a feature in place of the label.
  if (presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) {
    return `required ${type}`;
  }
  // proto2 has no fields without a label, except those of oneofs and maps. Editions have no labels but `repeated`.
  const isOptional = proto.label === FieldDescriptorProto_Label.OPTIONAL && oneof === undefined;
  const isProto2 = fileOf(field).edition === Edition.EDITION_PROTO2;
  return proto.proto3Optional || (isProto2 && isOptional) ? `optional ${type}` : type;
}

function nameOf(desc: AnyDesc): string {
  if (desc.kind === "file") {
    return desc.proto.name;
  }
  return "typeName" in desc ? desc.typeName : `${desc.parent.typeName}.${desc.name}`;
}

function attributesOf(desc: AnyDesc, features: Features): Element["attributes"] {
  switch (desc.kind) {
    case "file": {
      const { syntax, edition, dependency, publicDependency } = desc.proto;
      return {
        package: desc.proto.package || undefined,
        syntax: syntax === "editions" ? editionName(edition) : syntax || "proto2",
        "public imports":
          publicDependency
            .map((index) => dependency[index])
            .sort()
            .join(", ") || undefined,
      };
    }
    case "service":
      return { file: desc.file.proto.name };
    case "rpc":
      return printMessages(desc);
    case "enum":
      return {
        ...typeAttributes(desc, features),
        // A closed enum rejects numbers that it does not declare.
        type: desc.open ? "open" : "closed",
      };
    case "message":
      return {
        ...typeAttributes(desc, features),
        extensions:
          formatRanges(desc.proto.extensionRange.map(({ start, end }) => [start, end - 1])) || undefined,
      };
    case "field":
      return fieldAttributes(desc, features);
    case "extension":
      return {
        ...fieldAttributes(desc, features),
        file: desc.parent ? undefined : desc.file.proto.name,
        extends: desc.extendee.typeName,
        // It cannot have one of its own.
        json_name: undefined,
      };
    default:
      return {};
  }
}

/** Returns the full names of the messages of an RPC, after "stream " if it is streamed. */
export const printMessages = ({ input, output, proto }: DescMethod) => ({
  request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
  response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
});

const editionName = (edition: Edition) =>
  (Edition[edition] ?? `edition ${edition}`).toLowerCase().replace("_", " ");

const typeAttributes = (desc: DescMessage | DescEnum, features: Features): Element["attributes"] => ({
  file: desc.parent ? undefined : desc.file.proto.name,
  visibility: visibilityOf(desc, features.default_symbol_visibility),
  "json format": features.json_format,
});

function visibilityOf({ parent, proto }: DescMessage | DescEnum, byDefault: string | undefined): string {
  const isDefault = proto.visibility === SymbolVisibility.VISIBILITY_UNSET;
  const isExport = isDefault
    ? byDefault === "export all" || (byDefault === "export top level" && !parent)
    : proto.visibility === SymbolVisibility.VISIBILITY_EXPORT;
  return isExport ? "export" : "local";
}

function fieldAttributes(desc: DescField | DescExtension, features: Features): Element["attributes"] {
  // An extension differs from a field only in its parent.
  const field = desc as DescField;
  const validation = utf8ValidationOf(field);
  return {
    type: typeOf(field),
    "kind of type": field.message ? "message" : field.enum && "enum",
    presence: presenceOf(field),
    oneof: field.oneof?.name,
    default: field.proto.defaultValue || undefined,
    json_name: field.jsonName,
    packed: field.fieldKind === "list" && !field.message ? `${field.packed}` : undefined,
    encoding: encodingOf(field),
    "cpp string type": cppStringTypeOf(field, features),
    "utf8 validation": validation,
    "java utf8 validation":
      features["[pb.java].utf8_validation"] === "verify" ? validation && "verify" : validation,
  };
}

/** Returns how a message is delimited in bytes; undefined for other types and maps. */
function encodingOf(field: DescField): string | undefined {
  const isMessage = field.message && field.fieldKind !== "map";
  return isMessage ? (field.delimitedEncoding ? "delimited" : "length prefixed") : undefined;
}

function cppStringTypeOf({ proto: { type, options } }: DescField, features: Features): string | undefined {
  if (type !== FieldDescriptorProto_Type.STRING && type !== FieldDescriptorProto_Type.BYTES) {
    return undefined;
  }
  return options && isFieldSet(options, FieldOptionsSchema.field.ctype)
    ? FieldOptions_CType[options.ctype]?.toLowerCase().replace("_", " ")
    : features["[pb.cpp].string_type"];
}

const utf8ValidationOf = ({ proto, utf8Validation }: DescField) =>
  proto.type !== FieldDescriptorProto_Type.STRING ? undefined : utf8Validation ? "verify" : "none";

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
const fileComments = (file: DescFile) => [12, 14, 2].flatMap((part) => commentsAt(file, [part]));

const optionTypes = createRegistry(file_google_protobuf_descriptor);

/** Options that are compared as properties, or that only the compiler uses. */
const notCompared = ["deprecated", "packed", "ctype", "map_entry", "uninterpreted_option"];

/** The options of a descriptor. Those that are messages are JSON. */
interface Options {
  options: Record<string, string>;
  /** The option `features`, as JSON. */
  features?: string;
}

/** Shared by all that have no options, to save memory. */
const none: Options = { options: {} };

function optionsOf({ proto }: AnyDesc, registry: Registry): Options {
  const options = proto.options as Message | undefined;
  const schema = options && optionTypes.getMessage(options.$typeName);
  if (!options || !schema) {
    return none;
  }
  const defaults = create(schema);
  const isDefault = ({ localName }: DescField) =>
    valueIn(options, localName) === valueIn(defaults, localName);
  const omitted = new Set([...notCompared, ...schema.fields.filter(isDefault).map(({ name }) => name)]);
  const { features, ...others } = Object.fromEntries(
    Object.entries(toObject(schema, options, registry))
      .filter(([name]) => !omitted.has(name))
      .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
  return { options: { ...others, ...otherFeatures(features) }, features };
}

const valueIn = (message: Message, localName: string) =>
  (message as unknown as Record<string, unknown>)[localName];

/** Returns the options in a message as JSON by their names; custom options without JSON as bytes. */
function toObject(schema: DescMessage, options: Message, registry: Registry): Record<string, unknown> {
  const toJsonObject = (message: Message) =>
    toJson(schema, message, { registry, useProtoFieldName: true }) as Record<string, unknown>;
  const customOptions = [...groupBy(options.$unknown ?? [], ({ no }) => no)].map(([no, fields]) => {
    try {
      const json = toJsonObject(Object.assign(create(schema), { $unknown: fields }));
      if (Object.keys(json).length > 0) {
        return json;
      }
    } catch {
      // It holds an Any of a type that the contract does not declare, or a time out of range.
    }
    const name = registry.getExtensionFor(schema, no)?.typeName;
    const bytes = Buffer.concat(fields.map(({ data }) => data)).toString("hex");
    return { [name ? `[${name}]` : `(${no})`]: bytes };
  });
  const standard = toJsonObject(Object.assign(create(schema), options, { $unknown: [] }));
  return Object.assign(standard, ...customOptions);
}
