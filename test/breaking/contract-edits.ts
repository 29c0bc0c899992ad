// Random edits of a contract's descriptors, most of which break something.
import { clearField, clone, create, createFileRegistry, isFieldSet } from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import {
  type DescriptorProto,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  type EnumValueDescriptorProto,
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

/** A declaration in a contract. */
interface Target<T> {
  desc: T;
  file: FileDescriptorProto;
  /** Full name; of a file, its package. */
  name: string;
  /** The list that has the declaration. */
  siblings: T[];
}

/** What an edit chooses from. */
interface Choices {
  set: FileDescriptorSet;
  /** Chooses an item, or ends the edit, which does not apply, if there is none. */
  pick: <T>(items: readonly T[]) => T;
  /** A number that no other edit has, for names and numbers. */
  id: number;
}

type Edit<T> = (target: Target<T>, choices: Choices) => void;

/** Thrown by an edit that does not apply to its target. */
const doesNotApply = new Error("The edit does not apply.");

const { REPEATED, OPTIONAL, REQUIRED } = FieldDescriptorProto_Label;
const { MESSAGE, ENUM, GROUP, STRING, BYTES, INT32, BOOL } = FieldDescriptorProto_Type;
const scalarTypes = Object.values(FieldDescriptorProto_Type).filter(
  (type) => typeof type === "number" && ![MESSAGE, ENUM, GROUP].includes(type),
) as FieldDescriptorProto_Type[];

const isInOneof = (field: FieldDescriptorProto) =>
  isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex);
const isOptional = ({ proto3Optional }: FieldDescriptorProto) => proto3Optional;
const isInRealOneof = (field: FieldDescriptorProto) => isInOneof(field) && !isOptional(field);
const isSingular = ({ label }: FieldDescriptorProto) => label === OPTIONAL;
const isList = ({ label }: FieldDescriptorProto) => label === REPEATED;

const clearDefault = (field: FieldDescriptorProto) =>
  clearField(field, FieldDescriptorProtoSchema.field.defaultValue);

function leaveOneof(field: FieldDescriptorProto): void {
  field.proto3Optional = false;
  clearField(field, FieldDescriptorProtoSchema.field.oneofIndex);
  clearDefault(field);
}

function joinOneof(field: FieldDescriptorProto, oneofIndex: number): void {
  leaveOneof(field);
  field.oneofIndex = oneofIndex;
}

const addOneof = ({ oneofDecl }: DescriptorProto, name: string) =>
  oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;

function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1);
}

function featuresOf(options: { features?: FeatureSet }): FeatureSet {
  options.features ??= create(FeatureSetSchema);
  return options.features;
}

/** A declaration with numbered elements. */
type Container = DescriptorProto | EnumDescriptorProto;
type Element = FieldDescriptorProto | EnumValueDescriptorProto;

const isMessage = (desc: Container): desc is DescriptorProto => "field" in desc;
const elementsOf = (desc: Container): Element[] => (isMessage(desc) ? desc.field : desc.value);

function pickTwo<T>(items: T[], { pick }: Choices): [T, T] {
  const first = pick(items);
  return [first, pick(items.filter((item) => item !== first))];
}

function nameElement(element: Element, name: string): void {
  element.name = name;
  if ("jsonName" in element) {
    element.jsonName = protoCamelCase(name);
  }
}

function addElement(desc: Container, index: number, name: string, number: number): void {
  if (isMessage(desc)) {
    const type = { type: STRING, label: OPTIONAL, jsonName: protoCamelCase(name) };
    desc.field.splice(index, 0, create(FieldDescriptorProtoSchema, { name, number, ...type }));
  } else {
    desc.value.splice(index, 0, create(EnumValueDescriptorProtoSchema, { name, number }));
  }
}

function reserveNumber(desc: Container, start: number): void {
  if (isMessage(desc)) {
    desc.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: start + 1 }));
  } else {
    desc.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end: start }));
  }
}

