// An independent check of what a change of a contract breaks: what one contract can write is written, as bytes and as
// JSON, and read with the other contract, in both directions. It shares no code with scripts/lib/breaking.
import {
  clearField,
  clone,
  create,
  createFileRegistry,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescService,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { type ReflectMap, reflect } from "@bufbuild/protobuf/reflect";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  FeatureSet_FieldPresence,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { type Init, initOf, scalars, textKeys, wellKnownExtremes } from "../support/extremes.ts";

/** What a change breaks, apart from generated code. */
export interface Harm {
  /** Full name before the change: of a field, value, extension or RPC, or of the message or enum as a whole. */
  element: string;
  severity: Format;
  reason: string;
  /** What was written, unless the harm is not about one message. */
  witness?: Witness;
}

/** A message that was written with one contract, and is not read as the same with the other. */
export interface Witness {
  writer: DescMessage;
  reader: DescMessage;
  written: Written;
}

/** How a message is written; what a harm breaks is named after it. */
type Format = "wire" | "json";
type Written = Uint8Array | JsonValue;
const formats = ["wire", "json"] as const;

/** The same element before and after, or of a writer and a reader. */
type Pair<T> = readonly [T, T];

/**
 * Finds what a change breaks.
 *
 * Types, RPCs and extensions are the same before and after if they have the same full name; fields and values if they
 * have the same name or, if neither name is known on the other side, the same number. What only one side has is not
 * written: an addition harms nothing. But a removed number or name harms unless it is reserved, as a later contract
 * may give it another meaning. If a field has a type of another name, the two types are compared as well.
 *
 * protobuf-es is lenient, but what it reads leniently it reads as another value: text that is not UTF-8, and a value
 * of another wire type. Missing required fields it reads, so that they are refused here.
 */
export function findHarm(before: FileRegistry, after: FileRegistry): Harm[] {
  const extendees = new Set(
    [before, after]
      .flatMap(extensionsOf)
      .map(({ extendee }) => extendee.typeName)
      .filter((name) => before.getMessage(name) && after.getMessage(name)),
  );
  return new Oracle([addProbes(before, extendees), addProbes(after, extendees)]).find();
}

class Oracle {
  private readonly compared = new Map<string, Harm[]>();

  constructor(private readonly registries: Pair<FileRegistry>) {}

  find(): Harm[] {
    const [before, after] = this.registries;
    const isProbe = (name: string) => name.startsWith(probeName("enum", ""));
    const unchanged = new Set(
      [...before.files].filter((file) => isSameFile(file, after.getFile(file.proto.name))),
    );
    return [...before].flatMap((type) => {
      if (unchanged.has(type.file) || isGoogleFile(type.file.proto.name) || isProbe(type.typeName)) {
        return [];
      }
      const later = after.get(type.typeName);
      if (type.kind === "service") {
        return later?.kind === "service" ? this.compareServices([type, later]) : [];
      }
      if (type.kind === "extension") {
        return later?.kind === "extension" && later.extendee.typeName !== type.extendee.typeName
          ? [{ element: type.typeName, severity: "wire", reason: "extends another message" } as const]
          : [];
      }
      return later?.kind === "message" || later?.kind === "enum" ? this.compareTypes(type, later) : [];
    });
  }

  private compareTypes(before: DescMessage | DescEnum, after: DescMessage | DescEnum): Harm[] {
    const key = `${before.typeName} ${after.typeName}`;
    let harms = this.compared.get(key);
    if (harms === undefined) {
      harms = [];
      // Known while it is compared, as types can contain themselves.
      this.compared.set(key, harms);
      if (before.kind === "message" && after.kind === "message") {
        harms.push(...this.compareMessages([before, after]));
      } else if (before.kind === "enum" && after.kind === "enum") {
        harms.push(...this.compareEnums([before, after]));
      }
    }
    return harms;
  }

  /** Adds the harms of a field's or an RPC's types, if their names differ, to the field or RPC. */
  private logTypes(
    log: Log,
    element: string,
    before?: DescMessage | DescEnum,
    after?: DescMessage | DescEnum,
  ) {
    const isAny = [before, after].some((type) => type?.typeName === "google.protobuf.Any");
    if (before && after && before.typeName !== after.typeName && !isAny) {
      for (const harm of this.compareTypes(before, after)) {
        log.add(element, harm.severity, `${before} to ${after}: ${harm.element} ${harm.reason}`);
      }
    }
  }

  private compareServices([before, after]: Pair<DescService>): Harm[] {
    const log = new Log();
    for (const rpc of before.methods) {
      const later = after.methods.find(({ name }) => name === rpc.name);
      if (later !== undefined) {
        const element = `${before.typeName}.${rpc.name}`;
        this.logTypes(log, element, rpc.input, later.input);
        this.logTypes(log, element, rpc.output, later.output);
        if (rpc.methodKind !== later.methodKind) {
          log.add(element, "wire", "is streamed on one side only");
        }
      }
    }
    return log.harms();
  }

  private compareMessages([before, after]: Pair<DescMessage>): Harm[] {
    const log = new Log();
    const pairs = matchElements(before.fields, after.fields);
    for (const [old, now] of pairs) {
      this.logTypes(log, elementOf(old), old.message ?? old.enum, now.message ?? now.enum);
      if (
        [old, now].every(({ scalar }) => scalar === ScalarType.STRING) &&
        old.utf8Validation !== now.utf8Validation
      ) {
        // protobuf-es checks neither when it writes nor when it reads.
        log.add(elementOf(old), "wire", "is text that is not UTF-8 on one side only");
      }
      if (old.enum && now.enum && defaultOf(old) !== defaultOf(now)) {
        // Unless it is the same value with another number, which is the enum's harm.
        const values = matchElements(old.enum.values, now.enum.values);
        if (!values.some(([a, b]) => a.number === defaultOf(old) && b.number === defaultOf(now))) {
          log.add(elementOf(old), "wire", "has another default");
        }
      }
    }
    const names = [before.typeName, ...pairs.map(([old]) => elementOf(old))];
    const reversed = pairs.map(([old, now]) => [now, old] as const);
    logExchange(log, names, [before, after], pairs);
    logExchange(log, names, [after, before], reversed);
    const isReserved = (number: number) =>
      after.proto.reservedRange.some(({ start, end }) => start <= number && number < end);
    const removed = before.fields.filter((field) => !pairs.some(([old]) => old === field));
    logRemoved(
      log,
      [before, after],
      removed.map((field) => [elementOf(field), field]),
      isReserved,
    );
    return log.harms();
  }

  /** Compares enums by a message that has a list of their values: a default is not always written. */
  private compareEnums([before, after]: Pair<DescEnum>): Harm[] {
    const log = new Log();
    const pairs = matchElements(before.values, after.values);
    const elementOfValue = ({ name }: { name: string }) => `${before.typeName}.${name}`;
    const sides = [before, after].map((desc, side) => ({
      desc,
      probe: this.registries[side as 0 | 1].getMessage(probeName("enum", desc.typeName)) as DescMessage,
    }));
    for (const [w, r] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const [writer, reader] = [sides[w], sides[r]];
      if (!writer || !reader) {
        continue;
      }
      const checkRead = (element: string, format: Format, written: Written | undefined, expected: number) => {
        const message = written === undefined ? undefined : read(reader.probe, written);
        const field = reader.probe.fields[0] as DescField;
        if (message && (message === "refused" || print(format, [field, field], message) !== `${expected}`)) {
          const witness = { writer: writer.probe, reader: reader.probe, written: written as Written };
          log.add(element, format, "is refused or read as another value", witness);
        }
      };
      const check = (element: string, value: number, expected: number) => {
        const message = create(writer.probe, { value: [value] } as Record<string, Init>);
        for (const format of formats) {
          checkRead(element, format, write(format, writer.probe, message), expected);
        }
      };
      for (const pair of pairs) {
        // A serializer writes the first name of a number, but a client can write each of them.
        checkRead(elementOfValue(pair[0]), "json", { value: [pair[w].name] }, pair[r].number);
        check(elementOfValue(pair[0]), pair[w].number, pair[r].number);
      }
      if (writer.desc.open) {
        for (const number of undeclaredNumbers([before, after])) {
          check(before.typeName, number, number);
        }
      }
    }
    const isReserved = (number: number) =>
      after.proto.reservedRange.some(({ start, end }) => start <= number && number <= end) ||
      // Only an alias was removed.
      pairs.some((pair) => pair.every((value) => value.number === number));
    const removed = before.values.filter((value) => !pairs.some(([old]) => old === value));
    logRemoved(
      log,
      [before, after],
      removed.map((value) => [elementOfValue(value), value]),
      isReserved,
    );
    return log.harms();
  }
}

/** Compares without comments and places. The types of a file's fields count as the types of other files. */
function isSameFile({ proto }: DescFile, other: DescFile | undefined): boolean {
  const bytesOf = (file: FileDescriptorProto) =>
    toBinary(FileDescriptorProtoSchema, { ...file, sourceCodeInfo: undefined });
  return other !== undefined && Buffer.compare(bytesOf(proto), bytesOf(other.proto)) === 0;
}

/** Collects harms by element. An element that harms the wire needs no other. */
class Log {
  private readonly found = new Map<string, Harm>();

  add(element: string, severity: Format, reason: string, witness?: Witness): void {
    if (!this.hasWire(element) && (severity === "wire" || !this.found.has(element))) {
      this.found.set(element, { element, severity, reason, ...(witness && { witness }) });
    }
  }

  hasWire = (element: string) => this.found.get(element)?.severity === "wire";

  harms = () => [...this.found.values()];
}

/**
 * Writes each value of each field, and reads it with the other contract; and each two fields that only the reader has
 * in one oneof.
 *
 * @param names Elements to log: of the message, and of each pair of fields.
 */
function logExchange(
  log: Log,
  [messageName = "", ...names]: string[],
  [writer, reader]: Pair<DescMessage>,
  pairs: Pair<DescField>[],
): void {
  const nameOf = (index: number) => names[index] ?? messageName;
  const exchange = (format: Format, set: [index: number, value: Init][], misread = "is lost or misread") => {
    const fields = set.map(([index, value]) => initOf((pairs[index] as Pair<DescField>)[0], value));
    const message = create(writer, Object.assign(requiredFields(writer), ...fields));
    const written = write(format, writer, message);
    if (written === undefined) {
      return;
    }
    const witness = { writer, reader, written };
    const result = read(reader, written);
    if (result === "refused") {
      for (const name of set.length === 0 ? [messageName] : set.map(([index]) => nameOf(index))) {
        log.add(name, format, "is refused", witness);
      }
      return;
    }
    for (const [index, [before, now]] of pairs.entries()) {
      if (print(format, [before, now], message) !== print(format, [now, before], result)) {
        log.add(nameOf(index), format, misread, witness);
      }
    }
  };
  for (const format of formats) {
    exchange(format, [], "has another default");
    if (log.hasWire(messageName)) {
      // No message is read.
      return;
    }
    const values = pairs.map((pair) => valuesOf(format, pair));
    for (const [index, list] of values.entries()) {
      for (const value of list) {
        exchange(format, [[index, value]]);
      }
    }
    for (const [i, first] of pairs.entries()) {
      for (const [j, second] of pairs.entries()) {
        const isOneof = (side: 0 | 1) => first[side].oneof && first[side].oneof === second[side].oneof;
        const isKnown = [i, j].some((index) => log.hasWire(nameOf(index)) || values[index]?.length === 0);
        if (i < j && !isOneof(0) && isOneof(1) && !isKnown) {
          // Not the default value, which a field may have without being written.
          exchange(
            format,
            [i, j].map((index) => [index, values[index]?.at(-1)]),
          );
        }
      }
    }
  }
}

/** Logs removed fields or values, and removed reservations: a later contract may use a number or name again. */
function logRemoved(
  log: Log,
  [before, after]: Pair<DescMessage | DescEnum>,
  removed: [element: string, Element][],
  isReserved: (number: number) => boolean,
): void {
  for (const [element, { number, name }] of removed) {
    if (!isReserved(number)) {
      log.add(element, "wire", "is removed, and its number is not reserved");
    } else if (!after.proto.reservedName.includes(name)) {
      log.add(element, "json", "is removed, and its name is not reserved");
    }
  }
  for (const { start, end } of before.proto.reservedRange) {
    // The ends stand for the whole range. The end of a message's range is not part of it.
    if (![start, before.kind === "message" ? end - 1 : end].every(isReserved)) {
      log.add(before.typeName, "wire", "a number is no longer reserved");
    }
  }
  if (before.proto.reservedName.some((name) => !after.proto.reservedName.includes(name))) {
    log.add(before.typeName, "json", "a name is no longer reserved");
  }
}

interface Element {
  name: string;
  number: number;
}

function matchElements<T extends Element>(before: T[], after: T[]): Pair<T>[] {
  const renamed = after.filter((now) => !before.some(({ name }) => name === now.name));
  return before.flatMap((old) => {
    const now =
      after.find(({ name }) => name === old.name) ?? renamed.find(({ number }) => number === old.number);
    return now ? [[old, now] as const] : [];
  });
}

/** Returns undefined if the writer cannot write the message, such as a date in JSON after the year 9999. */
function write(format: Format, writer: DescMessage, message: Message): Written | undefined {
  try {
    return format === "wire" ? toBinary(writer, message) : toJson(writer, message);
  } catch {
    return undefined;
  }
}

function read(reader: DescMessage, written: Written): Message | "refused" {
  try {
    const message = written instanceof Uint8Array ? fromBinary(reader, written) : fromJson(reader, written);
    const parent = reflect(reader, message);
    return reader.fields.some((field) => isRequired(field) && !parent.isSet(field)) ? "refused" : message;
  } catch {
    return "refused";
  }
}

const isRequired = ({ presence }: DescField) => presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;

const requiredFields = (desc: DescMessage): Record<string, Init> =>
  Object.assign(
    {},
    ...desc.fields.filter(isRequired).map((field) => initOf(field, elementsOf("wire", [field, field])[0])),
  );

/** Returns the values of a field to write. The reader has the second field of the pair. */
function valuesOf(format: Format, pair: Pair<DescField>): Init[] {
  const [field] = pair;
  const elements = elementsOf(format, pair);
  const last = elements.at(-1);
  if (field.fieldKind === "map" && elements.length > 0) {
    const { extremes } = field.mapKey === ScalarType.STRING ? textKeys : scalars[field.mapKey];
    const mapOf = (key: Init, value: Init) => Object.fromEntries([[String(key), value]]);
    return [
      ...extremes.map((key) => mapOf(key, last)),
      ...elements.map((element) => mapOf(extremes[1], element)),
    ];
  }
  return field.fieldKind === "list" && elements.length > 0
    ? // Equal elements too, which a map does not keep.
      [[last, last], elements, ...elements.map((element) => [element])]
    : [...elements];
}

/** An unknown field, by which a message is recognized whatever its type: types are compared on their own. */
const marker = { no: 2 ** 29 - 1, wireType: WireType.Varint, data: new BinaryWriter().uint32(7).finish() };

/** Returns values of a field, or of the elements of a list or map. The last is not the default value. */
function elementsOf(format: Format, [field, other]: Pair<DescField>): readonly Init[] {
  if (field.message) {
    const content = wellKnownExtremes[field.message.typeName]?.[1] ?? requiredFields(field.message);
    const message = create(field.message, content as Record<string, Init>);
    return [Object.assign(message, { $unknown: [marker] })];
  }
  if (!field.enum) {
    return scalars[field.scalar as ScalarType].extremes;
  }
  const declared = field.enum.values.map(({ number }) => number);
  if (!other.enum) {
    return field.enum.open ? [...declared, ...undeclaredNumbers([field.enum])] : declared;
  }
  // What both know: the rest is the enum's harm.
  const [mine, others] = [field.enum.values, other.enum.values];
  const nameOf = (values: typeof mine, number: number) =>
    values.find((value) => value.number === number)?.name;
  const shared = declared.filter((number) =>
    format === "wire"
      ? nameOf(others, number) !== undefined
      : nameOf(others, number) === nameOf(mine, number),
  );
  const isOpen = field.enum.open && other.enum.open;
  const values = isOpen ? [...shared, ...undeclaredNumbers([field.enum, other.enum])] : shared;
  const defaults = [field, other].map(defaultOf);
  return defaults[0] === defaults[1] ? values : values.filter((value) => !defaults.includes(value));
}

/** Returns the default of a field of an enum: its first value, unless the field declares another. */
const defaultOf = (field: DescField) =>
  field.fieldKind === "enum" ? (field.getDefaultValue() ?? field.enum.values[0]?.number) : undefined;

/** Returns numbers that none of these enums declares. */
function undeclaredNumbers(enums: DescEnum[]): number[] {
  const declared = enums.flatMap(({ values }) => values.map(({ number }) => number));
  return [Math.max(...declared) + 1, 2 ** 31 - 1, -1].filter((number) => !declared.includes(number));
}

/** Returns the value of a field as text, which is the same for the same value of different types. */
function print(format: Format, [field, other]: Pair<DescField>, message: Message): string {
  const parent = reflect(field.parent, message);
  const printElement = (value: unknown): string => {
    if (field.message) {
      const { $unknown = [] } = (value as { message: Message }).message;
      return `message ${format === "json" || $unknown.some(({ no }) => no === marker.no)}`;
    }
    if (typeof value === "string" || value instanceof Uint8Array) {
      return Buffer.from(value).toString("hex");
    }
    // protobuf-es filters what a closed enum does not declare from singular fields only.
    const isUnknown = field.enum?.open === false && !field.enum.values.some(({ number }) => number === value);
    return isUnknown ? "unknown" : String(typeof value === "boolean" ? Number(value) : value);
  };
  const value = parent.get(field);
  switch (field.fieldKind) {
    case "list":
      // A list of one element is the same as the element.
      return [...(value as Iterable<unknown>)].map(printElement).join(", ");
    case "map":
      return [...(value as ReflectMap)]
        .map(([key, item]) => `${key}: ${printElement(item)}`)
        .sort()
        .join(", ");
    case "message":
      return parent.isSet(field) ? printElement(value) : "";
    default: {
      const isDefault = other.enum && field.enum && value === defaultOf(field);
      // What is not written is the default value too.
      return isDefault || printElement(value) === "0" ? "" : printElement(value);
    }
  }
}

const probePackage = "severity.oracle";
const probeName = (kind: "enum" | "extendee", name: string) =>
  `${probePackage}.${kind}__${name.replaceAll(".", "__")}`;

const extensionsOf = (registry: FileRegistry) => [...registry].filter((type) => type.kind === "extension");

/** Returns the full name of a field. Those of a probe are extensions. */
const elementOf = ({ parent, name, jsonName }: DescField) =>
  parent.typeName.startsWith(`${probePackage}.`) ? jsonName.slice(1, -1) : `${parent.typeName}.${name}`;

/** Adds the probes to a contract. @param extendees Extended messages, of either contract. */
function addProbes(registry: FileRegistry, extendees: Iterable<string>): FileRegistry {
  const nameOf = (kind: "enum" | "extendee", type: string) =>
    probeName(kind, type).slice(probePackage.length + 1);
  const enums = [...registry].filter((type) => type.kind === "enum");
  const { REPEATED } = FieldDescriptorProto_Label;
  const { ENUM } = FieldDescriptorProto_Type;
  const file = create(FileDescriptorProtoSchema, {
    name: "severity-oracle.proto",
    package: probePackage,
    syntax: "proto2",
    dependency: [...registry.files].map(({ proto }) => proto.name),
    messageType: [
      ...enums.map(({ typeName }) => ({
        name: nameOf("enum", typeName),
        field: [
          {
            ...{ name: "value", jsonName: "value", number: 1 },
            ...{ label: REPEATED, type: ENUM, typeName: `.${typeName}` },
          },
        ],
      })),
      ...[...extendees].map((name) => ({
        name: nameOf("extendee", name),
        reservedRange: registry.getMessage(name)?.proto.reservedRange ?? [],
        field: extensionsOf(registry)
          .filter(({ extendee }) => extendee.typeName === name)
          .map(({ proto, typeName }) => {
            const field = clone(FieldDescriptorProtoSchema, proto);
            clearField(field, FieldDescriptorProtoSchema.field.extendee);
            return Object.assign(field, { name: typeName.replaceAll(".", "__"), jsonName: `[${typeName}]` });
          }),
      })),
    ],
  });
  return createFileRegistry(file, (name) => registry.getFile(name));
}
