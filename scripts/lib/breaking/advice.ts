import type { DescEnum, DescEnumValue, DescField, DescMessage } from "@bufbuild/protobuf";
import type { Fate, Numbered } from "./counterparts.ts";
import { reservationOf } from "./severity.ts";

/** What to do instead of a break, by rule. The first pattern that matches counts. */
const advice: [rule: RegExp, text: string][] = [
  [
    /^RESERVED_/,
    "restore the reserved numbers and names: data and clients with their earlier meaning still exist",
  ],
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
    /^ENUM_VALUE_NO_DELETE/,
    "keep the value with [deprecated = true]; only a new version package may leave it out",
  ],
  [/^AGYN_ENUM_VALUE_/, "declare an alias after the value whose number it has"],
  [/^AGYN_EXTENSION_/, "leave the extension unchanged and deprecate it; declare another one"],
  [/^ENUM_VALUE_/, "leave the value unchanged and deprecate it; add another value with the next free number"],
  [/^ENUM_/, "revert it; or add another enum for new fields"],
  [
    /^FIELD_NO_DELETE/,
    "keep the field with [deprecated = true]; only a new version package may leave it out",
  ],
  [/^(FIELD|ONEOF)_/, "leave it unchanged and deprecate it; add another field with the next free number"],
  [/^(MESSAGE|EXTENSION_MESSAGE)_/, "revert it; or add another message for new RPCs and fields"],
];

/**
 * Returns what to do instead of a break. A test checks that each rule of buf has advice.
 *
 * @param rule ID of one of buf's breaking rules (https://buf.build/docs/breaking/rules) or of one of our own.
 */
export const adviceForRule = (rule: string): string =>
  advice.find(([pattern]) => pattern.test(rule))?.[1] ??
  "leave it unchanged; add what is new in addition to it";

/**
 * Returns what to do instead of a break of a field, an extension or an enum value.
 *
 * @param rule Rule of the violation that says most about it.
 */
export function adviceForNumbered(before: Numbered, fate: Fate, rule: string): string {
  const { counterpart, successor, isNew, owner } = fate;
  const { name, number } = before;
  const move = successor && isNew ? `, and give ${successor.name} the next free number` : "";
  if (counterpart && counterpart.number !== number) {
    return `give ${name} its number ${number} back${move}`;
  }
  if (counterpart || before.kind === "extension" || !owner) {
    return adviceForRule(rule);
  }
  if (successor) {
    return `restore ${name} as number ${number} with [deprecated = true]${move}`;
  }
  return `${adviceForRule(rule)}${adviceToReserve(before, owner)}`;
}

/** Returns what \`reserved\` would change about a removal; nothing if number and name are reserved. */
function adviceToReserve(removed: DescField | DescEnumValue, owner: DescMessage | DescEnum): string {
  const isReserved = reservationOf(removed, owner);
  const missing = [
    ...(isReserved.number ? [] : [`reserved ${removed.number};`]),
    ...(isReserved.name ? [] : [`reserved "${removed.name}";`]),
  ];
  if (missing.length === 0) {
    return "";
  }
  const taken = isReserved.number
    ? "its name, and would misread earlier JSON"
    : "its number, and would misread earlier bytes";
  return (
    `. A removal without \`${missing.join(" ")}\` is worse: a later declaration could take ${taken}; ` +
    "with it, only generated code breaks"
  );
}
