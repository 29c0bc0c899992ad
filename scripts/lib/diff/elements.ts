import type {
  DescEnum,
  DescEnumValue,
  DescExtension,
  DescField,
  DescFile,
  DescMethod,
  DescOneof,
  DescService,
  FileRegistry,
} from "@bufbuild/protobuf";
import { type DescMessage, isFieldSet, type Message, type Registry, toJson } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  FeatureSet_FieldPresence,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  ServiceOptionsSchema,
  type SourceCodeInfo_Location,
} from "@bufbuild/protobuf/wkt";
import { typeOf } from "../../../lint/vocabulary.ts";
import { contractFiles } from "../contract.ts";
import type { Kind } from "./model.ts";
import { rangeText } from "./reserved.ts";

/** One named part of a contract, with all of it that a consumer can see. */
export interface Element {
  kind: Exclude<Kind, "option" | "reserved" | "comment">;
  /** Full name; of a file, its path. */
  name: string;
  package: string;
  /** Path of the file that declares it; of a package, of the first that does. */
  file: string;
  /** What it is in; nothing for packages, files, and what stands at the top of a file. */
  parent?: Element;
  children: Element[];
  /** Of a field or value. */
  number?: number;
  /** What it is made of, by what it is called: those that are undefined do not apply. */
  attributes: Record<string, string | undefined>;
  /** Options other than `deprecated`, where they are not at their default. */
  options: Record<string, string>;
  deprecated: boolean;
  /** Numbers that may not be used, from and to inclusive, and names. */
  reserved?: { numbers: [from: number, to: number][]; names: string[] };
  /** Without the markers and the line breaks; "" if there is none. */
  comment: string;
  /** Where it is declared in its file, as google.protobuf.SourceCodeInfo has it. */
  path: number[];
  desc?: DescService | DescMethod | DescMessage | DescField | DescEnum | DescEnumValue;
}

/** A contract as a tree of elements. */
export interface Contract {
  registry: FileRegistry;
  files: DescFile[];
  /** Packages, files and what stands at the top of a file, in the order of their declaration. */
  elements: Element[];
}

/** Field numbers of descriptor.proto, which make up source paths. */
const at = {
  file: { package: 2, messages: 4, enums: 5, services: 6, extensions: 7, syntax: 12, edition: 14 },
  message: { fields: 2, messages: 3, enums: 4, extensions: 6, oneofs: 8 },
  enum: { values: 2 },
  service: { methods: 2 },
} as const;

/** Options that are compared by what comes of them. */
const inherent = ["deprecated", "packed", "map_entry", "uninterpreted_option"];

/** The elements of a contract. */
export function readElements(registry: FileRegistry): Contract {
  const files = contractFiles(registry);
  // The first file of each.
  const packages = new Map(files.toReversed().map((file) => [file.proto.package, file]));
  return {
    registry,
    files,
    elements: [
      ...[...packages].map(
        ([name, first]): Element => ({
          kind: "package",
          name,
          package: name,
          file: fileName(first),
          children: [],
          attributes: {},
          options: {},
          deprecated: false,
          comment: "",
          path: [],
        }),
      ),
      ...files.flatMap((file) => new Reader(file, registry).read()),
    ],
  };
}

/** Path of a file, as an import says it. */
export const fileName = (file: DescFile) => file.proto.name;

class Reader {
  private readonly locations: Map<string, SourceCodeInfo_Location>;

  constructor(
    private readonly file: DescFile,
    private readonly registry: Registry,
  ) {
    // Of several locations with one path, as extensions have them, the first is the declaration's.
    const all = file.proto.sourceCodeInfo?.location ?? [];
    this.locations = new Map(all.toReversed().map((location) => [location.path.join(), location]));
  }

  read(): Element[] {
    const { file } = this;
    const { proto } = file;
    const edition = proto.syntax === "editions" ? `edition ${file.edition}` : proto.syntax || "proto2";
    const publicImports = proto.publicDependency.map((index) => proto.dependency[index]).sort();
    return [
      this.element("file", fileName(file), [], {
        attributes: { syntax: edition, "public imports": publicImports.join(", ") || undefined },
        options: this.options(FileOptionsSchema, proto.options),
        deprecated: file.deprecated,
        comment: [at.file.syntax, at.file.edition, at.file.package]
          .map((part) => this.comment([part]))
          .filter((text) => text !== "")
          .join(" "),
      }),
      ...file.services.map((service, index) => this.service(service, [at.file.services, index])),
      ...file.enums.map((desc, index) => this.enum(desc, [at.file.enums, index])),
      ...file.messages.map((message, index) => this.message(message, [at.file.messages, index])),
      ...file.extensions.map((field, index) => this.extension(field, [at.file.extensions, index])),
    ];
  }

  private element(
    kind: Element["kind"],
    name: string,
    path: number[],
    rest: Partial<Element> = {},
    children: Element[] = [],
  ): Element {
    const element: Element = {
      kind,
      name,
      package: this.file.proto.package,
      file: fileName(this.file),
      children,
      attributes: {},
      options: {},
      deprecated: rest.desc?.deprecated ?? false,
      comment: this.comment(path),
      path,
      ...rest,
    };
    for (const child of children) {
      child.parent = element;
    }
    return element;
  }

  private comment(path: number[]): string {
    const { leadingComments, trailingComments } = this.locations.get(path.join()) ?? {};
    return [leadingComments, trailingComments]
      .map((text) => (text ?? "").replace(/\s+/g, " ").trim())
      .filter((text) => text !== "")
      .join(" ");
  }

