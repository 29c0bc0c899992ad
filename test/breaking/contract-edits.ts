// Random edits of a contract's descriptors, most of which break something.
import { clearField, clone, create, createFileRegistry, isFieldSet } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  type FeatureSet,
  FeatureSet_EnumType,
  FeatureSet_FieldPresence,
  FeatureSet_MessageEncoding,
  FeatureSetSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
  type ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";

/** A declaration in a contract, with the file and the full name of what declares it. */
interface Target<T> {
  desc: T;
  file: FileDescriptorProto;
  /** Full name; of a file, its package. */
  name: string;
}

/** What an edit chooses from. */
interface Choices {
  set: FileDescriptorSet;
  /** Chooses an item. Undefined if there is none. */
  pick: <T>(items: readonly T[]) => T | undefined;
  /** A number that no other edit has, for names and numbers. */
  id: number;
}

/** Edits a descriptor, or leaves it unchanged if the edit does not apply. */
type Edit<T> = (target: Target<T>, choices: Choices) => void;

const { REPEATED, OPTIONAL, REQUIRED } = FieldDescriptorProto_Label;
const { MESSAGE, ENUM, GROUP } = FieldDescriptorProto_Type;
const scalarTypes = Object.values(FieldDescriptorProto_Type).filter(
  (type) => typeof type === "number" && ![MESSAGE, ENUM, GROUP].includes(type),
) as FieldDescriptorProto_Type[];

const isInOneof = (field: FieldDescriptorProto) =>
  isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
const isSingular = ({ label }: FieldDescriptorProto) => label === OPTIONAL;

function nameField(field: FieldDescriptorProto, name: string): void {
  field.name = name;
  field.jsonName = protoCamelCase(name);
}

/** Removes an item from a list, if it is there. */
function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1);
}

function swapNumbers<T extends { number: number }>(list: T[], { pick }: Choices): void {
  const first = pick(list);
  const second = pick(list.filter((item) => item !== first));
  if (first && second) {
    [first.number, second.number] = [second.number, first.number];
  }
}

