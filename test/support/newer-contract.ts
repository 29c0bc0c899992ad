import { create, createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumValueDescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { contractMessages, unusedNumbers } from "./messages.js";

/** The scalar types, each once, that the newer contract adds to every message. */
const addedTypes = [
  FieldDescriptorProto_Type.STRING,
  FieldDescriptorProto_Type.SINT64,
  FieldDescriptorProto_Type.DOUBLE,
  FieldDescriptorProto_Type.FIXED32,
  FieldDescriptorProto_Type.BYTES,
];

/**
 * The contract as a later release may have it: every message has gained fields of each wire type (single,
 * packed, a message, a map), every oneof a branch, and every enum a value.
 *
 * @param image The contract's serialized google.protobuf.FileDescriptorSet.
 */
export function newerContract(image: Uint8Array): FileRegistry {
  const set = fromBinary(FileDescriptorSetSchema, image);
  const messages = new Map(
    contractMessages(createFileRegistry(set)).map((desc) => [desc.typeName, desc] as const),
  );
  for (const file of set.file) {
    file.enumType.forEach(addValue);
    for (const message of file.messageType) {
      extend(message, `${file.package}.${message.name}`);
    }
  }
  return createFileRegistry(set);

  function extend(message: DescriptorProto, typeName: string): void {
    message.enumType.forEach(addValue);
    for (const nested of message.nestedType) {
      extend(nested, `${typeName}.${nested.name}`);
    }
    const desc = messages.get(typeName);
    // Map entries and google.protobuf stay as they are.
    if (desc === undefined) {
      return;
    }
    const fields = [
      ...addedTypes.map((type) => ({ name: `newer_${FieldDescriptorProto_Type[type].toLowerCase()}`, type })),
      {
        name: "newer_packed",
        type: FieldDescriptorProto_Type.INT32,
        label: FieldDescriptorProto_Label.REPEATED,
      },
      { name: "newer_self", type: FieldDescriptorProto_Type.MESSAGE, typeName: `.${typeName}` },
      {
        name: "newer_map",
        type: FieldDescriptorProto_Type.MESSAGE,
        typeName: `.${typeName}.NewerMapEntry`,
        label: FieldDescriptorProto_Label.REPEATED,
      },
      ...desc.oneofs.map((oneof) => ({
        name: `newer_${oneof.name}`,
        type: FieldDescriptorProto_Type.STRING,
        oneofIndex: desc.proto.oneofDecl.indexOf(oneof.proto),
      })),
    ];
    const numbers = unusedNumbers(desc, fields.length);
    message.field.push(
      ...fields.map((field, i) =>
        create(FieldDescriptorProtoSchema, {
          label: FieldDescriptorProto_Label.OPTIONAL,
          number: numbers[i] as number,
          ...field,
        }),
      ),
    );
    message.nestedType.push(newerMapEntry());
  }
}

function addValue(desc: EnumDescriptorProto): void {
  const number = Math.max(...desc.value.map((value) => value.number)) + 1;
  desc.value.push(create(EnumValueDescriptorProtoSchema, { name: `${desc.name}_NEWER`, number }));
}

function newerMapEntry(): DescriptorProto {
  const entry = (name: string, number: number, type: FieldDescriptorProto_Type) => ({
    name,
    number,
    type,
    label: FieldDescriptorProto_Label.OPTIONAL,
  });
  return create(DescriptorProtoSchema, {
    name: "NewerMapEntry",
    options: { mapEntry: true },
    field: [
      entry("key", 1, FieldDescriptorProto_Type.STRING),
      entry("value", 2, FieldDescriptorProto_Type.UINT64),
    ],
  });
}
