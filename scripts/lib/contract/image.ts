import { readFileSync } from "node:fs";
import {
  clearField,
  create,
  createFileRegistry,
  type FileRegistry,
  fromBinary,
  isMessage,
  toBinary,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import {
  DescriptorProtoSchema,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
  SourceCodeInfo_LocationSchema,
  SourceCodeInfoSchema,
} from "@bufbuild/protobuf/wkt";
import { cannotRun, quote } from "../cli/errors.ts";
import { isGoogleFile } from "./descriptors.ts";

/**
 * Reads a descriptor image from a file. The line ends in its comments are LF: git may convert those of the files.
 *
 * @param name Its name in the message.
 * @throws UserError (exit code 2) if the file is not a descriptor image.
 */
export function readDescriptorSet(path: string, name = path): FileDescriptorSet {
  const set = orRefuse(name, () => fromBinary(FileDescriptorSetSchema, readFileSync(path)));
  for (const { sourceCodeInfo } of set.file) {
    for (const location of sourceCodeInfo?.location ?? []) {
      // A comment that is set to an empty text is not the same as one that is not set.
      for (const field of ["leadingComments", "trailingComments"] as const) {
        if (location[field].includes("\r")) {
          location[field] = normalizeLineEnds(location[field]);
        }
      }
      if (location.leadingDetachedComments.length > 0) {
        location.leadingDetachedComments = location.leadingDetachedComments.map(normalizeLineEnds);
      }
    }
  }
  return set;
}

const normalizeLineEnds = (text: string) => text.replace(/\r$/gm, "");

/**
 * Reads a descriptor image from a file as a registry of its types.
 *
 * @throws UserError (exit code 2) if the file is not a descriptor image, or lacks a file that it imports.
 */
export const readImage = (path: string): FileRegistry => toRegistry(readDescriptorSet(path), path);

/**
 * Returns a descriptor image as a registry of its types.
 *
 * @param name Name of its file in the message.
 * @throws UserError (exit code 2) if the image lacks a file that it imports.
 */
export const toRegistry = (image: FileDescriptorSet, name: string): FileRegistry =>
  orRefuse(name, () => createFileRegistry(image));

function orRefuse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw cannotRun(
      `${path} is not a descriptor image, a serialized google.protobuf.FileDescriptorSet: ${(error as Error).message}\n` +
        "  Run: npx buf build -o image.binpb      to build one of the contract in the working tree\n" +
        `  Or: npx buf build ${quote(path)} -o image.binpb      to convert an image whose name ends in .gz, .zst, .json, .txtpb or .yaml`,
    );
  }
}

/**
 * Returns the contract's files in a descriptor image, each as its bytes, by import path. The bytes of two files with
 * source info are equal if their text is.
 */
export function readFileBytes(path: string): Map<string, Uint8Array> {
  const files = readDescriptorSet(path).file.filter(({ name }) => !isGoogleFile(name));
  return new Map(files.map((file) => [file.name, toBinary(FileDescriptorProtoSchema, file)]));
}

/** Returns an image without source info (comments and positions), as a plain google.protobuf.FileDescriptorSet. */
export function withoutSourceInfo(image: Uint8Array): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, image, { readUnknownFields: false });
  for (const file of set.file) {
    clearField(file, FileDescriptorProtoSchema.field.sourceCodeInfo);
  }
  return toBinary(FileDescriptorSetSchema, set);
}

/**
 * Gives the files of an image that have no source info a location for each part of each declaration, on a line of its
 * own: buf reports the subject of a finding by its location.
 */
export function addLocations(image: FileDescriptorSet): void {
  for (const file of image.file.filter(({ sourceCodeInfo }) => !sourceCodeInfo)) {
    const paths = [...partsOf(reflect(FileDescriptorProtoSchema, file), [])];
    file.sourceCodeInfo = create(SourceCodeInfoSchema, {
      location: paths.map((path, line) =>
        create(SourceCodeInfo_LocationSchema, { path, span: [line, 0, 1] }),
      ),
    });
  }
}

/** Yields the source paths, as google.protobuf.SourceCodeInfo defines them, of a descriptor and all that it holds. */
function* partsOf(descriptor: ReflectMessage, path: number[]): Generator<number[]> {
  // The compiler gives the entry message of a map no location: it is part of the map field.
  if (isMessage(descriptor.message, DescriptorProtoSchema) && descriptor.message.options?.mapEntry) {
    return;
  }
  yield path;
  for (const field of descriptor.fields.filter((candidate) => descriptor.isSet(candidate))) {
    const fieldPath = [...path, field.number];
    const value = descriptor.get(field);
    if (field.fieldKind === "list") {
      for (const [index, item] of [...(value as Iterable<unknown>)].entries()) {
        const itemPath = [...fieldPath, index];
        yield* field.message ? partsOf(item as ReflectMessage, itemPath) : [itemPath];
      }
    } else {
      yield* field.fieldKind === "message" ? partsOf(value as ReflectMessage, fieldPath) : [fieldPath];
    }
  }
}
