import { create, isMessage } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import {
  DescriptorProtoSchema,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  SourceCodeInfo_LocationSchema,
  SourceCodeInfoSchema,
} from "@bufbuild/protobuf/wkt";

/**
 * Gives an image that was built without source info a place for each part of each declaration, a line of its
 * own: it is by places that buf says what it speaks of.
 */
export function withPlaces(image: FileDescriptorSet): FileDescriptorSet {
  for (const file of image.file) {
    const paths = [...partsOf(reflect(FileDescriptorProtoSchema, file), [])];
    file.sourceCodeInfo = create(SourceCodeInfoSchema, {
      location: paths.map((path, line) =>
        create(SourceCodeInfo_LocationSchema, { path, span: [line, 0, 1] }),
      ),
    });
  }
  return image;
}

/** Source paths, as google.protobuf.SourceCodeInfo has them, of a descriptor and of all that is set in it. */
function* partsOf(descriptor: ReflectMessage, path: number[]): Generator<number[]> {
  // As in source info, what the compiler makes of a map has none: it is the map that was written.
  if (isMessage(descriptor.message, DescriptorProtoSchema) && descriptor.message.options?.mapEntry) {
    return;
  }
  yield path;
  for (const field of descriptor.fields.filter((one) => descriptor.isSet(one))) {
    const own = [...path, field.number];
    const value = descriptor.get(field);
    if (field.fieldKind === "list") {
      for (const [index, item] of [...(value as Iterable<unknown>)].entries()) {
        const place = [...own, index];
        yield* field.message ? partsOf(item as ReflectMessage, place) : [place];
      }
    } else {
      yield* field.fieldKind === "message" ? partsOf(value as ReflectMessage, own) : [own];
    }
  }
}
