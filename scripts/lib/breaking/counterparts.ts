// Finds what became of a field, an extension or an enum value in a later contract.
import type {
  DescEnum,
  DescEnumValue,
  DescExtension,
  DescField,
  DescMessage,
  FileRegistry,
} from "@bufbuild/protobuf";
import { typeOf } from "../contract/descriptors.ts";
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
  counterpart: Numbered | undefined;
  /** The declaration of the later contract that has its number, if that is another one. */
  successor: Numbered | undefined;
  /** Whether the successor is new, rather than renumbered itself. */
  isNew: boolean;
  severity: Severity;
  /** The message or enum in the later contract. */
  owner: DescMessage | DescEnum | undefined;
}

function followField(before: DescField, { after }: Contracts): Fate {
  const owner = after.getMessage(before.parent.typeName);
  const counterparts = matchFields(before.parent.fields, owner?.fields ?? []);
  const counterpart = counterparts.get(before);
  const successor = owner?.fields.find((field) => field.number === before.number && field !== counterpart);
  return {
    ...{ counterpart, successor, owner },
    isNew: successor !== undefined && !counterparts.has(successor),
    severity: counterpart
      ? compareFields(before, counterpart, counterparts)
      : owner
        ? severityOfRemoval(before, owner)
        : "code",
  };
}

function followValue(before: DescEnumValue, { after }: Contracts): Fate {
  const owner = after.getEnum(before.parent.typeName);
  const counterparts = matchValues(before.parent.values, owner?.values ?? []);
  const counterpart = counterparts.get(before);
  const isTaken = counterpart?.number !== before.number;
  const successor = isTaken ? owner?.values.find(({ number }) => number === before.number) : undefined;
  return {
    ...{ counterpart, successor, owner },
    isNew: successor !== undefined && !counterparts.has(successor),
    severity: owner ? worstOf(aliasesOf(before).map((value) => compareValue(value, owner))) : "code",
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
    ...{ counterpart, successor, isNew, owner: undefined },
    severity:
      isMoved || isFree
        ? "wire"
        : counterpart
          ? compareFields(asField(before), asField(counterpart), new Map())
          : "code",
  };
}

/** Finds what became of a declaration in the later contract. */
export function follow(before: Numbered, contracts: Contracts): Fate {
  switch (before.kind) {
    case "field":
      return followField(before, contracts);
    case "enum_value":
      return followValue(before, contracts);
    default:
      return followExtension(before, contracts);
  }
}