/** Removes a field or a value, and reserves nothing, its number, its name or both. */
function removeElement<T extends { name: string; number: number }>(
  { desc }: Target<DescriptorProto | EnumDescriptorProto>,
  list: T[],
  element: T | undefined,
  { pick }: Choices,
): void {
  if (element === undefined || list.length < 2) {
    return;
  }
  remove(list, element);
  const [number, name] = pick([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) ?? [false, false];
  if (number) {
    const end = "field" in desc ? element.number + 1 : element.number;
    desc.reservedRange.push({ ...emptyRange(desc), start: element.number, end } as never);
  }
  if (name) {
    desc.reservedName.push(element.name);
  }
}

const emptyRange = (desc: DescriptorProto | EnumDescriptorProto) =>
  "field" in desc
    ? create(DescriptorProtoSchema, { reservedRange: [{}] }).reservedRange[0]
    : create(EnumDescriptorProtoSchema, { reservedRange: [{}] }).reservedRange[0];

function reserve({ desc }: Target<DescriptorProto | EnumDescriptorProto>, { pick, id }: Choices): void {
  switch (pick([0, 1, 2, 3])) {
    case 0:
      desc.reservedName.push(`reserved_${id}`);
      break;
    case 1:
      desc.reservedRange.push({ ...emptyRange(desc), start: 7000 + id, end: 7001 + id } as never);
      break;
    case 2:
      desc.reservedName.pop();
      break;
    default:
      desc.reservedRange.pop();
  }
}

/** Returns types that a field in this file can have without another import. */
function typesFor({ file }: Target<unknown>, { set }: Choices) {
  const files = set.file.filter(({ name }) => name === file.name || file.dependency.includes(name));
  return {
    messages: files.flatMap((each) => [...messagesIn(each)]),
    enums: files.flatMap((each) => [...enumsIn(each)]),
  };
}

function retype(target: Target<unknown>, field: FieldDescriptorProto | undefined, choices: Choices): void {
  if (!field) {
    return;
  }
  const { messages, enums } = typesFor(target, choices);
  clearDefault(field);
  field.typeName = "";
  const kind = choices.pick([0, 0, 1, 2]);
  if (kind === 1 && messages.length > 0) {
    field.type = MESSAGE;
    field.typeName = `.${choices.pick(messages)?.name}`;
  } else if (kind === 2 && enums.length > 0) {
    field.type = ENUM;
    field.typeName = `.${choices.pick(enums)?.name}`;
  } else {
    field.type = choices.pick(scalarTypes) as FieldDescriptorProto_Type;
  }
}

function featuresOf(options: { features?: FeatureSet }): FeatureSet {
  options.features ??= create(FeatureSetSchema);
  return options.features;
}

/**
 * Makes a message what a compiler makes: oneofs have a field, those of `optional` are last, their fields follow each
 * other, and the entries of maps are named after their fields.
 */
function normalize({ desc, name }: Target<DescriptorProto>, set: FileDescriptorSet): void {
  const oneofs = desc.oneofDecl
    .map((oneof, index) => ({
      oneof,
      fields: desc.field.filter((field) => isInOneof(field) && field.oneofIndex === index),
    }))
    .filter(({ fields }) => fields.length > 0)
    .sort((a, b) => Number(a.fields.some(isOptional)) - Number(b.fields.some(isOptional)));
  desc.oneofDecl = oneofs.map(({ oneof }) => oneof);
  for (const [index, { fields }] of oneofs.entries()) {
    for (const field of fields) {
      field.oneofIndex = index;
    }
  }
  desc.field = desc.field.flatMap((field) => {
    const { fields } = oneofs.find((each) => each.fields.includes(field)) ?? { fields: [field] };
    return fields[0] === field ? fields : [];
  });
  for (const field of desc.field) {
    const entry = desc.nestedType.find(
      (each) => each.options?.mapEntry && field.typeName === `.${name}.${each.name}`,
    );
    if (entry) {
      rename(set, { desc: entry, name: `${name}.${entry.name}` }, `${protoCamelCase(`_${field.name}`)}Entry`);
    }
  }
  desc.nestedType = desc.nestedType.filter(
    (each) =>
      !each.options?.mapEntry || desc.field.some(({ typeName }) => typeName === `.${name}.${each.name}`),
  );
}

const isOptional = ({ proto3Optional }: FieldDescriptorProto) => proto3Optional;

const clearDefault = (field: FieldDescriptorProto) =>
  clearField(field, FieldDescriptorProtoSchema.field.defaultValue);

function leaveOneof(field: FieldDescriptorProto): void {
  field.proto3Optional = false;
  clearField(field, FieldDescriptorProtoSchema.field.oneofIndex);
}

const messageEdits: Record<string, Edit<DescriptorProto>> = {
  "swap the numbers of two fields": ({ desc }, choices) => swapNumbers(desc.field, choices),
  "insert a field at the front, and shift the others": ({ desc }, { id, pick }) => {
    for (const field of desc.field) {
      field.number++;
    }
    const type = pick([desc.field[0]?.type ?? 9, 9]);
    const typeName = type === desc.field[0]?.type ? desc.field[0]?.typeName : "";
    desc.field.unshift(
      create(FieldDescriptorProtoSchema, {
        ...{ name: `first_${id}`, jsonName: `first${id}`, number: 1, label: OPTIONAL, type, typeName },
      }),
    );
  },
  "add a field": ({ desc, file }, { id, pick }) => {
    const label = file.syntax === "proto2" ? pick([OPTIONAL, REQUIRED]) : OPTIONAL;
    const number = Math.max(0, ...desc.field.map((field) => field.number)) + 500;
    const init = { name: `new_${id}`, jsonName: `new${id}`, number, label, type: 9 as const };
    desc.field.push(create(FieldDescriptorProtoSchema, init));
  },
  "remove a field": (target, choices) => {
    removeElement(target, target.desc.field, choices.pick(target.desc.field), choices);
  },
  "rename a field": ({ desc }, { pick, id }) => {
    const field = pick(desc.field);
    if (field) {
      nameField(field, `renamed_${id}`);
    }
  },
  "rename a field to its JSON name": ({ desc }, { pick }) => {
    const field = pick(desc.field.filter(({ name, jsonName }) => name !== jsonName));
    if (field) {
      field.name = field.jsonName;
    }
  },
  "rename a field to the name of a removed one": (target, choices) => {
    const { field: fields } = target.desc;
    const removed = choices.pick(fields);
    const renamed = choices.pick(fields.filter((field) => field !== removed));
    if (removed && renamed) {
      remove(fields, removed);
      if (choices.pick([true, false])) {
        const { number } = removed;
        target.desc.reservedRange.push({
          ...emptyRange(target.desc),
          start: number,
          end: number + 1,
        } as never);
      }
      nameField(renamed, removed.name);
    }
  },
  "swap the names of two fields": ({ desc }, { pick }) => {
    const first = pick(desc.field);
    const second = pick(desc.field.filter((field) => field !== first));
    if (first && second) {
      const { name } = first;
      nameField(first, second.name);
      nameField(second, name);
    }
  },
  "change the type of a field": (target, choices) =>
    retype(target, choices.pick(target.desc.field.filter((field) => !isMap(target.desc, field))), choices),
  "change the number of a field": ({ desc }, { pick, id }) => {
    const field = pick(desc.field);
    if (field) {
      field.number = 3000 + id;
    }
  },
  "make a field repeated or singular": (target, { pick }) => {
    const field = pick(target.desc.field);
    if (field && field.label !== REQUIRED) {
      field.label = field.label === REPEATED ? OPTIONAL : REPEATED;
      leaveOneof(field);
      clearDefault(field);
    }
  },
  "make a field a map": (target, { pick, id }) => {
    const field = pick(target.desc.field.filter(({ label, type }) => label !== REQUIRED && type !== GROUP));
    if (field) {
      const { type, typeName } = field;
      const entry = { ...entryOf(target, `Map${id}Entry`), value: { type, typeName } };
      makeMap(target, field, entry.name, [pick([5, 9, 8]) as number, entry.value]);
    }
  },
  "make a list of pairs a map, or a map a list": ({ desc, name }, { pick }) => {
    const field = pick(desc.field.filter(({ label, type }) => label === REPEATED && type === MESSAGE));
    const entry = desc.nestedType.find((each) => field?.typeName === `.${name}.${each.name}`);
    if (entry?.field.map((each) => each.name).join() === "key,value") {
      entry.options = entry.options?.mapEntry ? undefined : create(MessageOptionsSchema, { mapEntry: true });
    }
  },
  "move fields into a new oneof": (target, { pick, id }) => {
    const { desc } = target;
    const fields = [pick(desc.field.filter(isSingular)), pick(desc.field.filter(isSingular))];
    const oneofIndex = desc.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `choice_${id}` })) - 1;
    for (const field of pick([fields, fields.slice(1)]) ?? []) {
      if (field) {
        leaveOneof(field);
        field.oneofIndex = oneofIndex;
        clearDefault(field);
      }
    }
  },
  "move a field into a oneof": (target, { pick }) => {
    const { desc } = target;
    const other = pick(desc.field.filter((field) => isInOneof(field) && !isOptional(field)));
    const field = pick(
      desc.field.filter((each) => isSingular(each) && each.oneofIndex !== other?.oneofIndex),
    );
    if (other && field) {
      field.proto3Optional = false;
      field.oneofIndex = other.oneofIndex;
      clearDefault(field);
    }
  },
  "move a field out of a oneof": (target, { pick }) => {
    const field = pick(target.desc.field.filter((each) => isInOneof(each) && !isOptional(each)));
    if (field) {
      leaveOneof(field);
    }
  },
  "rename a oneof": ({ desc }, { pick, id }) => {
    const oneof = pick(desc.oneofDecl);
    if (oneof) {
      oneof.name = `renamed_${id}`;
    }
  },
  "add or remove `optional`": (target, { pick, id }) => {
    const { desc, file } = target;
    const field = pick(
      desc.field.filter((each) => isSingular(each) && (!isInOneof(each) || isOptional(each))),
    );
    if (field && file.syntax === "proto3") {
      if (isOptional(field)) {
        leaveOneof(field);
      } else {
        field.oneofIndex = desc.oneofDecl.push(create(OneofDescriptorProtoSchema, { name: `_o${id}` })) - 1;
        field.proto3Optional = true;
      }
    }
  },
  "add or remove `required`": ({ desc, file }, { pick }) => {
    const field = pick(desc.field.filter((each) => each.label !== REPEATED && !isInOneof(each)));
    if (field && file.syntax === "proto2") {
      field.label = field.label === REQUIRED ? OPTIONAL : REQUIRED;
    }
  },
  "change a JSON name": ({ desc }, { pick, id }) => {
    const field = pick(desc.field);
    const other = pick(desc.field.filter((each) => each !== field));
    if (field) {
      field.jsonName = pick([`json${id}`, field.name, other?.name ?? "j"]) as string;
    }
  },
  "rename a field and give another its JSON name": ({ desc }, { pick, id }) => {
    const field = pick(desc.field);
    const other = pick(desc.field.filter((each) => each !== field));
    if (field && other) {
      const { jsonName } = field;
      nameField(field, `renamed_${id}`);
      other.jsonName = jsonName;
    }
  },
  "change the encoding of a list": ({ desc, file }, { pick }) => {
    const types = [MESSAGE, GROUP, 9, 12];
    const field = pick(desc.field.filter(({ label, type }) => label === REPEATED && !types.includes(type)));
    if (field && file.syntax !== "editions") {
      const packed = !(field.options?.packed ?? file.syntax === "proto3");
      field.options ??= create(FieldOptionsSchema);
      field.options.packed = packed;
    }
  },
  "change a default": ({ desc, file }, { pick }) => {
    const field = pick(desc.field.filter((each) => each.label === OPTIONAL && [5, 9].includes(each.type)));
    if (field && file.syntax === "proto2") {
      const value = pick(["", "8", "9"]);
      if (value) {
        field.defaultValue = value;
      } else {
        clearDefault(field);
      }
    }
  },
  "change a feature of a field": ({ desc, file }, { pick }) => {
    const field = pick(desc.field.filter(isSingular));
    if (field && file.syntax === "editions") {
      const isDelimited = field.type === MESSAGE || field.type === GROUP;
      field.options ??= create(FieldOptionsSchema);
      const features = featuresOf(field.options);
      if (isDelimited) {
        const { DELIMITED, LENGTH_PREFIXED } = FeatureSet_MessageEncoding;
        features.messageEncoding = features.messageEncoding === DELIMITED ? LENGTH_PREFIXED : DELIMITED;
        // buf sets the type of delimited messages too.
        field.type = features.messageEncoding === DELIMITED ? GROUP : MESSAGE;
      } else {
        const { IMPLICIT, EXPLICIT, LEGACY_REQUIRED } = FeatureSet_FieldPresence;
        features.fieldPresence = pick([
          EXPLICIT,
          LEGACY_REQUIRED,
          ...(field.type === ENUM ? [] : [IMPLICIT]),
        ]) as FeatureSet_FieldPresence;
      }
    }
  },
  "change what is reserved in a message": reserve,
  "reverse the order of fields": ({ desc }) => void desc.field.reverse(),
  "rename a message": (target, { set, id }) => rename(set, target, `Renamed${id}`),
  "copy a message, and change the copy": (target, choices) => {
    const { desc, file } = target;
    const users = fieldsIn(file).filter(({ typeName }) => typeName === `.${target.name}`);
    if (file.messageType.includes(desc) && desc.nestedType.length === 0) {
      const copy = clone(DescriptorProtoSchema, desc);
      copy.name = `Copy${choices.id}`;
      copy.enumType = [];
      copy.extension = [];
      if (desc.enumType.length === 0 && desc.extension.length === 0) {
        file.messageType.push(copy);
        const edit = choices.pick(editsOfCopies) as Edit<DescriptorProto>;
        edit({ desc: copy, file, name: `${file.package}.${copy.name}` }, choices);
        const user = choices.pick(users);
        if (user) {
          user.typeName = `.${file.package}.${copy.name}`;
        }
        const rpc = choices.pick(
          file.service
            .flatMap(({ method }) => method)
            .filter(({ inputType }) => inputType === `.${target.name}`),
        );
        if (rpc) {
          rpc.inputType = `.${file.package}.${copy.name}`;
        }
      }
    }
  },
  "remove a message": ({ desc, file, name }, { set }) => {
    if (!isUsed(set, name)) {
      remove(
        file.messageType.includes(desc) ? file.messageType : (parentOf(desc, file)?.nestedType ?? []),
        desc,
      );
    }
  },
  "move a message to another file": (target, { set, id }) => {
    const { desc, file } = target;
    const isAlone = [desc, ...[...nested(desc, "")].map((each) => each.desc)].every((message) =>
      message.field.every(({ typeName }) => typeName === "" || typeName.startsWith(`.${target.name}.`)),
    );
    if (file.messageType.includes(desc) && isAlone && desc.extensionRange.length === 0) {
      remove(file.messageType, desc);
      moveTo(set, file, id).messageType.push(desc);
    }
  },
};

