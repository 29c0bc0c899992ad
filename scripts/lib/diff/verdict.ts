import type { DescField } from "@bufbuild/protobuf";
import { allBreaks, type Violation } from "../breaking.ts";
import { about, type Change, type Placed } from "./compare.ts";
import type { Element } from "./elements.ts";
import type { Kind, Side } from "./model.ts";

/** What buf finds breaking; nothing where there was no contract before. */
export async function findViolations(before: Side, after: Side): Promise<Violation[]> {
  return before.image === undefined || after.image === undefined ? [] : allBreaks(after.image, before.image);
}

/**
 * Gives the changes that buf finds breaking their weight. What buf forbids and no change is about becomes a
 * change of its own.
 */
export function weigh(changes: Change[], violations: Violation[], old: Placed, now: Placed): void {
  const elementAt = locator(now);
  for (const violation of violations) {
    const element = elementAt(violation);
    let blamed = isGone(violation)
      ? gone(violation, element, changes, old)
      : other(violation, element, changes);
    if (blamed.length === 0) {
      blamed = [unknown(violation, element, now)];
      changes.push(...blamed);
    }
    for (const { entry } of blamed) {
      entry.weight = "breaking";
      entry.breaks = [...(entry.breaks ?? []), { rule: violation.type, message: violation.message }];
    }
  }
}

const isGone = ({ type }: Violation) => /_NO_DELETE/.test(type) || type === "FILE_SAME_PACKAGE";

/** What buf's rules call a kind of element, and we do. */
const kinds: [rule: RegExp, kind: Kind][] = [
  [/^(PACKAGE_)?SERVICE_/, "service"],
  [/^RPC_/, "rpc"],
  [/^(PACKAGE_)?MESSAGE_/, "message"],
  [/^FIELD_/, "field"],
  [/^(PACKAGE_)?EXTENSION_/, "extension"],
  [/^ONEOF_/, "oneof"],
  [/^ENUM_VALUE_/, "value"],
  [/^(PACKAGE_)?ENUM_/, "enum"],
  [/^RESERVED_/, "reserved"],
];

/** Changes by which something is no longer where, or called as, it was. */
function gone(
  violation: Violation,
  container: Element | undefined,
  changes: Change[],
  old: Placed,
): Change[] {
  const { type, path, message } = violation;
  const subject = /"([^"]*)"/.exec(message)?.[1] ?? "";
  const away = changes.filter(
    ({ entry: { kind, action, property }, before }) =>
      before !== undefined &&
      kind !== "option" &&
      kind !== "comment" &&
      (["removed", "moved", "renamed"].includes(action) || property === "number"),
  );
  if (type.startsWith("FILE_")) {
    const file = path ?? subject;
    const name = old.files.find(({ proto }) => proto.name === file)?.proto.package;
    return away.filter(({ before, entry: { kind, property } }) =>
      kind === "package" ? before?.name === name : before?.file === file && property !== "oneof",
    );
  }
  if (type === "EXTENSION_MESSAGE_NO_DELETE") {
    return changes.filter(({ entry, after }) => entry.property === "extensions" && after === container);
  }
  const kind = kinds.find(([rule]) => rule.test(type))?.[1];
  if (kind === "reserved") {
    return away.filter(({ entry, after }) => entry.kind === kind && after === container);
  }
  if (type === "PACKAGE_NO_DELETE") {
    return away.filter(({ entry }) => entry.kind === "package" && entry.element === subject);
  }
  const isNumbered = kind === "field" || kind === "value";
  const around = container === undefined || container.kind === "file" ? container?.package : container.name;
  if (isNumbered) {
    return away.filter(
      ({ entry, before }) =>
        entry.kind === kind && `${before?.number}` === subject && before?.parent?.name === around,
    );
  }
  // buf names what is nested by the names around it, and what is in a service or message by its own.
  const full = ["service", "message", "enum"].includes(kind ?? "")
    ? `${container?.package}.${subject}`
    : `${around}.${subject}`;
  const exact = away.filter(({ entry, before }) => entry.kind === kind && before?.name === full);
  const within = away.filter(
    ({ entry, before }) =>
      full.startsWith(`${before?.name}.`) ||
      entry.contents?.messages?.some(({ name }) => full === name || full.startsWith(`${name}.`)),
  );
  const maps = changes.filter(({ before }) => isMapOf(before, full));
  return exact.length > 0 ? exact : within.length > 0 ? within : maps;
}

/** Whether an element is the map that a message is made for: to buf it is a message as any other. */
function isMapOf(element: Element | undefined, message: string): boolean {
  const field = element?.kind === "field" ? (element.desc as DescField) : undefined;
  return field?.fieldKind === "map" && field.proto.typeName === `.${message}`;
}