/** Removes a field or a value, and reserves nothing, its number, its name or both. */
function removeElement(desc: Container, element: Element, { pick }: Choices): void {
  const [number, name] = pick([[], [true], [false, true], [true, true]]);
  remove(elementsOf(desc), element);
  if (number) {
    reserveNumber(desc, element.number);
  }
  if (name) {
    desc.reservedName.push(element.name);
  }
}

/** Returns the functions that change where a file uses a type. */
const usesIn = (file: FileDescriptorProto, type: string) => [
  ...fieldsIn(file)
    .filter(({ typeName }) => typeName === `.${type}`)
    .map((field) => (to: string) => {
      field.typeName = `.${to}`;
      clearDefault(field);
    }),
  ...file.service
    .flatMap(({ method }) => method)
    .filter(({ inputType }) => inputType === `.${type}`)
    .map((rpc) => (to: string) => {
      rpc.inputType = `.${to}`;
    }),
];

/** Edits of messages and of enums. */
const containerEdits: Record<string, Edit<Container>> = {
  "swap the numbers of two": ({ desc }, choices) => {
    const [first, second] = pickTwo(elementsOf(desc), choices);
    [first.number, second.number] = [second.number, first.number];
  },
  "swap the names of two": ({ desc }, choices) => {
    const [first, second] = pickTwo(elementsOf(desc), choices);
    const { name } = first;
    nameElement(first, second.name);
    nameElement(second, name);
  },
  "insert at the front, and shift the others": ({ desc }, { pick, id }) => {
    // The first value of an enum stays.
    const [first, ...others] = elementsOf(desc).slice(isMessage(desc) ? 0 : 1);
    const { number } = pick(first ? [first] : []);
    for (const element of [first, ...others]) {
      if (element) {
        element.number++;
      }
    }
    addElement(desc, isMessage(desc) ? 0 : 1, `FIRST_${id}`, number);
    const [added] = elementsOf(desc);
    if (added && first && "typeName" in added && "typeName" in first && pick([true, false])) {
      Object.assign(added, { type: first.type, typeName: first.typeName });
    }
  },
  add: ({ desc }, { id }) => addElement(desc, elementsOf(desc).length, `NEW_${id}`, 1000 + id),
  remove: ({ desc }, choices) => removeElement(desc, choices.pick(elementsOf(desc)), choices),
  rename: ({ desc }, { pick, id }) => nameElement(pick(elementsOf(desc)), `RENAMED_${id}`),
  "rename to the name of a removed one": ({ desc }, choices) => {
    const [removed, renamed] = pickTwo(elementsOf(desc), choices);
    remove(elementsOf(desc), removed);
    if (choices.pick([true, false])) {
      reserveNumber(desc, removed.number);
    }
    nameElement(renamed, removed.name);
  },
  "change a number": ({ desc }, { pick, id }) => {
    pick(elementsOf(desc)).number = 3000 + id;
  },
  "change the order": ({ desc }, { pick }) => {
    const elements = elementsOf(desc);
    const first = pick([0, 1]);
    elements.push(...elements.splice(first).reverse());
  },
  "change what is reserved": ({ desc }, { pick, id }) =>
    pick([
      () => desc.reservedName.push(`reserved_${id}`),
      () => reserveNumber(desc, 7000 + id),
      () => desc.reservedName.pop(),
      () => desc.reservedRange.pop(),
    ])(),
  "rename the type": (target, { set, id }) => renameType(set, target, `Renamed${id}`),
  "remove the type": ({ desc, siblings }) => remove(siblings, desc),
  "move the type to another file": ({ desc, file, name, siblings }, { pick, set, id }) => {
    const isTopLevel = [file.messageType, file.enumType].includes(siblings as never);
    // Another file of the package cannot be imported by both.
    const isAlone = !JSON.stringify(desc).replaceAll(`".${name}.`, "").includes(`".${file.package}.`);
    pick(isTopLevel && isAlone ? [true] : []);
    remove(siblings, desc);
    const moved = addFile(set, file, `moved_${id}`, set.file.indexOf(file));
    (isMessage(desc) ? moved.messageType : moved.enumType).push(desc as never);
    for (const other of set.file) {
      if (other === file || other.dependency.includes(file.name)) {
        other.dependency.push(moved.name);
      }
    }
  },
  "use a changed copy of the type": ({ desc, file, name }, choices) => {
    const { pick, id } = choices;
    const use = pick(isMessage(desc) && desc.nestedType.length > 0 ? [] : usesIn(file, name));
    const copy = isMessage(desc)
      ? clone(DescriptorProtoSchema, desc)
      : clone(EnumDescriptorProtoSchema, desc);
    copy.name = `Copy${id}`;
    const copies = isMessage(copy) ? file.messageType : file.enumType;
    const target = {
      desc: copy,
      file,
      name: `${file.package}.${copy.name}`,
      siblings: copies as Container[],
    };
    if (isMessage(copy)) {
      Object.assign(copy, { enumType: [], extension: [] });
      const edit = ["swap the numbers of two", "remove", "rename", "change the order"] as const;
      (containerEdits[pick(edit)] as Edit<Container>)(target, choices);
    } else {
      copy.value.splice(pick([copy.value.length, copy.value.length - 1]));
      for (const value of copy.value) {
        // Enums of one package do not share names.
        value.name = `COPY_${id}_${value.name}`;
      }
    }
    target.siblings.push(copy);
    use(target.name);
  },
};