const editsOfCopies = [
  () => {},
  ...["swap the numbers of two fields", "remove a field", "rename a field", "change the type of a field"].map(
    (name) => messageEdits[name] as Edit<DescriptorProto>,
  ),
];

const enumEdits: Record<string, Edit<EnumDescriptorProto>> = {
  "swap the numbers of two values": ({ desc, file }, choices) =>
    swapNumbers(file.syntax === "proto3" ? desc.value.slice(1) : desc.value, choices),
  "swap the names of two values": ({ desc }, { pick }) => {
    const first = pick(desc.value);
    const second = pick(desc.value.filter((value) => value !== first));
    if (first && second) {
      [first.name, second.name] = [second.name, first.name];
    }
  },
  "insert a value at the front, and shift the others": ({ desc }, { id }) => {
    for (const value of desc.value.slice(1)) {
      value.number++;
    }
    const number = (desc.value[0]?.number ?? 0) + 1;
    desc.value.splice(1, 0, create(EnumValueDescriptorProtoSchema, { name: `FIRST_${id}`, number }));
  },
  "add a value": ({ desc }, { id }) => {
    desc.value.push(create(EnumValueDescriptorProtoSchema, { name: `NEW_${id}`, number: 900 + id }));
  },
  "remove a value": (target, choices) => {
    const { value } = target.desc;
    removeElement(target, value, choices.pick(value.slice(1)), choices);
  },
  "rename a value": ({ desc }, { pick, id }) => {
    const value = pick(desc.value);
    if (value) {
      value.name = `RENAMED_${id}`;
    }
  },
  "change the number of a value": ({ desc }, { pick, id }) => {
    const value = pick(desc.value.slice(1));
    if (value) {
      value.number = 900 + id;
    }
  },
  "add an alias": ({ desc }, { pick, id }) => {
    const value = pick(desc.value);
    if (value) {
      desc.options ??= create(EnumOptionsSchema);
      desc.options.allowAlias = true;
      const alias = create(EnumValueDescriptorProtoSchema, { name: `ALIAS_${id}`, number: value.number });
      desc.value.splice(desc.value.indexOf(value) + (pick([0, 1]) ?? 0), 0, alias);
    }
  },
  "remove an alias": (target, choices) => {
    const { value } = target.desc;
    const aliases = value.filter((each) =>
      value.some((other) => other !== each && other.number === each.number),
    );
    removeElement(target, value, choices.pick(aliases), choices);
  },
  "change the order of values": ({ desc, file }) => {
    const [first, ...others] = desc.value;
    desc.value = file.syntax === "proto3" && first ? [first, ...others.reverse()] : desc.value.reverse();
  },
  "close or open an enum": ({ desc, file }) => {
    if (file.syntax === "editions") {
      desc.options ??= create(EnumOptionsSchema);
      const features = featuresOf(desc.options);
      const { OPEN, CLOSED } = FeatureSet_EnumType;
      features.enumType = features.enumType === CLOSED ? OPEN : CLOSED;
    }
  },
  "change what is reserved in an enum": reserve,
  "rename an enum": (target, { set, id }) => rename(set, target, `Renamed${id}`),
  "copy an enum, and change the copy": (target, choices) => {
    const { desc, file, name } = target;
    const user = choices.pick(fieldsIn(file).filter(({ typeName }) => typeName === `.${name}`));
    if (user && file.enumType.includes(desc)) {
      const copy = clone(EnumDescriptorProtoSchema, desc);
      copy.name = `Copy${choices.id}`;
      if (choices.pick([true, false])) {
        copy.value.pop();
      }
      for (const value of copy.value) {
        value.name = `COPY_${choices.id}_${value.name}`;
      }
      file.enumType.push(copy);
      user.typeName = `.${file.package}.${copy.name}`;
      clearDefault(user);
    }
  },
  "remove an enum": ({ desc, file, name }, { set }) => {
    if (file.enumType.includes(desc) && !isUsed(set, name)) {
      remove(file.enumType, desc);
    }
  },
  "move an enum to another file": ({ desc, file }, { set, id }) => {
    if (file.enumType.includes(desc)) {
      remove(file.enumType, desc);
      moveTo(set, file, id).enumType.push(desc);
    }
  },
};

