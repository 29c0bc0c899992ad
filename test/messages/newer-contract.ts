import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { messages } from "../support/contract.ts";
import { unusedNumbers, unusedValue } from "../support/unused.ts";

/** Types of single fields that the newer contract adds to every message. */
const addedTypes = [Type.STRING, Type.SINT64, Type.DOUBLE, Type.FIXED32, Type.BYTES];

/**
 * Builds the contract as a later release may define it: every message has more fields of each wire type (single,
 * packed, a message, a map), every oneof another branch, and every enum another value.
 *
 * @param image The contract's serialized google.protobuf.FileDescriptorSet.
 */
export function newerContract(image: Uint8Array): FileRegistry {
  const set = fromBinary(FileDescriptorSetSchema, image);
  const descs = new Map(messages.map((desc) => [desc.typeName, desc]));
  const extend = (message: DescriptorProto, typeName: string) => {
    message.enumType.forEach(addValue);
    for (const nested of message.nestedType) {
      extend(nested, `${typeName}.${nested.name}`);
    }
    // Map entries and google.protobuf stay unchanged.
    const desc = descs.get(typeName);
    if (desc) {
      addFields(message, desc);
    }
  };
  for (const file of set.file) {
    file.enumType.forEach(addValue);
    for (const message of file.messageType) {
      extend(message, `${file.package}.${message.name}`);
    }
  }
  return createFileRegistry(set);
}

function addFields(message: DescriptorProto, desc: DescMessage): void {
  const self = `.${desc.typeName}`;
  const entry = `${self}.NewerMapEntry`;
  const fields = [
    ...addedTypes.map((type) => ({ name: `newer_${Type[type].toLowerCase()}`, type })),
    { name: "newer_packed", type: Type.INT32, label: Label.REPEATED },
    { name: "newer_self", type: Type.MESSAGE, typeName: self },
    { name: "newer_map", type: Type.MESSAGE, typeName: entry, label: Label.REPEATED },
    ...desc.oneofs.map((oneof) => ({
      name: `newer_${oneof.name}`,
      type: Type.STRING,
      oneofIndex: desc.proto.oneofDecl.indexOf(oneof.proto),
    })),
  ];
  const numbers = unusedNumbers(desc, fields.length);
  const label = Label.OPTIONAL;
  message.field.push(
    ...numbers.map((number, i) => create(FieldDescriptorProtoSchema, { label, number, ...fields[i] })),
  );
  message.nestedType.push(
    create(DescriptorProtoSchema, {
      name: "NewerMapEntry",
      options: { mapEntry: true },
      field: [
        { name: "key", number: 1, type: Type.STRING, label },
        { name: "value", number: 2, type: Type.UINT64, label },
      ],
    }),
  );
}

function addValue(desc: EnumDescriptorProto): void {
  const number = unusedValue(desc);
  if (number !== undefined) {
    desc.value.push(create(EnumValueDescriptorProtoSchema, { name: `${desc.name}_NEWER`, number }));
  }
}