/** Returns types that a field in this file can have without another import. */
function typesFor(file: FileDescriptorProto, { set }: Choices) {
  const files = set.file.filter(({ name }) => name === file.name || file.dependency.includes(name));
  return { messages: files.flatMap(messagesIn), enums: files.flatMap(enumsIn) };
}

function changeType(field: FieldDescriptorProto, file: FileDescriptorProto, choices: Choices): void {
  const { pick } = choices;
  const { messages, enums } = typesFor(file, choices);
  const kind = pick([0, 0, 1, 2]);
  clearDefault(field);
  field.typeName = kind === 0 ? "" : `.${pick<Target<Container>>(kind === 1 ? messages : enums).name}`;
  field.type = kind === 0 ? pick(scalarTypes) : kind === 1 ? MESSAGE : ENUM;
}

const isOf = (file: FileDescriptorProto, syntax: string) => (file.syntax === syntax ? [true] : []);

const messageEdits: Record<string, Edit<DescriptorProto>> = {
  "add a required field": ({ desc, file }, { pick, id }) => {
    pick(isOf(file, "proto2"));
    addElement(desc, 0, `new_${id}`, 50 + id);
    Object.assign(desc.field[0] ?? {}, { label: REQUIRED });
  },
  "rename a field to its JSON name": ({ desc }, { pick }) => {
    const field = pick(desc.field.filter(({ name, jsonName }) => name !== jsonName));
    field.name = field.jsonName;
  },
  "change the type of a field": ({ desc, file }, choices) =>
    changeType(choices.pick(desc.field.filter((field) => !entryOf(desc, field))), file, choices),
  "make a field repeated or singular": ({ desc }, { pick }) => {
    const field = pick(desc.field.filter(({ label }) => label !== REQUIRED));
    leaveOneof(field);
    field.label = isList(field) ? OPTIONAL : REPEATED;
  },
  "make a field a map": ({ desc, name }, { pick, id }) => {
    const field = pick(desc.field.filter(({ label, type }) => label !== REQUIRED && type !== GROUP));
    const { type, typeName } = field;
    const entry = create(DescriptorProtoSchema, { name: `Map${id}Entry`, options: { mapEntry: true } });
    addElement(entry, 0, "key", 1);
    addElement(entry, 1, "value", 2);
    Object.assign(entry.field[0] ?? {}, { type: pick([STRING, INT32, BOOL]) });
    Object.assign(entry.field[1] ?? {}, { type, ...(typeName && { typeName }) });
    desc.nestedType.push(entry);
    leaveOneof(field);
    Object.assign(field, { label: REPEATED, type: MESSAGE, typeName: `.${name}.${entry.name}` });
  },
  "make a list of pairs a map, or a map a list": ({ desc }, { pick }) => {
    const entries = desc.field
      .filter(isList)
      .flatMap(({ typeName }) =>
        desc.nestedType.filter(
          ({ name, field }) =>
            typeName.endsWith(`.${name}`) && field.map((each) => each.name).join() === "key,value",
        ),
      );
    const entry = pick(entries);
    entry.options = entry.options?.mapEntry ? undefined : create(MessageOptionsSchema, { mapEntry: true });
  },
  "move one or two fields into a new oneof": ({ desc }, choices) => {
    const [first, second] = pickTwo(desc.field.filter(isSingular), choices);
    const index = addOneof(desc, `choice_${choices.id}`);
    joinOneof(first, index);
    if (choices.pick([true, false])) {
      joinOneof(second, index);
    }
  },
  "move a field into a oneof": ({ desc }, { pick }) => {
    const { oneofIndex } = pick(desc.field.filter(isInRealOneof));
    joinOneof(pick(desc.field.filter((field) => isSingular(field) && !isInRealOneof(field))), oneofIndex);
  },
  "move a field out of a oneof": ({ desc }, { pick }) => leaveOneof(pick(desc.field.filter(isInRealOneof))),
  "rename a oneof": ({ desc }, { pick, id }) => {
    pick(desc.oneofDecl).name = `renamed_${id}`;
  },
  "add or remove `optional`": ({ desc, file }, { pick, id }) => {
    pick(isOf(file, "proto3"));
    const field = pick(desc.field.filter((each) => isSingular(each) && !isInRealOneof(each)));
    if (isOptional(field)) {
      leaveOneof(field);
    } else {
      joinOneof(field, addOneof(desc, `_o${id}`));
      field.proto3Optional = true;
    }
  },
  "add or remove `required`": ({ desc, file }, { pick }) => {
    pick(isOf(file, "proto2"));
    const field = pick(desc.field.filter((each) => !isList(each) && !isInOneof(each)));
    field.label = isSingular(field) ? REQUIRED : OPTIONAL;
  },
  "change a JSON name": ({ desc }, choices) => {
    const [field, other] = pickTwo(desc.field, choices);
    field.jsonName = choices.pick([`json${choices.id}`, field.name, other.name]);
  },
  "rename a field, and give another its JSON name": ({ desc }, choices) => {
    const [field, other] = pickTwo(desc.field, choices);
    other.jsonName = field.jsonName;
    nameElement(field, `renamed_${choices.id}`);
  },
  "change the encoding of a list": ({ desc, file }, { pick }) => {
    pick(file.syntax === "editions" ? [] : [true]);
    const unpacked = [MESSAGE, GROUP, STRING, BYTES];
    const field = pick(desc.field.filter((each) => isList(each) && !unpacked.includes(each.type)));
    field.options ??= create(FieldOptionsSchema);
    field.options.packed = !(isFieldSet(field.options, FieldOptionsSchema.field.packed)
      ? field.options.packed
      : file.syntax === "proto3");
  },
  "change a default": ({ desc, file }, { pick }) => {
    pick(isOf(file, "proto2"));
    const field = pick(desc.field.filter((each) => isSingular(each) && [INT32, STRING].includes(each.type)));
    field.defaultValue = pick(["8", "9"]);
  },
  "remove a default": ({ desc }, { pick }) =>
    clearDefault(pick(desc.field.filter(({ defaultValue }) => defaultValue !== ""))),
  "change a feature of a field": ({ desc, file }, { pick }) => {
    pick(isOf(file, "editions"));
    const field = pick(desc.field.filter(isSingular));
    field.options ??= create(FieldOptionsSchema);
    const features = featuresOf(field.options);
    if (field.type === MESSAGE || field.type === GROUP) {
      // buf gives delimited messages the type of groups.
      const { DELIMITED, LENGTH_PREFIXED } = FeatureSet_MessageEncoding;
      features.messageEncoding = field.type === GROUP ? LENGTH_PREFIXED : DELIMITED;
      field.type = field.type === GROUP ? MESSAGE : GROUP;
    } else {
      const { IMPLICIT, EXPLICIT, LEGACY_REQUIRED } = FeatureSet_FieldPresence;
      features.fieldPresence = pick([field.type === ENUM ? EXPLICIT : IMPLICIT, EXPLICIT, LEGACY_REQUIRED]);
    }
  },
};