const serviceEdits: Record<string, Edit<ServiceDescriptorProto>> = {
  "change streaming": ({ desc }, { pick }) => {
    const rpc = pick(desc.method);
    if (rpc) {
      const side = pick(["serverStreaming", "clientStreaming"] as const) ?? "serverStreaming";
      rpc[side] = !rpc[side];
    }
  },
  "change the idempotency": ({ desc }, { pick }) => {
    const rpc = pick(desc.method);
    if (rpc) {
      rpc.options = create(MethodOptionsSchema, { idempotencyLevel: pick([1, 2]) });
    }
  },
  "change the request or the response": (target, choices) => {
    const rpc = choices.pick(target.desc.method);
    const type = choices.pick(typesFor(target, choices).messages);
    if (rpc && type) {
      rpc[choices.pick(["inputType", "outputType"] as const) ?? "inputType"] = `.${type.name}`;
    }
  },
  "remove an RPC": ({ desc }, { pick }) => {
    const rpc = pick(desc.method);
    if (rpc && desc.method.length > 1) {
      remove(desc.method, rpc);
    }
  },
  "rename an RPC": ({ desc }, { pick, id }) => {
    const rpc = pick(desc.method);
    if (rpc) {
      rpc.name = `Renamed${id}`;
    }
  },
  "remove a service": ({ desc, file }) => remove(file.service, desc),
  "move a service to another file": ({ desc, file }, { set, id }) => {
    remove(file.service, desc);
    const moved = create(FileDescriptorProtoSchema, {
      ...{ name: file.name.replace(/[^/]*$/, `service_${id}.proto`), package: file.package },
      ...{ syntax: file.syntax, edition: file.edition, options: file.options, service: [desc] },
      dependency: [...file.dependency, file.name],
    });
    set.file.push(moved);
  },
};