  private options(schema: DescMessage, options: Message | undefined): Record<string, string> {
    if (options === undefined) {
      return {};
    }
    const json = toJson(schema, options, { registry: this.registry, useProtoFieldName: true });
    const isDefault = (name: string) => {
      const field = schema.fields.find((one) => one.name === name);
      return (
        field !== undefined &&
        isFieldSet(options, field) &&
        (field.fieldKind === "scalar" || field.fieldKind === "enum") &&
        (options as unknown as Record<string, unknown>)[field.localName] === zeroOf(field)
      );
    };
    return Object.fromEntries(
      Object.entries(json as Record<string, unknown>)
        .filter(([name]) => !inherent.includes(name) && !isDefault(name))
        .map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
    );
  }

  private service(service: DescService, path: number[]): Element {
    const rest = {
      desc: service,
      attributes: { file: fileName(this.file) },
      options: this.options(ServiceOptionsSchema, service.proto.options),
    };
    const rpcs = service.methods.map((rpc, index) => {
      const { input, output, proto } = rpc;
      return this.element("rpc", `${service.typeName}.${rpc.name}`, [...path, at.service.methods, index], {
        desc: rpc,
        attributes: {
          request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
          response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
        },
        options: this.options(MethodOptionsSchema, proto.options),
      });
    });
    return this.element("service", service.typeName, path, rest, rpcs);
  }

  private enum(desc: DescEnum, path: number[]): Element {
    const { reservedRange, reservedName, options } = desc.proto;
    const rest: Partial<Element> = {
      desc,
      attributes: {
        file: desc.parent ? undefined : fileName(this.file),
        // Closed enums reject numbers that they do not name.
        type: desc.open ? "open" : "closed",
      },
      options: this.options(EnumOptionsSchema, options),
      reserved: {
        numbers: reservedRange.map(({ start, end }) => [start, end]),
        names: [...reservedName],
      },
    };
    const values = desc.values.map((value, index) =>
      this.element("value", `${desc.typeName}.${value.name}`, [...path, at.enum.values, index], {
        desc: value,
        number: value.number,
        options: this.options(EnumValueOptionsSchema, value.proto.options),
      }),
    );
    return this.element("enum", desc.typeName, path, rest, values);
  }

  private message(message: DescMessage, path: number[]): Element {
    const { reservedRange, reservedName, extensionRange, options, nestedType } = message.proto;
    const rest: Partial<Element> = {
      desc: message,
      attributes: {
        file: message.parent ? undefined : fileName(this.file),
        extensions:
          extensionRange.map(({ start, end }) => rangeText([start, end - 1])).join(", ") || undefined,
      },
      options: this.options(MessageOptionsSchema, options),
      reserved: {
        numbers: reservedRange.map(({ start, end }) => [start, end - 1]),
        names: [...reservedName],
      },
    };
    return this.element("message", message.typeName, path, rest, [
      ...message.fields.map((field) => {
        const index = message.proto.field.indexOf(field.proto);
        return this.field(field, `${message.typeName}.${field.name}`, [...path, at.message.fields, index]);
      }),
      // protobuf-es leaves out the oneofs of proto3's optional fields, and the messages of maps.
      ...message.oneofs.map((oneof) => this.oneof(oneof, path)),
      ...message.nestedMessages.map((nested) =>
        this.message(nested, [...path, at.message.messages, nestedType.indexOf(nested.proto)]),
      ),
      ...message.nestedEnums.map((nested, index) => this.enum(nested, [...path, at.message.enums, index])),
      ...message.nestedExtensions.map((field, index) =>
        this.extension(field, [...path, at.message.extensions, index]),
      ),
    ]);
  }

  private oneof(oneof: DescOneof, path: number[]): Element {
    const { parent, proto, name } = oneof;
    const index = parent.proto.oneofDecl.indexOf(proto);
    return this.element("oneof", `${parent.typeName}.${name}`, [...path, at.message.oneofs, index], {
      options: this.options(OneofOptionsSchema, proto.options),
    });
  }

  private extension(field: DescExtension, path: number[]): Element {
    // But for what it is in, an extension is a field.
    const element = this.field(field as unknown as DescField, field.typeName, path);
    element.kind = "extension";
    element.attributes.extends = field.extendee.typeName;
    return element;
  }

  private field(field: DescField, name: string, path: number[]): Element {
    const { proto, number, jsonName, oneof } = field;
    const isList = field.fieldKind === "list";
    return this.element("field", name, path, {
      desc: field,
      number,
      attributes: {
        type: typeOf(field),
        presence: presenceOf(field),
        oneof: oneof?.name,
        default: proto.defaultValue || undefined,
        json_name: jsonName,
        packed: isList ? `${field.packed}` : undefined,
        encoding: "delimitedEncoding" in field && field.delimitedEncoding ? "delimited" : undefined,
      },
      options: this.options(FieldOptionsSchema, proto.options),
    });
  }
}

/** Whether a field can be told apart from its default; undefined for fields to which that does not apply. */
function presenceOf(field: DescField): string | undefined {
  if (field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) {
    return "required";
  }
  if (field.oneof || field.message || field.fieldKind === "list" || field.fieldKind === "map") {
    return undefined;
  }
  return field.presence === FeatureSet_FieldPresence.EXPLICIT ? "optional" : "implicit";
}

/** What a scalar or enum option is when it is not set. */
function zeroOf(field: DescField): unknown {
  if (field.fieldKind === "enum") {
    return field.getDefaultValue() ?? field.enum.values[0]?.number;
  }
  return field.fieldKind === "scalar" ? (field.getDefaultValue() ?? false) : undefined;
}

/** The JSON name that a field has when it is given none. */
export const defaultJsonName = (name: string) => protoCamelCase(name);