const enumEdits: Record<string, Edit<EnumDescriptorProto>> = {
  "add an alias": ({ desc }, { pick, id }) => {
    const value = pick(desc.value);
    desc.options ??= create(EnumOptionsSchema);
    desc.options.allowAlias = true;
    addElement(desc, desc.value.indexOf(value) + pick([0, 1]), `ALIAS_${id}`, value.number);
  },
  "remove an alias": ({ desc }, choices) => {
    const isAlias = (value: EnumValueDescriptorProto) =>
      desc.value.some((other) => other !== value && other.number === value.number);
    removeElement(desc, choices.pick(desc.value.filter(isAlias)), choices);
  },
  "close or open an enum": ({ desc, file }, { pick }) => {
    pick(isOf(file, "editions"));
    desc.options ??= create(EnumOptionsSchema);
    const features = featuresOf(desc.options);
    const { OPEN, CLOSED } = FeatureSet_EnumType;
    features.enumType = features.enumType === CLOSED ? OPEN : CLOSED;
  },
};

const serviceEdits: Record<string, Edit<ServiceDescriptorProto>> = {
  "change streaming": ({ desc }, { pick }) => {
    const rpc = pick(desc.method);
    const side = pick(["serverStreaming", "clientStreaming"] as const);
    rpc[side] = !rpc[side];
  },
  "change the idempotency": ({ desc }, { pick }) => {
    pick(desc.method).options = create(MethodOptionsSchema, { idempotencyLevel: pick([1, 2]) });
  },
  "change the request or the response": ({ desc, file }, choices) => {
    const { name } = choices.pick(typesFor(file, choices).messages);
    choices.pick(desc.method)[choices.pick(["inputType", "outputType"] as const)] = `.${name}`;
  },
  "remove an RPC": ({ desc }, { pick }) => remove(desc.method, pick(desc.method)),
  "rename an RPC": ({ desc }, { pick, id }) => {
    pick(desc.method).name = `Renamed${id}`;
  },
  "remove a service": ({ desc, siblings }) => remove(siblings, desc),
  "move a service to another file": ({ desc, file, siblings }, { set, id }) => {
    remove(siblings, desc);
    const moved = addFile(set, file, `service_${id}`, set.file.length);
    moved.service.push(desc);
    moved.dependency.push(file.name);
  },
};

