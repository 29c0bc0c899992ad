import type { AnyDesc, DescEnumValue, DescField, DescFile, DescMethod } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";
import { groupBy } from "../cli/collections.ts";
import {
  elementAt,
  fileOf,
  holderOf,
  nameInPackage,
  type Place,
  placeOf,
  shortName,
  typeOf,
  withNumber,
} from "../contract/descriptors.ts";
import { adviceForNumbered, adviceForRule } from "./advice.ts";
import { type Contracts, type Fate, follow, type Numbered } from "./counterparts.ts";
import { compareMessages, type Severity, worstOf } from "./severity.ts";
import { importPathOf, type Violation } from "./violations.ts";

/** A breaking change: the violations that are about one declaration, with one severity and one piece of advice. */
export interface Finding extends Place {
  /** Full name of the declaration in the earlier contract, or the import path of a file. */
  element: string;
  severity: Severity;
  /** Whether deployed clients call an RPC that the later contract does not have. */
  endsCalls: boolean;
  /** What happened: one line, or several if several violations do not explain each other. */
  message: string;
  /** What to do instead. */
  advice: string;
  /** Import path of the file that has the place; undefined for findings about a package. */
  path: string | undefined;
  /** At least one. */
  violations: Violation[];
}

/**
 * Groups violations into findings. Each violation belongs to one of them, and each field, extension or enum value has
 * one. buf compares what has the same number; a finding is about what has the same name, if both contracts have it.
 */
export function toFindings(violations: Violation[], contracts: Contracts): Finding[] {
  const groups = groupBy(
    violations,
    (violation) =>
      findNumbered(violation, contracts) ??
      `${nameOf(violation, contracts)} ${adviceForRule(violation.rule)}`,
  );
  return [...groups].map(([subject, group]) =>
    typeof subject === "string"
      ? describeViolations(group, contracts)
      : describeNumbered(subject, group, contracts),
  );
}

function describeViolations(violations: Violation[], contracts: Contracts): Finding {
  const [first] = violations as [Violation];
  return {
    ...placeIn(violations),
    element: nameOf(first, contracts),
    severity: worstOf(violations.map((violation) => severityOf(violation, contracts))),
    endsCalls: violations.some((violation) => endsCalls(violation, contracts)),
    message: messagesOf(violations).join("\n"),
    advice: adviceForRule(first.rule),
    violations,
  };
}

/** Returns the place of the first violation that is not about a removal, as those have the place of what held it. */
function placeIn(violations: Violation[]) {
  const [first] = violations as [Violation];
  const violation = violations.find(({ rule }) => !rule.includes("_NO_DELETE")) ?? first;
  const { line, column, endLine, endColumn } = violation;
  return { path: importPathOf(violation), line, column, endLine, endColumn };
}

/** Returns the sentences of violations, each once. */
export const messagesOf = (violations: Violation[]) => [...new Set(violations.map(({ message }) => message))];

/** Rules about how RPCs exchange messages, required fields, reserved numbers and closed enums. */
const wireRules = /^(RPC_SAME_.*_STREAMING|MESSAGE_SAME_REQUIRED_FIELDS|RESERVED_.*|ENUM_SAME_TYPE)$/;

/** Returns what a violation breaks that is not about a field, an extension or an enum value. */
function severityOf({ rule, message }: Violation, { before, after }: Contracts): Severity {
  if (/^RPC_SAME_(REQUEST|RESPONSE)_TYPE$/.test(rule)) {
    const [, from = "", to = ""] = / from "([^"]+)" to "([^"]+)"/.exec(message) ?? [];
    const [earlier, later] = [before.getMessage(from), after.getMessage(to)];
    return earlier && later ? compareMessages(earlier, later) : "wire";
  }
  // A later field may take the name.
  const isName = message.startsWith("Previously present reserved name ");
  return isName ? "json" : wireRules.test(rule) ? "wire" : "code";
}

/** Returns whether an RPC that a violation is about has another path in the later contract, or none. */
function endsCalls(violation: Violation, contracts: Contracts): boolean {
  // A client of Connect may call an RPC without side effects with GET.
  return (
    violation.rule === "RPC_SAME_IDEMPOTENCY_LEVEL" ||
    rpcsOf(violation, contracts).some(
      ({ parent, name }) =>
        !contracts.after.getService(parent.typeName)?.methods.some((rpc) => rpc.name === name),
    )
  );
}

