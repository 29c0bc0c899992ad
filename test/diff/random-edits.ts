import { create, isFieldSet, type MessageInitShape } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  type FieldDescriptorProto,
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
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";

/** What an edit is given. Each part of a contract is edited once at most, so that edits do not affect each other. */
interface Target<T> {
  desc: T;
  file: FileDescriptorProto;
  /** Full name of the descriptor; of a file, its package. */
  name: string;
  /** Index in the list of the file. */
  index: number;
  /** Number of the edit, for unique names. */
  id: number;
}

/** Edits a descriptor and returns the entries of the diff, without impact: "field added a.B.c". Undefined if it does not apply. */
type Edit<T> = (target: Target<T>) => string[] | undefined;

/** Returns an edit of something that a descriptor may lack. */
const editOf =
  <T, P>(find: (desc: T) => P | undefined, edit: (part: P, target: Target<T>) => string[]): Edit<T> =>
  (target) => {
    const part = find(target.desc);
    return part === undefined ? undefined : edit(part, target);
  };

const isPlain = (field: FieldDescriptorProto) =>
  !isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
const isPlainString = (field: FieldDescriptorProto) =>
  isPlain(field) && field.type === FieldDescriptorProto_Type.STRING;

/** Returns the first field that is not in a oneof. */
const plainField = ({ field }: DescriptorProto) => field.find(isPlain);
/** Returns the first string field that is not in a oneof. */
const plainString = ({ field }: DescriptorProto) => field.find(isPlainString);

/** Adds an optional string field, and returns its name. */
function addField(
  { desc, id }: Target<DescriptorProto>,
  more: MessageInitShape<typeof FieldDescriptorProtoSchema> = {},
): string {
  const name = `new_${id}`;
  const number = Math.max(0, ...desc.field.map((field) => field.number)) + 1000;
  const type = FieldDescriptorProto_Type.STRING;
  const label = FieldDescriptorProto_Label.OPTIONAL;
  const jsonName = protoCamelCase(name);
  desc.field.push(create(FieldDescriptorProtoSchema, { name, jsonName, number, type, label, ...more }));
  return name;
}

const fileEdits: Edit<FileDescriptorProto>[] = [
  editOf(
    ({ options }) => (options?.goPackage ? options : undefined),
    (options, { file }) => {
      options.goPackage += "2";
      return [`option changed ${file.name} go_package`];
    },
  ),
  ({ desc, name, id }) => {
    desc.messageType.push(create(DescriptorProtoSchema, { name: `New${id}` }));
    return [`message added ${name}.New${id}`];
  },
  ({ desc, name, id }) => {
    const value = [create(EnumValueDescriptorProtoSchema, { name: `NEW_${id}_UNSPECIFIED`, number: 0 })];
    desc.enumType.push(create(EnumDescriptorProtoSchema, { name: `NewEnum${id}`, value }));
    return [`enum added ${name}.NewEnum${id}`];
  },
  editOf(
    ({ messageType }) => messageType[0],
    (message, { desc, name, id }) => {
      const type = `.${name}.${message.name}`;
      const method = [create(MethodDescriptorProtoSchema, { name: "Do", inputType: type, outputType: type })];
      desc.service.push(create(ServiceDescriptorProtoSchema, { name: `New${id}Service`, method }));
      return [`service added ${name}.New${id}Service`];
    },
  ),
];

const firstRpc = ({ method }: ServiceDescriptorProto) => method[0];

const serviceEdits: Edit<ServiceDescriptorProto>[] = [
  editOf(firstRpc, ({ inputType, outputType }, { desc, name, id }) => {
    desc.method.push(create(MethodDescriptorProtoSchema, { name: `New${id}`, inputType, outputType }));
    return [`rpc added ${name}.New${id}`];
  }),
  editOf(
    ({ method }) => (method.length > 1 ? method.pop() : undefined),
    (rpc, { name }) => [`rpc removed ${name}.${rpc.name}`],
  ),
  editOf(firstRpc, (rpc, { name }) => {
    rpc.serverStreaming = !rpc.serverStreaming;
    return [`rpc changed ${name}.${rpc.name} response`];
  }),
  editOf(firstRpc, (rpc, { name }) => {
    rpc.options = create(MethodOptionsSchema, { deprecated: true });
    return [`rpc deprecated ${name}.${rpc.name}`];
  }),
];