const fileEdits: Record<string, Edit<FileDescriptorProto>> = {
  "rename a file": ({ desc }, { set, id }) => {
    const name = desc.name.replace(/[^/]*$/, `renamed_${id}.proto`);
    for (const file of set.file) {
      file.dependency = file.dependency.map((each) => (each === desc.name ? name : each));
    }
    desc.name = name;
  },
  "delete a file": ({ desc }, { set }) => {
    if (!set.file.some(({ dependency }) => dependency.includes(desc.name))) {
      remove(set.file, desc);
    }
  },
  "rename a package": ({ desc }, { set, id }) => {
    const types = [...desc.messageType, ...desc.enumType];
    const name = `${desc.package}.renamed${id}`;
    renameTypes(
      set,
      Object.fromEntries(types.map((type) => [`${desc.package}.${type.name}`, `${name}.${type.name}`])),
    );
    desc.package = name;
  },
  "remove the imports of google/protobuf": ({ desc }, { set }) => {
    for (const field of [...fieldsIn(desc)].filter(({ typeName }) => typeName.startsWith(".google."))) {
      field.type = 9;
      field.typeName = "";
    }
    desc.dependency = desc.dependency.filter((name) => !isGoogleFile(name));
    set.file = set.file.filter(
      ({ name }) => !isGoogleFile(name) || set.file.some(({ dependency }) => dependency.includes(name)),
    );
  },
  "change the syntax": ({ desc }) => {
    // A file without what only proto2 has.
    if (desc.syntax === "proto3" && !fieldsIn(desc).some(isOptional)) {
      desc.syntax = "proto2";
    }
  },
  "change an option of a file": ({ desc }) => {
    if (desc.options) {
      desc.options.goPackage += "2";
    }
  },
};

