/** What to do instead of a break, by rule. The first pattern that matches counts. */
const advice: [rule: RegExp, text: string][] = [
  [
    /^(FILE|PACKAGE)_NO_DELETE$/,
    "keep it, and deprecate what it declares; add the replacement in a new version package",
  ],
  [
    /^FILE_SAME_PACKAGE$/,
    "leave the package unchanged, as every name on the wire begins with it; add a new version package",
  ],
  [
    /^FILE_SAME_/,
    "revert it, as generated code of every consumer depends on it; or add a new version package",
  ],
  [
    /SERVICE_NO_DELETE$/,
    "keep the service in its place with `option deprecated = true;`, as deployed clients would get UNIMPLEMENTED; " +
      "add the replacement as another service",
  ],
  [
    /^RPC_NO_DELETE$/,
    "keep the RPC with `option deprecated = true;`, as deployed clients would get UNIMPLEMENTED; " +
      "add the replacement as another RPC",
  ],
  [/^RPC_/, "leave the RPC unchanged and deprecate it; add another RPC"],
  [
    /(MESSAGE|ENUM|EXTENSION)_NO_DELETE$/,
    "keep it in its place with `option deprecated = true;`; add the replacement under another name",
  ],
  [
    /^RESERVED_/,
    "restore the reserved numbers and names: data and clients with their earlier meaning still exist",
  ],
  [
    /^ENUM_VALUE_NO_DELETE/,
    "keep the value with [deprecated = true]; only a new version package may leave it out, with `reserved` for its " +
      "number and name",
  ],
  [/^ENUM_VALUE_/, "leave the value unchanged and deprecate it; add another value with the next free number"],
  [/^ENUM_/, "revert it; or add another enum for new fields"],
  [
    /^FIELD_NO_DELETE/,
    "keep the field with [deprecated = true]; only a new version package may leave it out, with `reserved` for its " +
      "number and name",
  ],
  [/^(FIELD|ONEOF)_/, "leave it unchanged and deprecate it; add another field with the next free number"],
  [/^(MESSAGE|EXTENSION_MESSAGE)_/, "revert it; or add another message for new RPCs and fields"],
];

/**
 * Returns what to do instead of a break, or undefined for a rule without advice.
 *
 * @param rule ID of one of buf's breaking rules: https://buf.build/docs/breaking/rules
 */
export function adviceFor(rule: string): string | undefined {
  return advice.find(([pattern]) => pattern.test(rule))?.[1];
}