/** Returns the RPCs of the earlier contract that may be deleted or have another package, by a violation. */
function rpcsOf(violation: Violation, contracts: Contracts): DescMethod[] {
  const { before } = contracts;
  const name = nameOf(violation, contracts);
  switch (violation.rule) {
    case "FILE_NO_DELETE":
    case "FILE_SAME_PACKAGE":
      return before.getFile(importPathOf(violation) ?? "")?.services.flatMap(({ methods }) => methods) ?? [];
    case "SERVICE_NO_DELETE":
      return before.getService(name)?.methods ?? [];
    case "RPC_NO_DELETE": {
      const service = before.getService(name.slice(0, name.lastIndexOf(".")));
      return service?.methods.filter((rpc) => rpc.name === shortName(name)) ?? [];
    }
    default:
      return [];
  }
}

/** Parses how a message of buf names its subject: `Field "1" with name "a" on message "B" …`. */
export function parseSubject({ message }: Violation) {
  const required = /^(Message) "([^"]*)" had required field "(\d+)"/.exec(message);
  if (required) {
    const [, , owner, subject = ""] = required;
    return { kind: "field", subject, owner: owner?.split(".").at(-1) };
  }
  const pattern =
    /^(?:Previously present )?(\w[\w ]*?) "([^"]*)"(?: with name "([^"]*)")?(?:.*? on \w+ "([^"]*)")?/;
  const [, kind = "", subject = "", name, owner] = pattern.exec(message) ?? [];
  return { kind: kind.toLowerCase(), subject, name, owner };
}

/** Returns what the later contract has at the place of a violation: its subject, or what holds or held it. */
function placeInContract(violation: Violation, { after }: Contracts): AnyDesc | undefined {
  const file = after.getFile(violation.path ?? "");
  return file && elementAt(file, violation, parseSubject(violation).owner);
}

function nameOf(violation: Violation, contracts: Contracts): string {
  const { kind, subject, owner } = parseSubject(violation);
  const element = placeInContract(violation, contracts);
  if (element === undefined || violation.rule.startsWith("FILE_")) {
    return importPathOf(violation) ?? subject;
  }
  const inPackageOf = ({ proto }: DescFile, name: string) =>
    proto.package === "" ? name : `${proto.package}.${name}`;
  if (owner !== undefined) {
    // buf reports the file if the line was removed, such as that of an option.
    const holder = holderOf(element)?.typeName ?? inPackageOf(fileOf(element), owner);
    // A range is no declaration.
    if (/^(reserved|extension) /.test(kind)) {
      return holder;
    }
    // A new required field has no earlier name.
    const field = withNumber(contracts.after.getMessage(holder)?.fields ?? [], Number(subject))[0];
    return `${holder}.${field?.name ?? subject}`;
  }
  if (element.kind !== "file" && element.name === subject) {
    return holderOf(element)?.typeName ?? subject;
  }
  // buf compares what a file declares even if its package differs.
  const earlier = contracts.before.getFile(violation.path ?? "") ?? fileOf(element);
  return outermostDeleted(inPackageOf(earlier, subject), contracts);
}

/** Returns the name of the outermost type that is deleted with a type; the type's own name if it still exists. */
function outermostDeleted(name: string, { before, after }: Contracts): string {
  const parts = name.split(".");
  const outer = parts.map((_, index) => parts.slice(0, index + 1).join("."));
  return outer.find((type) => before.get(type) && !after.get(type)) ?? name;
}