type Extension = FieldDescriptorProto;
const extensionEdits: Record<string, Edit<Extension>> = {
  "change the number of an extension": ({ desc }, { id }) => {
    desc.number = 150 + (id % 40);
  },
  "change what an extension extends": ({ desc, file }, { pick }) => {
    const others = [...messagesIn(file)].filter((each) => each.desc.extensionRange.length > 0);
    const other = pick(others.filter(({ name }) => `.${name}` !== desc.extendee));
    if (other) {
      desc.extendee = `.${other.name}`;
      desc.number += 20;
    }
  },
  "change the type of an extension": (target, choices) => retype(target, target.desc, choices),
  "rename an extension": ({ desc }, { id }) => nameField(desc, `renamed_${id}`),
  "remove an extension": ({ desc, file }) => remove(file.extension, desc),
};

function* nested(message: DescriptorProto, name: string): Generator<{ desc: DescriptorProto; name: string }> {
  for (const desc of message.nestedType) {
    yield { desc, name: `${name}.${desc.name}` };
    yield* nested(desc, `${name}.${desc.name}`);
  }
}

/** Yields the messages of files, nested ones and the entries of maps included. */
function* messagesOf(files: FileDescriptorProto[]): Generator<Target<DescriptorProto>> {
  for (const file of files) {
    for (const desc of file.messageType) {
      const name = `${file.package}.${desc.name}`;
      yield { desc, file, name };
      for (const inner of nested(desc, name)) {
        yield { ...inner, file };
      }
    }
  }
}

function* messagesIn(...files: FileDescriptorProto[]): Generator<Target<DescriptorProto>> {
  for (const target of messagesOf(files)) {
    if (!target.desc.options?.mapEntry) {
      yield target;
    }
  }
}

function* enumsIn(...files: FileDescriptorProto[]): Generator<Target<EnumDescriptorProto>> {
  for (const file of files) {
    yield* file.enumType.map((desc) => ({ desc, file, name: `${file.package}.${desc.name}` }));
  }
  for (const { desc, file, name } of messagesOf(files)) {
    yield* desc.enumType.map((each) => ({ desc: each, file, name: `${name}.${each.name}` }));
  }
}

/** Returns the fields of a file, and its extensions. */
const fieldsIn = (file: FileDescriptorProto) => [
  ...file.extension,
  ...[...messagesOf([file])].flatMap(({ desc }) => desc.field),
];

const parentOf = (desc: DescriptorProto, file: FileDescriptorProto) =>
  [...messagesOf([file])].find((each) => each.desc.nestedType.includes(desc))?.desc;

function isMap({ nestedType }: DescriptorProto, field: FieldDescriptorProto): boolean {
  return nestedType.some(({ name, options }) => options?.mapEntry && field.typeName.endsWith(`.${name}`));
}

