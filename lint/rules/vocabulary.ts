// Terms that several rules share.
import type { DescField } from "@bufbuild/protobuf";
import { elementType } from "../../scripts/lib/contract/descriptors.ts";

/** Field numbers of descriptor.proto, to report a part of a declaration. */
export const part = {
  file: { package: 2, goPackage: [8, 11], syntax: 12 },
  field: { number: 3, type: 5, typeName: 6 },
  enum: { name: 1 },
  value: { name: 1 },
  service: { name: 1 },
  method: { name: 1, input: 2, output: 3, clientStreaming: 5, serverStreaming: 6 },
} as const;

/** Returns the field number of the part of a field's declaration that holds its type. */
export const typePart = ({ message, enum: enumeration }: DescField): number =>
  message || enumeration ? part.field.typeName : part.field.type;

/** Returns a name in snake case as buf does, which keeps acronyms: http_status for HTTPStatus. */
export const snakeCase = (name: string): string =>
  name.replace(/(?<=[a-z\d])[A-Z]|(?<=[A-Za-z\d])[A-Z](?=[a-z])/g, "_$&").toLowerCase();

/** Returns what a name is about: counts for counts_by_courier_id. */
export const headOf = (name: string): string => name.split(/_(?:by|for|per)_/)[0] ?? name;

/** Returns whether each value of a field is text. */
export const isText = (field: DescField): boolean => elementType(field) === "string";

/** Returns whether each value of a field is a number, of any kind but an enum's. */
export const isNumber = (field: DescField): boolean =>
  /^([su]?int|s?fixed)\d+$|^(float|double)$/.test(elementType(field));