/** Returns the field, extension or enum value of the earlier contract that a violation is about, if it is about one. */
function findNumbered(violation: Violation, contracts: Contracts): Numbered | undefined {
  const { kind, subject, name, owner = "" } = parseSubject(violation);
  const { before, after } = contracts;
  const element = placeInContract(violation, contracts);
  const holder = (element && holderOf(element)?.typeName) ?? "";
  // buf compares the entries of a map, and groups, as messages.
  const findOfType = (message: string, type: string | undefined) =>
    before
      .getMessage(message)
      ?.fields.find(
        ({ fieldKind, proto }) =>
          (fieldKind === "map" || proto.type === FieldDescriptorProto_Type.GROUP) && proto.typeName === type,
      );
  switch (kind) {
    case "extension": {
      // buf names an extension by its number and the full name of its message, and a deleted one by its own name.
      const message = before.getMessage(owner);
      return message
        ? before.getExtensionFor(message, Number(subject))
        : before.getExtension(nameOf(violation, contracts));
    }
    case "enum value": {
      const aliases = withNumber(before.getEnum(holder)?.values ?? [], Number(subject));
      const isKept = (value: DescEnumValue) =>
        withNumber(after.getEnum(holder)?.values ?? [], value.number).some(({ name }) => name === value.name);
      return aliases.find((value) => !isKept(value)) ?? aliases[0];
    }
    case "field": {
      const isEntry =
        element?.kind === "field" &&
        element.fieldKind === "map" &&
        name !== undefined &&
        name !== element.name;
      return isEntry
        ? findOfType(holder, element.proto.typeName)
        : withNumber(before.getMessage(holder)?.fields ?? [], Number(subject))[0];
    }
    case "message": {
      const type = nameOf(violation, contracts);
      const message = type.slice(0, type.lastIndexOf("."));
      return after.getMessage(message) && findOfType(message, `.${type}`);
    }
    default:
      return undefined;
  }
}

/** Rules of violations that another name or number of the declaration explains. */
const identityRules = /_(SAME_NAME|SAME_JSON_NAME|SAME_NUMBER|SAME_MESSAGE)$|_NO_DELETE/;

function describeNumbered(before: Numbered, violations: Violation[], contracts: Contracts): Finding {
  const fate = follow(before, contracts);
  const identity = describeIdentity(before, fate);
  const { counterpart, successor } = fate;
  // The entries of a map are messages that are named after it.
  const isSameType =
    before.kind === "field" && counterpart && typeOf(before) === typeOf(counterpart as DescField);
  const isExplained = ({ rule }: Violation) =>
    // buf compares what has the same number, which can be another declaration.
    successor || identityRules.test(rule) || (isSameType && rule === "FIELD_SAME_TYPE");
  const others = violations.filter((violation) => !isExplained(violation));
  const isIdentity = identity.length > 0;
  const isRenumbered = counterpart !== undefined && counterpart.number !== before.number;
  return {
    ...(isRenumbered
      ? { path: fileOf(counterpart).proto.name, ...placeOf(counterpart) }
      : placeIn(violations)),
    element: before.kind === "extension" ? before.typeName : `${before.parent.typeName}.${before.name}`,
    severity: fate.severity,
    endsCalls: false,
    message: [
      ...(isIdentity ? [`${labelOf(before)}: ${identity.join("; ")}`] : []),
      ...messagesOf(isIdentity ? others : violations),
    ].join("\n"),
    advice: adviceForNumbered(before, fate, mainRule(others.length > 0 ? others : violations)),
    violations,
  };
}

/** Returns what happened to the name and the number of a declaration; nothing if both are unchanged or free. */
function describeIdentity(before: Numbered, { counterpart, successor }: Fate): string[] {
  const { number } = before;
  const nameIn = (declaration: Numbered) =>
    declaration.kind === "extension" ? declaration.typeName : declaration.name;
  const extendeeOf = (declaration: Numbered | undefined) =>
    declaration?.kind === "extension" ? declaration.extendee.typeName : undefined;
  return [
    ...(counterpart && counterpart.number !== number ? [`number ${number} → ${counterpart.number}`] : []),
    ...(counterpart && nameIn(counterpart) !== nameIn(before) ? [`renamed to ${nameIn(counterpart)}`] : []),
    ...(counterpart && extendeeOf(counterpart) !== extendeeOf(before)
      ? [`extends ${extendeeOf(counterpart)} in place of ${extendeeOf(before)}`]
      : []),
    ...(successor && !counterpart ? ["removed"] : []),
    ...(successor ? [`number ${number} is now ${nameIn(successor)}`] : []),
  ];
}

const labelOf = (before: Numbered) =>
  before.kind === "extension" ? before.typeName : `${nameInPackage(before.parent)}.${before.name}`;

/** Returns the rule that says most: a map and a group have violations of messages too. */
const mainRule = (violations: Violation[]) =>
  (
    violations.find(({ rule }) => !/^(MESSAGE|EXTENSION)_NO_DELETE$/.test(rule)) ??
    (violations[0] as Violation)
  ).rule;