function isUsed(set: FileDescriptorSet, name: string): boolean {
  const isIt = (type: string) => type === `.${name}` || type.startsWith(`.${name}.`);
  return set.file.some(
    (file) =>
      fieldsIn(file).some(({ typeName, extendee }) => isIt(typeName) || isIt(extendee)) ||
      file.service.some(({ method }) => method.some((rpc) => isIt(rpc.inputType) || isIt(rpc.outputType))),
  );
}

/** Renames types, and those nested in them, wherever they are used. */
function renameTypes(set: FileDescriptorSet, names: Record<string, string>): void {
  const renamed = (type: string) => {
    for (const [from, to] of Object.entries(names)) {
      if (type === `.${from}` || type.startsWith(`.${from}.`)) {
        return `.${to}${type.slice(from.length + 1)}`;
      }
    }
    return type;
  };
  for (const file of set.file) {
    for (const field of fieldsIn(file)) {
      if (field.typeName) {
        field.typeName = renamed(field.typeName);
      }
      if (field.extendee) {
        field.extendee = renamed(field.extendee);
      }
    }
    for (const rpc of file.service.flatMap(({ method }) => method)) {
      rpc.inputType = renamed(rpc.inputType);
      rpc.outputType = renamed(rpc.outputType);
    }
  }
}

function rename(
  set: FileDescriptorSet,
  { desc, name }: Pick<Target<{ name: string }>, "desc" | "name">,
  to: string,
): void {
  renameTypes(set, { [name]: name.replace(/[^.]*$/, to) });
  desc.name = to;
}

/** Adds a file of the same package, which every file can import. */
function moveTo(set: FileDescriptorSet, file: FileDescriptorProto, id: number): FileDescriptorProto {
  const { syntax, edition, options } = file;
  const name = file.name.replace(/[^/]*$/, `moved_${id}.proto`);
  const moved = create(FileDescriptorProtoSchema, { name, package: file.package, syntax, edition, options });
  for (const other of set.file) {
    if (other === file || other.dependency.includes(file.name)) {
      other.dependency.push(name);
    }
  }
  set.file.splice(set.file.indexOf(file), 0, moved);
  return moved;
}

const entryOf = ({ name }: Target<DescriptorProto>, entry: string) => ({ name: `${name}.${entry}`, entry });

function makeMap(
  target: Target<DescriptorProto>,
  field: FieldDescriptorProto,
  entryName: string,
  [keyType, value]: [number, { type: FieldDescriptorProto_Type; typeName: string }],
): void {
  const name = entryName.replace(/^.*\./, "");
  const entryField = (field: object) => ({ label: OPTIONAL, ...field });
  target.desc.nestedType.push(
    create(DescriptorProtoSchema, {
      name,
      options: { mapEntry: true },
      field: [
        entryField({ name: "key", jsonName: "key", number: 1, type: keyType }),
        entryField({ name: "value", jsonName: "value", number: 2, ...value }),
      ],
    }),
  );
  leaveOneof(field);
  Object.assign(field, { label: REPEATED, type: MESSAGE, typeName: `.${entryName}` });
  clearDefault(field);
}

/** How an edit is chosen. Any number is valid. */
export interface Choice {
  edit: number;
  /** Which declaration of a kind is edited, so that several edits can have the same target. */
  target: number;
  picks: number[];
}

type AnyEdit = (set: FileDescriptorSet, target: number, choices: Choices) => void;

function editsOf<T>(
  edits: Record<string, Edit<T>>,
  targets: (files: FileDescriptorProto[]) => Target<T>[],
): [string, AnyEdit][] {
  return Object.entries(edits).map(([name, edit]) => [
    name,
    (set, index, choices) => {
      const all = targets(set.file.filter((file) => !isGoogleFile(file.name)));
      const target = all[index % Math.max(1, all.length)];
      if (target) {
        edit(target, choices);
      }
    },
  ]);
}

/** Every edit, by its name. */
export const edits: [name: string, edit: AnyEdit][] = [
  ...editsOf(messageEdits, (files) => [...messagesIn(...files)]),
  ...editsOf(enumEdits, (files) => [...enumsIn(...files)]),
  ...editsOf(serviceEdits, (files) =>
    files.flatMap((file) =>
      file.service.map((desc) => ({ desc, file, name: `${file.package}.${desc.name}` })),
    ),
  ),
  ...editsOf(fileEdits, (files) => files.map((file) => ({ desc: file, file, name: file.package }))),
  ...editsOf(extensionEdits, (files) =>
    files.flatMap((file) =>
      file.extension.map((desc) => ({ desc, file, name: `${file.package}.${desc.name}` })),
    ),
  ),
];

