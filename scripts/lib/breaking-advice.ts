/** Why a rule's break is none to be made, and what to do instead; the first pattern that matches a rule holds. */
const advice: [rule: RegExp, text: string][] = [
  [
    /^(FILE|PACKAGE)_NO_DELETE$/,
    "keep it, and mark what is in it as deprecated; what replaces it goes into a new version package beside it",
  ],
  [
    /^FILE_SAME_PACKAGE$/,
    "leave the package as it was, as every name on the wire begins with it; add a new version package beside it",
  ],
  [
    /^FILE_SAME_/,
    "set it back, as generated code of every consumer depends on it; or add a new version package",
  ],
  [
    /SERVICE_NO_DELETE$/,
    "keep the service, where it was, with `option deprecated = true;`, as deployed clients would get UNIMPLEMENTED; " +
      "add what replaces it beside it",
  ],
  [
    /^RPC_NO_DELETE$/,
    "keep the RPC with `option deprecated = true;`, as deployed clients would get UNIMPLEMENTED; " +
      "add what replaces it beside it",
  ],
  [/^RPC_/, "leave the RPC as it was and deprecate it; add another RPC beside it"],
  [
    /(MESSAGE|ENUM|EXTENSION)_NO_DELETE$/,
    "keep it, where it was, with `option deprecated = true;`; add what replaces it beside it, under another name",
  ],
  [
    /^RESERVED_/,
    "put the reserved numbers and names back: data and clients with their former meaning are still about",
  ],
  [
    /^ENUM_VALUE_NO_DELETE/,
    "keep the value with [deprecated = true]; only a new version package may leave it out, with `reserved` for its " +
      "number and name",
  ],
  [
    /^ENUM_VALUE_/,
    "leave the value as it was and deprecate it; add another with the next free number beside it",
  ],
  [/^ENUM_/, "set it back; or add another enum beside it, for new fields"],
  [
    /^FIELD_NO_DELETE/,
    "keep the field with [deprecated = true]; only a new version package may leave it out, with `reserved` for its " +
      "number and name",
  ],
  [
    /^(FIELD|ONEOF)_/,
    "leave it as it was and deprecate it; add another field with the next free number beside it",
  ],
  [/^(MESSAGE|EXTENSION_MESSAGE)_/, "set it back; or add another message beside it, for new RPCs and fields"],
];

/**
 * What to do instead of a break.
 *
 * @param rule ID of one of buf's breaking rules: https://buf.build/docs/breaking/rules
 */
export function adviceFor(rule: string): string | undefined {
  return advice.find(([pattern]) => pattern.test(rule))?.[1];
}
