import { create, isFieldSet } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  type FileDescriptorSet,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
  type ServiceDescriptorProto,
  ServiceDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

/** A part of a contract that one edit may change. No two edits share one, so that each can be told apart. */
type Target =
  | { kind: "file"; file: FileDescriptorProto }
  | { kind: "service"; file: FileDescriptorProto; service: ServiceDescriptorProto; index: number }
  | { kind: "message"; file: FileDescriptorProto; message: DescriptorProto; index: number }
  | { kind: "enum"; file: FileDescriptorProto; desc: EnumDescriptorProto; index: number };

type Of<K extends Target["kind"]> = Extract<Target, { kind: K }>;

/** What an edit should be found as, without weight: "field added a.b.C.d"; nothing where it does not apply. */
type Edit<K extends Target["kind"]> = (target: Of<K>, number: number) => string[] | undefined;

const string = FieldDescriptorProto_Type.STRING;
const optional = FieldDescriptorProto_Label.OPTIONAL;
const nameOf = ({ file }: Target, ...names: string[]) => [file.package, ...names].join(".");

/** A field that is no part of a oneof, or none. */
const plainField = (fields: DescriptorProto["field"], type?: FieldDescriptorProto_Type) =>
  fields.find(
    (field) =>
      !isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && (!type || field.type === type),
  );

const newField = (message: DescriptorProto, name: string) =>
  create(FieldDescriptorProtoSchema, {
    name,
    jsonName: protoCamelCase(name),
    number: Math.max(0, ...message.field.map((field) => field.number)) + 1000,
    type: string,
    label: optional,
  });

const fileEdits: Edit<"file">[] = [
  ({ file }) => {
    const { options } = file;
    if (!options?.goPackage) {
      return undefined;
    }
    options.goPackage += "2";
    return [`option changed ${file.name} go_package`];
  },
  (target, number) => {
    const { file } = target;
    const name = `New${number}`;
    file.messageType.push(create(DescriptorProtoSchema, { name }));
    return [`message added ${nameOf(target, name)}`];
  },
  (target, number) => {
    const name = `NewEnum${number}`;
    const value = create(EnumValueDescriptorProtoSchema, {
      name: `NEW_ENUM_${number}_UNSPECIFIED`,
      number: 0,
    });
    target.file.enumType.push(create(EnumDescriptorProtoSchema, { name, value: [value] }));
    return [`enum added ${nameOf(target, name)}`];
  },
  (target, number) => {
    const [message] = target.file.messageType;
    if (!message) {
      return undefined;
    }
    const name = `New${number}Service`;
    const type = `.${nameOf(target, message.name)}`;
    const method = [create(MethodDescriptorProtoSchema, { name: "Do", inputType: type, outputType: type })];
    target.file.service.push(create(ServiceDescriptorProtoSchema, { name, method }));
    return [`service added ${nameOf(target, name)}`];
  },
];

const serviceEdits: Edit<"service">[] = [
  (target, number) => {
    const { service } = target;
    const [first] = service.method;
    if (!first) {
      return undefined;
    }
    const { inputType, outputType } = first;
    service.method.push(create(MethodDescriptorProtoSchema, { name: `New${number}`, inputType, outputType }));
    return [`rpc added ${nameOf(target, service.name, `New${number}`)}`];
  },
  (target) => {
    const { service } = target;
    const last = service.method.length > 1 ? service.method.pop() : undefined;
    return last && [`rpc removed ${nameOf(target, service.name, last.name)}`];
  },
  (target) => {
    const [first] = target.service.method;
    if (!first) {
      return undefined;
    }
    first.serverStreaming = !first.serverStreaming;
    return [`rpc changed ${nameOf(target, target.service.name, first.name)} response`];
  },
  (target) => {
    const [first] = target.service.method;
    if (!first) {
      return undefined;
    }
    first.options = create(MethodOptionsSchema, { deprecated: true });
    return [`rpc deprecated ${nameOf(target, target.service.name, first.name)}`];
  },
];

