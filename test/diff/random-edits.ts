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
  set: FileDescriptorSet;
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

/** Gives types other names, wherever they are used. */
function renameTypes({ file }: FileDescriptorSet, rename: (name: string) => string): void {
  const renameIn = ({ nestedType = [], ...parts }: Partial<DescriptorProto>): void => {
    for (const field of [...(parts.field ?? []), ...(parts.extension ?? [])]) {
      for (const part of ["typeName", "extendee"] as const) {
        if (field[part] !== "") {
          field[part] = rename(field[part]);
        }
      }
    }
    nestedType.forEach(renameIn);
  };
  for (const { messageType, extension, service } of file) {
    renameIn({ nestedType: messageType, extension });
    for (const method of service.flatMap((desc) => desc.method)) {
      method.inputType = rename(method.inputType);
      method.outputType = rename(method.outputType);
    }
  }
}

/** Returns an edit that renames a declaration, if no other of its kind has the same contents. */
const renaming =
  <T extends { name: string }>(
    kind: "message" | "enum" | "service",
    listOf: (file: FileDescriptorProto) => T[],
    contentsOf: (desc: T) => { name: string }[],
  ): Edit<T> =>
  ({ set, desc, name, id }) => {
    const textOf = (other: T) =>
      contentsOf(other)
        .map((part) => part.name)
        .join();
    const isOnly = set.file
      .flatMap(listOf)
      .every((other) => other === desc || textOf(other) !== textOf(desc));
    if (!isOnly || contentsOf(desc).length === 0) {
      return undefined;
    }
    const later = name.replace(/[^.]*$/, `Renamed${id}`);
    desc.name = `Renamed${id}`;
    renameTypes(set, (type) =>
      `${type}.`.startsWith(`.${name}.`) ? `.${later}${type.slice(name.length + 1)}` : type,
    );
    return [`${kind} renamed ${later} name`];
  };

const fileEdits: Edit<FileDescriptorProto>[] = [
  ({ set, desc, id }) => {
    const path = desc.name;
    desc.name = `moved/${id}.proto`;
    for (const { dependency } of set.file) {
      dependency.splice(
        0,
        dependency.length,
        ...dependency.map((name) => (name === path ? desc.name : name)),
      );
    }
    return [`file moved ${desc.name} path`];
  },
  editOf(
    ({ extension }) => extension[0],
    (extension, { desc, name, id }) => {
      const { extendee, label, type } = extension;
      const added = { name: `new_${id}`, jsonName: `new${id}`, number: 900 + id, extendee, label, type };
      desc.extension.push(create(FieldDescriptorProtoSchema, added));
      extension.number += 100;
      return [`extension added ${name}.new_${id}`, `extension renumbered ${name}.${extension.name} number`];
    },
  ),
  editOf(
    ({ extension }) => extension[1],
    (extension, { name, id }) => {
      extension.name = `new_${id}`;
      extension.jsonName = `new${id}`;
      return [`extension renamed ${name}.${extension.name} name`];
    },
  ),
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
  renaming(
    "service",
    ({ service }) => service,
    ({ method }) => method,
  ),
  editOf(firstRpc, ({ inputType, outputType }, { desc, name, id }) => {
    desc.method.push(create(MethodDescriptorProtoSchema, { name: `New${id}`, inputType, outputType }));
    return [`rpc added ${name}.New${id}`];
  }),
  ({ set, desc, name }) => {
    const last = desc.method.at(-1);
    // The messages of an RPC that is removed, if no other of its name uses them, are not renamed but removed.
    const rpcs = set.file.flatMap(({ service }) => service.flatMap(({ method }) => method));
    const isUsed = rpcs.some(
      (rpc) => rpc !== last && rpc.name === last?.name && rpc.inputType === last.inputType,
    );
    return isUsed && desc.method.length > 1 ? [`rpc removed ${name}.${desc.method.pop()?.name}`] : undefined;
  },
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
  renaming(
    "message",
    ({ messageType }) => messageType,
    ({ field }) => field,
  ),
  editOf(
    ({ field }) => (field.filter(isPlain).length > 1 ? field.filter(isPlain) : undefined),
    (fields, { name }) => {
      const [first, second] = fields as [FieldDescriptorProto, FieldDescriptorProto];
      [first.number, second.number] = [second.number, first.number];
      return [first, second].map((field) => `field renumbered ${name}.${field.name} number`);
    },
  ),
  (target) => {
    const { desc, name } = target;
    const oneof = desc.oneofDecl.findIndex((_, index) =>
      desc.field.some((field) => field.oneofIndex === index && !isPlain(field) && !field.proto3Optional),
    );
    return oneof < 0 ? undefined : [`field added ${name}.${addField(target, { oneofIndex: oneof })}`];
  },
  editOf(plainString, (field, { desc, file, name }) => {
    if (file.syntax !== "proto3" || field.label !== FieldDescriptorProto_Label.OPTIONAL) {
      return [];
    }
    field.proto3Optional = true;
    field.oneofIndex =
      desc.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_${field.name}` })) - 1;
    return [`field changed ${name}.${field.name} presence`];
  }),
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
    return [`field renumbered ${name}.${field.name} number`];
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
  renaming(
    "enum",
    ({ enumType }) => enumType,
    ({ value }) => value,
  ),
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
 * Edits a contract in place. If the first choice has an even number, it also renames a package that has no other edit.
 *
 * @param choices A choice of an edit that does not apply to its target does nothing.
 * @returns the entries that the diff must have, without impact.
 */
export function editAtRandom(set: FileDescriptorSet, choices: Choice[]): string[] {
  const files = set.file.filter(({ name }) => !isGoogleFile(name));
  const untouched = new Set(files.map((file) => file.package));
  /** Returns a function for each descriptor that edits it. */
  const targets = <T extends { name: string }>(file: FileDescriptorProto, descs: T[], edits: Edit<T>[]) =>
    descs.map((desc, index) => (id: number, choice: number) => {
      untouched.delete(file.package);
      const name = desc.name === file.name ? file.package : `${file.package}.${desc.name}`;
      return edits[choice % edits.length]?.({ set, desc, file, name, index, id }) ?? [];
    });
  const all = files.flatMap((file) => [
    ...targets(file, [file], fileEdits),
    ...targets(file, file.service, serviceEdits),
    ...targets(file, file.messageType, messageEdits),
    ...targets(file, file.enumType, enumEdits),
  ]);
  const entries = choices.flatMap(({ target, edit }, id) => {
    const [apply] = all.splice(target % Math.max(1, all.length), 1);
    return apply?.(id, edit) ?? [];
  });
  const [{ target, edit } = { target: 0, edit: 1 }] = choices;
  const renamed = [...untouched][target % Math.max(1, untouched.size)];
  return edit % 2 === 0 && renamed !== undefined ? [...entries, renamePackage(set, renamed)] : entries;
}

function renamePackage(set: FileDescriptorSet, name: string): string {
  const later = `renamed.${name}`;
  for (const file of set.file.filter((candidate) => candidate.package === name)) {
    file.package = later;
  }
  renameTypes(set, (type) =>
    type.startsWith(`.${name}.`) ? `.${later}${type.slice(name.length + 1)}` : type,
  );
  return `package renamed ${later} name`;
}

/** Lists of choices that together make every edit, as many of them at a time as there are targets. */
export const everyEdit: Choice[][] = [
  ...[0, 1, 2, 3].map((start) =>
    Array.from({ length: 100 }, (_, index) => ({ target: 0, edit: index + start })),
  ),
  [{ target: 0, edit: 0 }],
];