const fileEdits: Record<string, Edit<FileDescriptorProto>> = {
  "rename a file": ({ desc }, { set, id }) => {
    const name = siblingName(desc, `renamed_${id}`);
    for (const file of set.file) {
      file.dependency = file.dependency.map((each) => (each === desc.name ? name : each));
    }
    desc.name = name;
  },
  "delete a file": ({ desc }, { set }) => remove(set.file, desc),
  "rename a package": ({ desc }, { set, id }) => {
    const to = `${desc.package}.renamed${id}`;
    for (const { name } of [...desc.messageType, ...desc.enumType]) {
      renameUses(set, `${desc.package}.${name}`, `${to}.${name}`);
    }
    desc.package = to;
  },
  "remove the imports of google/protobuf": ({ desc }, { set }) => {
    for (const field of fieldsIn(desc).filter(({ typeName }) => typeName.startsWith(".google."))) {
      Object.assign(field, { type: STRING, typeName: "" });
    }
    desc.dependency = desc.dependency.filter((name) => !isGoogleFile(name));
    set.file = set.file.filter(
      ({ name }) => !isGoogleFile(name) || set.file.some(({ dependency }) => dependency.includes(name)),
    );
  },
  "change the syntax": ({ desc }, { pick }) => {
    pick(isOf(desc, "proto3"));
    desc.syntax = "proto2";
  },
  "change an option of a file": ({ desc }, { pick }) => {
    pick(desc.options ? [desc.options] : []).goPackage += "2";
  },
};

