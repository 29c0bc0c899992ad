// Resolves the features of editions that descriptors of protobuf-es do not.
import type { DescFile } from "@bufbuild/protobuf";
import { Edition } from "@bufbuild/protobuf/wkt";

/** Values in words by the names of features: "json_format", "[pb.cpp].string_type". */
export type Features = Readonly<Record<string, string>>;

/** The features that are resolved here, with their defaults. https://protobuf.dev/editions/features */
const defaults: { since: Edition; features: Features }[] = [
  {
    since: Edition.EDITION_UNKNOWN,
    features: {
      json_format: "legacy best effort",
      default_symbol_visibility: "export all",
      "[pb.cpp].string_type": "string",
      "[pb.java].utf8_validation": "default",
    },
  },
  { since: Edition.EDITION_PROTO3, features: { json_format: "allow" } },
  {
    since: Edition.EDITION_2024,
    features: { default_symbol_visibility: "export top level", "[pb.cpp].string_type": "view" },
  },
  // After 2024: https://protobuf.dev/programming-guides/symbol_visibility
  { since: Edition.EDITION_2024 + 1, features: { default_symbol_visibility: "strict" } },
];

/** The features whose resolved values are attributes of what they affect: those above, and those of protobuf-es. */
const resolved = new Set([
  ...["field_presence", "enum_type", "repeated_field_encoding", "utf8_validation", "message_encoding"],
  ...defaults.flatMap(({ features }) => Object.keys(features)),
]);

/** Returns the features that an edition sets for a file. */
export const featuresOf = (file: DescFile): Features =>
  Object.assign({}, ...defaults.filter(({ since }) => since <= file.edition).map(({ features }) => features));

/** @param option The option `features` of what inherits, as JSON. */
export function inheritFeatures(inherited: Features, option: string | undefined): Features {
  if (option === undefined) {
    return inherited;
  }
  const values = Object.entries(flatten(JSON.parse(option)));
  const inWords = values.map(([name, value]) => [name, value.toLowerCase().replaceAll("_", " ")]);
  return { ...inherited, ...Object.fromEntries(inWords) };
}

/** Returns the features that are no attribute of what they affect, as options. */
export const otherFeatures = (option: string | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(flatten(JSON.parse(option ?? "{}")))
      .filter(([name]) => !resolved.has(name))
      .map(([name, value]) => [`features.${name}`, value]),
  );

/** Returns the fields of nested objects by their paths. */
function flatten(object: object, prefix = ""): Record<string, string> {
  const entries = Object.entries(object).map(([name, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? flatten(value, `${prefix}${name}.`)
      : { [`${prefix}${name}`]: `${value}` },
  );
  return Object.assign({}, ...entries);
}