const messageEdits: Edit<DescriptorProto>[] = [
  (target) => [`field added ${target.name}.${addField(target)}`],
  editOf(
    // The last field, as source info refers to fields by index.
    ({ field }) => (field.slice(-1).some(isPlainString) ? field.pop() : undefined),
    (field, { name }) => [`field removed ${name}.${field.name}`],
  ),
  editOf(plainField, (field, { name, id }) => {
    field.name = `new_${id}`;
    field.jsonName = `new${id}`;
    return [`field renamed ${name}.${field.name} name`];
  }),
  editOf(plainString, (field, { name }) => {
    field.type = FieldDescriptorProto_Type.BYTES;
    return [`field changed ${name}.${field.name} type`];
  }),
  editOf(plainField, (field, { name }) => {
    field.number += 1000;
    return [`field changed ${name}.${field.name} number`];
  }),
  editOf(plainField, (field, { name }) => {
    field.jsonName += "2";
    return [`field changed ${name}.${field.name} json_name`];
  }),
  editOf(plainString, (field, { name }) => {
    field.options = create(FieldOptionsSchema, { deprecated: true, debugRedact: true });
    return [`field deprecated ${name}.${field.name}`, `option added ${name}.${field.name} debug_redact`];
  }),
  (target) => {
    const { desc, name, id } = target;
    if (desc.oneofDecl.length > 0) {
      return undefined;
    }
    const oneofIndex = desc.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `choice_${id}` })) - 1;
    return [`oneof added ${name}.choice_${id}`, `field added ${name}.${addField(target, { oneofIndex })}`];
  },
  ({ desc, name }) => {
    desc.options = create(MessageOptionsSchema, { deprecated: true });
    return [`message deprecated ${name}`];
  },
  ({ desc, name, id }) => {
    const [start, end] = [5000 + id, 5001 + id];
    desc.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end }));
    desc.reservedName.push(`removed_${id}`);
    return [`reserved added ${name}`];
  },
  ({ desc, file, name, index }) => {
    const comments = (file.sourceCodeInfo?.location ?? []).filter(({ leadingComments }) => leadingComments);
    const at = (field: number) => comments.find(({ path }) => path.join() === [4, index, 2, field].join());
    const commented = desc.field.findIndex((_, field) => at(field));
    const comment = at(commented);
    if (comment === undefined) {
      return undefined;
    }
    comment.leadingComments = " Another.\n";
    return [`comment changed ${name}.${desc.field[commented]?.name}`];
  },
];

const enumEdits: Edit<EnumDescriptorProto>[] = [
  ({ desc, name, id }) => {
    const number = Math.max(...desc.value.map((value) => value.number)) + 1;
    desc.value.push(create(EnumValueDescriptorProtoSchema, { name: `NEW_${id}`, number }));
    return [`value added ${name}.NEW_${id}`];
  },
  editOf(
    ({ value }) => (value.length > 1 ? value.pop() : undefined),
    (value, { name }) => [`value removed ${name}.${value.name}`],
  ),
  editOf(
    ({ value }) => value.at(-1),
    (value, { name, id }) => {
      value.name = `NEW_${id}`;
      return [`value renamed ${name}.${value.name} name`];
    },
  ),
  ({ desc, name }) => {
    desc.options = create(EnumOptionsSchema, { deprecated: true });
    return [`enum deprecated ${name}`];
  },
];

/** How a random edit is chosen. Any number is valid. */
interface Choice {
  target: number;
  edit: number;
}

/**
 * Edits a contract in place.
 *
 * @param choices A choice of an edit that does not apply to its target does nothing.
 * @returns the entries that the diff must have, without impact.
 */
export function editAtRandom(set: FileDescriptorSet, choices: Choice[]): string[] {
  /** Returns a function for each descriptor that edits it. */
  const targets = <T extends { name: string }>(file: FileDescriptorProto, descs: T[], edits: Edit<T>[]) =>
    descs.map((desc, index) => (id: number, choice: number) => {
      const name = desc.name === file.name ? file.package : `${file.package}.${desc.name}`;
      return edits[choice % edits.length]?.({ desc, file, name, index, id }) ?? [];
    });
  const all = set.file
    .filter(({ name }) => !isGoogleFile(name))
    .flatMap((file) => [
      ...targets(file, [file], fileEdits),
      ...targets(file, file.service, serviceEdits),
      ...targets(file, file.messageType, messageEdits),
      ...targets(file, file.enumType, enumEdits),
    ]);
  return choices.flatMap(({ target, edit }, id) => {
    const [apply] = all.splice(target % Math.max(1, all.length), 1);
    return apply?.(id, edit) ?? [];
  });
}

/** Lists of choices that together make every edit, as many of them at a time as there are targets. */
export const everyEdit: Choice[][] = [0, 1, 2].map((start) =>
  Array.from({ length: 100 }, (_, index) => ({ target: 0, edit: index + start })),
);