const extensionEdits: Record<string, Edit<FieldDescriptorProto>> = {
  "change the number of an extension": ({ desc }, { id }) => {
    desc.number = 150 + id;
  },
  "change what an extension extends": ({ desc, file }, { pick }) => {
    const others = messagesIn(file).filter(
      (each) => each.desc.extensionRange.length > 0 && `.${each.name}` !== desc.extendee,
    );
    desc.extendee = `.${pick(others).name}`;
    desc.number += 20;
  },
  "change the type of an extension": ({ desc, file }, choices) => changeType(desc, file, choices),
  "rename an extension": ({ desc }, { id }) => nameElement(desc, `renamed_${id}`),
  "remove an extension": ({ desc, siblings }) => remove(siblings, desc),
};

const siblingName = ({ name }: FileDescriptorProto, id: string) => name.replace(/[^/]*$/, `${id}.proto`);

/** Adds a file of the same package, with the same imports. */
function addFile(set: FileDescriptorSet, file: FileDescriptorProto, id: string, index: number) {
  const { syntax, edition, options, dependency } = file;
  const init = { syntax, edition, options, package: file.package, dependency: [...dependency] };
  const added = create(FileDescriptorProtoSchema, { ...init, name: siblingName(file, id) });
  set.file.splice(index, 0, added);
  return added;
}

function* nested(
  siblings: DescriptorProto[],
  parent: string,
  file: FileDescriptorProto,
): Generator<Target<DescriptorProto>> {
  for (const desc of siblings) {
    const name = `${parent}.${desc.name}`;
    yield { desc, file, name, siblings };
    yield* nested(desc.nestedType, name, file);
  }
}

/** Returns the messages of a file, nested ones and the entries of maps included. */
const allMessagesIn = (file: FileDescriptorProto) => [...nested(file.messageType, file.package, file)];

const messagesIn = (file: FileDescriptorProto) =>
  allMessagesIn(file).filter(({ desc }) => !desc.options?.mapEntry);

const targetsOf = <T extends { name: string }>(
  file: FileDescriptorProto,
  siblings: T[],
  parent: string,
): Target<T>[] => siblings.map((desc) => ({ desc, file, name: `${parent}.${desc.name}`, siblings }));

const enumsIn = (file: FileDescriptorProto) => [
  ...targetsOf(file, file.enumType, file.package),
  ...allMessagesIn(file).flatMap(({ desc, name }) => targetsOf(file, desc.enumType, name)),
];

/** Returns the fields of a file, and its extensions. */
const fieldsIn = (file: FileDescriptorProto) => [
  ...file.extension,
  ...allMessagesIn(file).flatMap(({ desc }) => desc.field),
];

/** Returns the entry of a map field. */
const entryOf = ({ nestedType }: DescriptorProto, field: FieldDescriptorProto) =>
  nestedType.find(({ name, options }) => options?.mapEntry && field.typeName.endsWith(`.${name}`));

/** Renames a type, and those nested in it, wherever they are used. */
function renameUses(set: FileDescriptorSet, from: string, to: string): void {
  const renamed = (type: string) =>
    `${type}.`.startsWith(`.${from}.`) ? `.${to}${type.slice(from.length + 1)}` : type;
  for (const file of set.file) {
    for (const field of fieldsIn(file)) {
      // Not an empty name, which would be set then.
      field.typeName &&= renamed(field.typeName);
      field.extendee &&= renamed(field.extendee);
    }
    for (const rpc of file.service.flatMap(({ method }) => method)) {
      rpc.inputType = renamed(rpc.inputType);
      rpc.outputType = renamed(rpc.outputType);
    }
  }
}

