// Finds what became of a field, an extension or an enum value in a later contract.
import type {
  DescEnum,
  DescEnumValue,
  DescExtension,
  DescField,
  DescMessage,
  FileRegistry,
} from "@bufbuild/protobuf";
import { typeOf, withNumber } from "../contract/descriptors.ts";
import {
  aliasesOf,
  asField,
  compareFields,
  compareValue,
  matchFields,
  matchValues,
  reservationOf,
  type Severity,
  severityOfRemoval,
  worstOf,
} from "./severity.ts";

/** The two contracts that are compared. */
export interface Contracts {
  before: FileRegistry;
  after: FileRegistry;
}

/** A declaration with a number. */
export type Numbered = DescField | DescExtension | DescEnumValue;

/** What became of a field, extension or enum value. */
export interface Fate {
  /** The same declaration in the later contract; undefined if it is removed. */
  counterpart?: Numbered | undefined;
  /** The declaration of the later contract that took its number, if that is another one. */
  successor?: Numbered | undefined;
  /** Whether the successor is new, rather than renumbered itself. */
  isNew?: boolean;
  severity: Severity;
  /** The message or enum in the later contract. */
  owner?: DescMessage | DescEnum;
}

/** Finds what became of a declaration in the later contract. */
export function follow(before: Numbered, contracts: Contracts): Fate {
  switch (before.kind) {
    case "field":
      return followField(before, contracts.after.getMessage(before.parent.typeName));
    case "enum_value":
      return followValue(before, contracts.after.getEnum(before.parent.typeName));
    default:
      return followExtension(before, contracts);
  }
}

function followField(before: DescField, owner: DescMessage | undefined): Fate {
  if (owner === undefined) {
    return { severity: "code" };
  }
  const counterparts = matchFields(before.parent.fields, owner.fields);
  const counterpart = counterparts.get(before);
  const successor = withNumber(owner.fields, before.number).find((field) => field !== counterpart);
  return {
    ...{ counterpart, successor, owner },
    isNew: successor !== undefined && !counterparts.has(successor),
    severity: counterpart
      ? compareFields(before, counterpart, counterparts)
      : severityOfRemoval(before, owner),
  };
}

function followValue(before: DescEnumValue, owner: DescEnum | undefined): Fate {
  if (owner === undefined) {
    return { severity: "code" };
  }
  const counterparts = matchValues(before.parent.values, owner.values);
  const counterpart = counterparts.get(before);
  // Aliases share a number: one that had it before took it from nobody.
  const holders = withNumber(owner.values, before.number);
  const isTaken = holders.every((value) => counterparts.get(value)?.number !== before.number);
  const successor = isTaken ? holders[0] : undefined;
  return {
    ...{ counterpart, successor, owner },
    isNew: successor !== undefined && !counterparts.has(successor),
    severity: worstOf(aliasesOf(before).map((value) => compareValue(value, owner))),
  };
}

function followExtension(before: DescExtension, contracts: Contracts): Fate {
  const message = contracts.after.getMessage(before.extendee.typeName);
  const holder = message && contracts.after.getExtensionFor(message, before.number);
  const isNew = holder !== undefined && contracts.before.getExtension(holder.typeName) === undefined;
  const isRenamed = isNew && typeOf(asField(holder)) === typeOf(asField(before));
  const counterpart = contracts.after.getExtension(before.typeName) ?? (isRenamed ? holder : undefined);
  const successor = holder === counterpart ? undefined : holder;
  const isMoved = counterpart && counterpart.extendee.typeName !== before.extendee.typeName;
  const isFree = !counterpart && message && !reservationOf(asField(before), message).number;
  return {
    ...{ counterpart, successor, isNew },
    severity:
      isMoved || isFree
        ? "wire"
        : counterpart
          ? compareFields(asField(before), asField(counterpart), new Map())
          : "code",
  };
}
