// Completes descriptor images that lack files that they import.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  EnumValueDescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Type,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
} from "@bufbuild/protobuf/wkt";
import { googleFiles, isGoogleFile, stubFolder } from "./descriptors.ts";

/**
 * Sorts the files of an image so that each follows those that it imports, and adds those that are missing, as in an
 * image by `protoc -o` without --include_imports: those of the image that it is compared with, those of google/protobuf,
 * and stubs of all others, which declare the types that the image uses. `isGoogleFile` holds for stubs, so that they are
 * not part of the contract.
 *
 * @param image Changed in place.
 * @param readOther Returns the files of the image that it is compared with; called only if an import is missing.
 * @returns whether the image changed.
 */
export function completeImports(image: FileDescriptorSet, readOther: () => FileDescriptorProto[]): boolean {
  const original = image.file;
  const files = mapByName(original);
  let others: Map<string, FileDescriptorProto> | undefined;
  for (const { dependency } of files.values()) {
    for (const name of dependency.filter((name) => !files.has(name))) {
      others ??= mapByName([...[...googleFiles.values()].map(({ proto }) => proto), ...readOther()]);
      const file = others.get(name);
      if (file) {
        // The loop gets to its imports too.
        files.set(name, file);
      }
    }
  }
  for (const stub of stubMissingImports(files)) {
    files.set(stub.name, stub);
  }
  image.file = sortByImports(files);
  return image.file.some((file, index) => file !== original[index]);
}

const mapByName = (files: FileDescriptorProto[]) => new Map(files.map((file) => [file.name, file]));

/** Returns the files after those that they import. Those of an import cycle are in any order. */
function sortByImports(files: Map<string, FileDescriptorProto>): FileDescriptorProto[] {
  const sorted = new Set<FileDescriptorProto>();
  const visited = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto | undefined) => {
    if (file && !visited.has(file)) {
      visited.add(file);
      for (const name of file.dependency) {
        visit(files.get(name));
      }
      sorted.add(file);
    }
  };
  for (const file of files.values()) {
    visit(file);
  }
  return [...sorted];
}

/**
 * Returns stubs of the imports that files lack: which of them declares a type is unknown, so that all import all.
 *
 * @param files By path. Their imports are changed to the paths of the stubs.
 */
function stubMissingImports(files: Map<string, FileDescriptorProto>): FileDescriptorProto[] {
  const missing = new Set<string>();
  for (const file of files.values()) {
    file.dependency = file.dependency.map((name) => {
      if (files.has(name)) {
        return name;
      }
      const path = isGoogleFile(name) ? name : `${stubFolder}${name}`;
      missing.add(path);
      return path;
    });
  }
  if (missing.size === 0) {
    return [];
  }
  const types = stubMissingTypes([...files.values()]);
  const dependency = types.map(({ name }) => name);
  const publicDependency = dependency.map((_, index) => index);
  return [...types, ...[...missing].map((name) => createFile({ name, dependency, publicDependency }))];
}

/** Messages of this edition have extensions if they declare them, and its enums are open: all files can use them. */
const createFile = (init: MessageInitShape<typeof FileDescriptorProtoSchema>) =>
  create(FileDescriptorProtoSchema, { syntax: "editions", edition: Edition.EDITION_2023, ...init });

/** Returns files, one for each package, which declare the types that others use without a declaration. */
function stubMissingTypes(files: FileDescriptorProto[]): FileDescriptorProto[] {
  const packages = new Map<string, FileDescriptorProto>();
  const messages = new Map<string, DescriptorProto>();
  const isInMessage = (scope: string): boolean =>
    messages.has(scope) || (scope !== "" && isInMessage(splitName(scope).scope));
  const openScope = (scope: string): FileDescriptorProto | DescriptorProto => {
    const found = messages.get(scope) ?? packages.get(scope);
    if (found || isInMessage(scope)) {
      return found ?? addMessage(scope);
    }
    const name = scope.slice(1);
    const file = createFile({ name: `${stubFolder}package ${name}.proto`, package: name });
    packages.set(scope, file);
    return file;
  };
  const addMessage = (typeName: string): DescriptorProto => {
    const { scope, name } = splitName(typeName);
    const message = createMessage(name);
    const holder = openScope(scope);
    ("nestedType" in holder ? holder.nestedType : holder.messageType).push(message);
    messages.set(typeName, message);
    return message;
  };
  // The name of a type follows that of the message that it is nested in.
  for (const [typeName, defaults] of [...findMissingTypes(files)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (defaults) {
      const { scope, name } = splitName(typeName);
      openScope(scope).enumType.push(createEnum(name, defaults));
    } else {
      addMessage(typeName);
    }
  }
  return [...packages.values()];
}

/** Splits ".package.Message" into ".package" and "Message". */
function splitName(typeName: string): { scope: string; name: string } {
  const dot = typeName.lastIndexOf(".");
  return { scope: typeName.slice(0, dot), name: typeName.slice(dot + 1) };
}

const createMessage = (name: string): DescriptorProto =>
  create(DescriptorProtoSchema, {
    name,
    // All numbers of fields.
    extensionRange: [create(DescriptorProto_ExtensionRangeSchema, { start: 1, end: 1 << 29 })],
  });

const createEnum = (name: string, values: Set<string>): EnumDescriptorProto =>
  create(EnumDescriptorProtoSchema, {
    name,
    // No option has a negative number, which would be shown as the name of another value.
    value: [`${name}_STUB`, ...values].map((value, index) =>
      create(EnumValueDescriptorProtoSchema, { name: value, number: 0 - index }),
    ),
  });

/**
 * Returns the full names of types that files use and do not declare, each after a dot; with those of enums, the values
 * that are defaults of fields.
 */
function findMissingTypes(files: FileDescriptorProto[]): Map<string, Set<string> | undefined> {
  const declared = new Set<string>();
  const used = new Map<string, Set<string> | undefined>();
  const readField = ({ extendee, type, typeName, defaultValue }: FieldDescriptorProto) => {
    if (extendee !== "") {
      used.set(extendee, undefined);
    }
    if (type === FieldDescriptorProto_Type.ENUM) {
      const values = used.get(typeName) ?? new Set();
      used.set(typeName, defaultValue === "" ? values : values.add(defaultValue));
    } else if (typeName !== "") {
      used.set(typeName, undefined);
    }
  };
  const readScope = (
    scope: string,
    messages: DescriptorProto[],
    { enumType, extension }: FileDescriptorProto | DescriptorProto,
  ) => {
    for (const { name } of enumType) {
      declared.add(`${scope}.${name}`);
    }
    extension.forEach(readField);
    for (const message of messages) {
      const name = `${scope}.${message.name}`;
      declared.add(name);
      message.field.forEach(readField);
      readScope(name, message.nestedType, message);
    }
  };
  for (const file of files) {
    readScope(file.package === "" ? "" : `.${file.package}`, file.messageType, file);
    for (const { inputType, outputType } of file.service.flatMap(({ method }) => method)) {
      used.set(inputType, undefined).set(outputType, undefined);
    }
  }
  return new Map([...used].filter(([name]) => !declared.has(name)));
}