function renameType(
  set: FileDescriptorSet,
  { desc, name }: Pick<Target<Container>, "desc" | "name">,
  to: string,
) {
  renameUses(set, name, name.replace(/[^.]*$/, to));
  desc.name = to;
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
    const entry = entryOf(desc, field);
    if (entry) {
      const entryName = `${protoCamelCase(`_${field.name}`)}Entry`;
      renameType(set, { desc: entry, name: `${name}.${entry.name}` }, entryName);
    }
  }
  desc.nestedType = desc.nestedType.filter(
    (each) => !each.options?.mapEntry || desc.field.some((field) => entryOf(desc, field) === each),
  );
}

/** How an edit is chosen. Any number is valid. */
export interface Choice {
  edit: number;
  /** Which declaration of a kind is edited, so that several edits can have the same target. */
  target: number;
  picks: number[];
}

type AnyEdit = (target: number, choices: Choices) => void;

const editsOf = <T>(
  kind: string,
  edits: Record<string, Edit<T>>,
  targetsIn: (file: FileDescriptorProto) => Target<T>[],
) =>
  Object.entries(edits).map(([name, edit]): [string, AnyEdit] => [
    `${kind}: ${name}`,
    (index, choices) => {
      const all = choices.set.file.filter(({ name }) => !isGoogleFile(name)).flatMap(targetsIn);
      const target = all[index % all.length];
      edit(choices.pick(target ? [target] : []), choices);
    },
  ]);

/** Every edit, by its name. */
const edits: [name: string, edit: AnyEdit][] = [
  ...editsOf(
    "message",
    { ...containerEdits, ...messageEdits } as Record<string, Edit<DescriptorProto>>,
    messagesIn,
  ),
  ...editsOf(
    "enum",
    { ...containerEdits, ...enumEdits } as Record<string, Edit<EnumDescriptorProto>>,
    enumsIn,
  ),
  ...editsOf("service", serviceEdits, (file) => targetsOf(file, file.service, file.package)),
  ...editsOf("file", fileEdits, (file) => [{ desc: file, file, name: file.package, siblings: [] }]),
  ...editsOf("extension", extensionEdits, (file) => targetsOf(file, file.extension, file.package)),
];

export const editCount = edits.length;

/** Edits a contract in place. @returns the names of the edits that apply. */
export function editContract(set: FileDescriptorSet, list: Choice[]): string[] {
  return list.flatMap(({ edit, target, picks }, index) => {
    let next = 0;
    const pick = <T>(items: readonly T[]): T => {
      if (items.length === 0) {
        throw doesNotApply;
      }
      return items[(picks[next++ % picks.length] ?? 0) % items.length] as T;
    };
    const [name, apply] = edits[edit % edits.length] as [string, AnyEdit];
    try {
      apply(target, { set, pick, id: index + 1 });
    } catch (error) {
      if (error === doesNotApply) {
        return [];
      }
      throw error;
    }
    for (const message of set.file.filter((file) => !isGoogleFile(file.name)).flatMap(messagesIn)) {
      normalize(message, set);
    }
    return [name];
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
  const messages = files.flatMap(allMessagesIn);
  const enums = files.flatMap(enumsIn);
  const valuesOf = (type: string) => enums.find(({ name }) => `.${name}` === type)?.desc.value ?? [];
  return (
    isUnique(extensions.map(({ extendee, number }) => `${extendee} ${number}`)) &&
    isUnique(
      files.flatMap((file) =>
        [...topLevelNames(file), ...file.extension].map((each) => `${file.package}.${each.name}`),
      ),
    ) &&
    messages.every(({ desc, file }) => isValidMessage(desc, file, valuesOf)) &&
    enums.every(({ desc, file }) => isValidEnum(desc, file))
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
          type === INT32 ||
          type === STRING ||
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
    value.length > 0 &&
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