/** Properties that rules speak of under another name than ours; the first that changed is meant. */
const properties: [rule: RegExp, names: string[]][] = [
  [/^(FIELD|ENUM_VALUE)_SAME_NAME$/, ["name"]],
  [/^FIELD_SAME_JSON_NAME$/, ["json_name", "name"]],
  [/^FIELD_SAME_(CARDINALITY|LABEL)|^FIELD_WIRE_.*CARDINALITY/, ["type", "presence", "oneof"]],
  [/^FIELD_.*_TYPE$/, ["type"]],
  [/^RPC_SAME_(REQUEST_TYPE|CLIENT_STREAMING)$/, ["request"]],
  [/^RPC_SAME_(RESPONSE_TYPE|SERVER_STREAMING)$/, ["response"]],
];

/** Changes of an element that is still there. */
function other({ type, message }: Violation, element: Element | undefined, changes: Change[]): Change[] {
  const isOwn = (after?: Element) =>
    // Where nothing is left to point at, as of an option that is gone, buf points at the file.
    element?.kind === "file" && !type.startsWith("FILE_")
      ? after?.file === element.file && isNamed(after, message)
      : after === element;
  const own = changes.filter(({ entry, after }) => isOwn(after) && entry.kind !== "comment");
  const names = properties.find(([rule]) => rule.test(type))?.[1] ?? [
    type.replace(/^.*?_SAME_/, "").toLowerCase(),
  ];
  for (const name of names) {
    const found = own.filter(({ entry }) => entry.property === name);
    if (found.length > 0) {
      return found;
    }
  }
  // What buf takes for the same field is another to us: one with its number that went.
  const replaced = changes.filter(
    ({ entry, before }) =>
      entry.action === "removed" &&
      before?.number !== undefined &&
      before.number === element?.number &&
      before.kind === element.kind &&
      before.parent?.name === element.parent?.name,
  );
  if (replaced.length > 0) {
    return replaced;
  }
  if (own.length > 0) {
    return own;
  }
  // Another name for a oneof is to buf a change of its members.
  const quoted = [...message.matchAll(/"([^"]*)"/g)].map(([, text]) => text);
  return changes.filter(
    ({ entry, before }) =>
      entry.kind === "oneof" &&
      before?.parent?.name === element?.parent?.name &&
      quoted.some((name) => before?.name === `${before?.parent?.name}.${name}`),
  );
}

/** Whether buf's words begin with an element: `Field "3" with name "a" on message "B"`, `RPC "C" on service "D"`. */
function isNamed(element: Element, message: string): boolean {
  const [, subject, , around] = /^\w[\w ]* "([^"]*)"(.*? on \w+ "([^"]*)")?/.exec(message) ?? [];
  const own = element.name.slice(element.name.lastIndexOf(".") + 1);
  return around === undefined
    ? element.name === `${element.package}.${subject}`
    : element.parent?.name === `${element.package}.${around}` &&
        [own, `${element.number}`].includes(`${subject}`);
}

/** A change that only buf sees. */
function unknown({ type, path, message }: Violation, element: Element | undefined, now: Placed): Change {
  const place = element
    ? about(element, now)
    : { kind: "file" as const, element: path ?? "", package: "", public: false, file: path ?? "" };
  const subject = path ?? /"([^"]*)"/.exec(message)?.[1] ?? "";
  return {
    entry: {
      ...place,
      element: place.element || subject,
      weight: "breaking",
      action: "changed",
      property: type,
      to: message,
    },
    after: element,
  };
}

/** Finds the element that a violation's place is in; undefined where it has none. */
function locator({ files, elements }: Placed): (violation: Violation) => Element | undefined {
  const byFile = new Map<string, Map<string, Element>>();
  const collect = (element: Element, paths: Map<string, Element>): Map<string, Element> => {
    paths.set(element.path.join(), element);
    for (const child of element.children) {
      collect(child, paths);
    }
    return paths;
  };
  return ({ path, start_line, start_column }) => {
    const file = files.find(({ proto }) => proto.name === path);
    if (path === undefined || file === undefined) {
      return undefined;
    }
    let paths = byFile.get(path);
    if (paths === undefined) {
      paths = new Map();
      for (const element of elements.filter((one) => one.kind !== "package" && one.file === path)) {
        collect(element, paths);
      }
      byFile.set(path, paths);
    }
    const [line, column] = [start_line - 1, start_column - 1];
    let found = paths.get("");
    for (const { path: sourcePath, span } of file.proto.sourceCodeInfo?.location ?? []) {
      const [startLine = 0, startColumn = 0] = span;
      const [endLine = 0, endColumn = 0] = span.length === 3 ? [startLine, span[2]] : span.slice(2);
      const isIn =
        (startLine < line || (startLine === line && startColumn <= column)) &&
        (line < endLine || (line === endLine && column < endColumn));
      const element = isIn ? nearest(sourcePath, paths) : undefined;
      if (element && element.path.length >= (found?.path.length ?? 0)) {
        found = element;
      }
    }
    return found;
  };
}

/** The element that a source path is of, or is a part of. */
function nearest(path: number[], paths: Map<string, Element>): Element | undefined {
  for (let length = path.length; length > 0; length--) {
    const element = paths.get(path.slice(0, length).join());
    if (element) {
      return element;
    }
  }
  return undefined;
}
