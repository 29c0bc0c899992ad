import type { AnyDesc, DescFile } from "@bufbuild/protobuf";
import type { SourceCodeInfo_Location } from "@bufbuild/protobuf/wkt";

/**
 * The path of an element in its file, as google.protobuf.SourceCodeInfo.Location.path has it: numbers of
 * fields of descriptor.proto and indexes into them, in turns.
 */
export function sourcePath(element: AnyDesc): number[] {
  switch (element.kind) {
    case "file":
      return [];
    case "message":
      return element.parent
        ? [...sourcePath(element.parent), 3, element.parent.proto.nestedType.indexOf(element.proto)]
        : [4, element.file.proto.messageType.indexOf(element.proto)];
    case "enum":
      return element.parent
        ? [...sourcePath(element.parent), 4, element.parent.proto.enumType.indexOf(element.proto)]
        : [5, element.file.proto.enumType.indexOf(element.proto)];
    case "extension":
      return element.parent
        ? [...sourcePath(element.parent), 6, element.parent.proto.extension.indexOf(element.proto)]
        : [7, element.file.proto.extension.indexOf(element.proto)];
    case "service":
      return [6, element.file.proto.service.indexOf(element.proto)];
    case "field":
      return [...sourcePath(element.parent), 2, element.parent.proto.field.indexOf(element.proto)];
    case "oneof":
      return [...sourcePath(element.parent), 8, element.parent.proto.oneofDecl.indexOf(element.proto)];
    case "enum_value":
      return [...sourcePath(element.parent), 2, element.parent.proto.value.indexOf(element.proto)];
    case "rpc":
      return [...sourcePath(element.parent), 2, element.parent.proto.method.indexOf(element.proto)];
  }
}

const locations = new WeakMap<DescFile, Map<string, SourceCodeInfo_Location>>();

/** The comment above an element, or after it, as one line of text; empty when there is none. */
export function comment(element: AnyDesc): string {
  const file = fileOf(element);
  let index = locations.get(file);
  if (index === undefined) {
    index = new Map(file.proto.sourceCodeInfo?.location.map((location) => [location.path.join(), location]));
    locations.set(file, index);
  }
  const location = index.get(sourcePath(element).join());
  return (location?.leadingComments || location?.trailingComments || "").replace(/\s+/g, " ").trim();
}

/** The file that an element is declared in. */
export function fileOf(element: AnyDesc): DescFile {
  switch (element.kind) {
    case "file":
      return element;
    case "field":
    case "oneof":
    case "enum_value":
    case "rpc":
      return element.parent.file;
    default:
      return element.file;
  }
}