const messageEdits: Edit<"message">[] = [
  (target, number) => {
    const { message } = target;
    const field = newField(message, `new_${number}`);
    message.field.push(field);
    return [`field added ${nameOf(target, message.name, field.name)}`];
  },
  (target) => {
    // The last, as comments are kept by the place in the list.
    const { message } = target;
    const last = plainField(message.field.slice(-1), string);
    return last && message.field.pop() && [`field removed ${nameOf(target, message.name, last.name)}`];
  },
  (target, number) => {
    const { message } = target;
    const field = plainField(message.field);
    if (!field) {
      return undefined;
    }
    field.name = `new_${number}`;
    field.jsonName = `new${number}`;
    // What the compiler makes of a map has the map's name.
    const entry = message.nestedType.find(
      ({ name, options }) => options?.mapEntry && field.typeName.endsWith(`.${message.name}.${name}`),
    );
    if (entry) {
      entry.name = `New${number}Entry`;
      field.typeName = `.${nameOf(target, message.name, entry.name)}`;
    }
    return [`field renamed ${nameOf(target, message.name, field.name)} name`];
  },
  (target) => {
    const field = plainField(target.message.field, string);
    if (!field) {
      return undefined;
    }
    field.type = FieldDescriptorProto_Type.BYTES;
    return [`field changed ${nameOf(target, target.message.name, field.name)} type`];
  },
  (target) => {
    const field = plainField(target.message.field);
    if (!field) {
      return undefined;
    }
    field.number += 1000;
    return [`field changed ${nameOf(target, target.message.name, field.name)} number`];
  },
  (target) => {
    const field = plainField(target.message.field);
    if (!field) {
      return undefined;
    }
    field.jsonName += "2";
    return [`field changed ${nameOf(target, target.message.name, field.name)} json_name`];
  },
  (target) => {
    const field = plainField(target.message.field, string);
    if (!field || field.options) {
      return undefined;
    }
    field.options = create(FieldOptionsSchema, { deprecated: true, debugRedact: true });
    const name = nameOf(target, target.message.name, field.name);
    return [`field deprecated ${name}`, `option added ${name} debug_redact`];
  },
  (target, number) => {
    const { message } = target;
    if (message.oneofDecl.length > 0) {
      return undefined;
    }
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `choice_${number}` }));
    const field = newField(message, `new_${number}`);
    field.oneofIndex = 0;
    message.field.push(field);
    return [
      `oneof added ${nameOf(target, message.name, `choice_${number}`)}`,
      `field added ${nameOf(target, message.name, field.name)}`,
    ];
  },
  (target) => {
    target.message.options = create(MessageOptionsSchema, { deprecated: true });
    return [`message deprecated ${nameOf(target, target.message.name)}`];
  },
  (target, number) => {
    target.message.reservedRange.push(
      create(DescriptorProto_ReservedRangeSchema, { start: 5000 + number, end: 5001 + number }),
    );
    target.message.reservedName.push(`gone_${number}`);
    return [`reserved added ${nameOf(target, target.message.name)}`];
  },
  (target) => {
    const index = target.message.field.findIndex((_, at) => commentOf(target, 2, at));
    const comment = commentOf(target, 2, index);
    if (!comment) {
      return undefined;
    }
    comment.leadingComments = " Another.\n";
    return [
      `comment changed ${nameOf(target, target.message.name, target.message.field[index]?.name ?? "")}`,
    ];
  },
];

/** The location of a message's field, if it is commented. */
const commentOf = ({ file, index }: Of<"message">, part: number, at: number) =>
  file.sourceCodeInfo?.location.find(
    ({ path, leadingComments }) => path.join() === [4, index, part, at].join() && leadingComments,
  );

const enumEdits: Edit<"enum">[] = [
  (target, number) => {
    const { desc } = target;
    const name = `NEW_${number}`;
    const highest = Math.max(...desc.value.map((value) => value.number));
    desc.value.push(create(EnumValueDescriptorProtoSchema, { name, number: highest + 1 }));
    return [`value added ${nameOf(target, desc.name, name)}`];
  },
  (target) => {
    const last = target.desc.value.length > 1 ? target.desc.value.pop() : undefined;
    return last && [`value removed ${nameOf(target, target.desc.name, last.name)}`];
  },
  (target, number) => {
    const last = target.desc.value.at(-1);
    if (!last) {
      return undefined;
    }
    last.name = `NEW_${number}`;
    return [`value renamed ${nameOf(target, target.desc.name, last.name)} name`];
  },
  (target) => {
    target.desc.options = create(EnumOptionsSchema, { deprecated: true });
    return [`enum deprecated ${nameOf(target, target.desc.name)}`];
  },
];

/** How a random edit is chosen: any number stands for one. */
export interface Choice {
  target: number;
  edit: number;
}

/**
 * Edits our own packages of a contract in place.
 *
 * @param choices Those that choose a part a second time, or an edit that does not apply there, do nothing.
 * @returns what a diff should find, in the words of the edits.
 */
export function editAtRandom(set: FileDescriptorSet, choices: Choice[]): string[] {
  const files = set.file.filter((file) => file.package.startsWith("agynio."));
  const targets = files.flatMap((file): Target[] => [
    { kind: "file", file },
    ...file.service.map((service, index) => ({ kind: "service" as const, file, service, index })),
    ...file.messageType.map((message, index) => ({ kind: "message" as const, file, message, index })),
    ...file.enumType.map((desc, index) => ({ kind: "enum" as const, file, desc, index })),
  ]);
  return choices.flatMap(({ target: chosen, edit }, number) => {
    const [target] = targets.splice(chosen % Math.max(1, targets.length), 1);
    switch (target?.kind) {
      case "file":
        return fileEdits[edit % fileEdits.length]?.(target, number) ?? [];
      case "service":
        return serviceEdits[edit % serviceEdits.length]?.(target, number) ?? [];
      case "message":
        return messageEdits[edit % messageEdits.length]?.(target, number) ?? [];
      case "enum":
        return enumEdits[edit % enumEdits.length]?.(target, number) ?? [];
      default:
        return [];
    }
  });
}

/** Lists of choices of which each makes one edit wherever it applies; together they make them all. */
export const everyEdit: Choice[][] = Array.from(
  { length: Math.max(...[fileEdits, serviceEdits, messageEdits, enumEdits].map((edits) => edits.length)) },
  // The first that is left, until none is: the contract has fewer parts.
  (_, edit) => new Array<Choice>(5000).fill({ target: 0, edit }),
);