/** Edits a contract in place. @returns the names of the edits. */
export function editContract(set: FileDescriptorSet, list: Choice[]): string[] {
  return list.map(({ edit, target, picks }, index) => {
    let next = 0;
    const pick = <T>(items: readonly T[]) =>
      items[(picks[next++ % picks.length] ?? 0) % Math.max(1, items.length)];
    const [name, apply] = edits[edit % edits.length] as [string, AnyEdit];
    apply(set, target, { set, pick, id: index + 1 });
    for (const message of messagesIn(...set.file.filter((file) => !isGoogleFile(file.name)))) {
      normalize(message, set);
    }
    return name;
  });
}

/** Returns whether a compiler accepts a contract, by the rules that edits can break. */
export function isValid(set: FileDescriptorSet): boolean {
  try {
    createFileRegistry(set);
  } catch {
    return false;
  }
  const files = set.file.filter(({ name }) => !isGoogleFile(name));
  const extensions = files.flatMap(({ extension }) => extension);
  const messages = [...messagesOf(files)];
  const valuesOf = (type: string) =>
    [...enumsIn(...files)].find(({ name }) => `.${name}` === type)?.desc.value ?? [];
  return (
    isUnique(extensions.map(({ extendee, number }) => `${extendee} ${number}`)) &&
    isUnique(
      files.flatMap((file) =>
        [...topLevelNames(file), ...file.extension].map((each) => `${file.package}.${each.name}`),
      ),
    ) &&
    messages.every(({ desc, file }) => isValidMessage(desc, file, valuesOf)) &&
    [...enumsIn(...files)].every(({ desc, file }) => isValidEnum(desc, file))
  );
}

const topLevelNames = (file: FileDescriptorProto) => [
  ...file.messageType,
  ...file.enumType,
  ...file.enumType.flatMap(({ value }) => value),
  ...file.service,
];

const isUnique = (list: unknown[]) => new Set(list).size === list.length;

function isValidMessage(
  desc: DescriptorProto,
  file: FileDescriptorProto,
  valuesOf: (type: string) => { name: string; number: number }[],
): boolean {
  const { field: fields, reservedRange, reservedName } = desc;
  const inner = [...desc.nestedType, ...desc.enumType, ...desc.enumType.flatMap(({ value }) => value)];
  return (
    isUnique([...fields, ...inner, ...desc.oneofDecl].map(({ name }) => name)) &&
    isUnique(fields.map(({ number }) => number)) &&
    // protoc compares JSON names in lower case and without underscores, but for some of the syntaxes only.
    isUnique(fields.flatMap(({ name, jsonName }) => [...new Set([name, jsonName])])) &&
    isUnique(reservedName) &&
    fields.every(
      ({ name, number, type, typeName, defaultValue }) =>
        !reservedName.includes(name) &&
        !reservedRange.some(({ start, end }) => start <= number && number < end) &&
        !desc.extensionRange.some(({ start, end }) => start <= number && number < end) &&
        (defaultValue === "" ||
          type === 5 ||
          type === 9 ||
          valuesOf(typeName).some((value) => value.name === defaultValue)) &&
        (type === MESSAGE || type === ENUM || type === GROUP || typeName === ""),
    ) &&
    isDisjoint(reservedRange.map(({ start, end }) => [start, end - 1])) &&
    (!desc.options?.mapEntry ||
      fields.every(({ type, typeName }) => type !== ENUM || valuesOf(typeName)[0]?.number === 0)) &&
    (file.syntax === "proto3" || fields.every((each) => !isOptional(each)))
  );
}

function isValidEnum(
  { value, options, reservedRange, reservedName }: EnumDescriptorProto,
  file: FileDescriptorProto,
) {
  const numbers = value.map(({ number }) => number);
  const isOpen =
    file.syntax === "proto3" ||
    (file.syntax === "editions" && options?.features?.enumType !== FeatureSet_EnumType.CLOSED);
  return (
    isUnique(value.map(({ name }) => name)) &&
    isUnique(reservedName) &&
    isUnique(numbers) !== (options?.allowAlias ?? false) &&
    (!isOpen || numbers[0] === 0) &&
    value.every(
      ({ name, number }) =>
        !reservedName.includes(name) &&
        !reservedRange.some(({ start, end }) => start <= number && number <= end),
    ) &&
    isDisjoint(reservedRange.map(({ start, end }) => [start, end]))
  );
}

const isDisjoint = (ranges: [first: number, last: number][]) =>
  ranges.every(([first, last], index) =>
    ranges.every(([start, end], other) => index === other || last < start || end < first),
  );
