import type {
  DescField,
  DescMessage,
  JsonObject,
  JsonValue,
  MessageShape,
  Registry,
} from "@bufbuild/protobuf";
import { ScalarType, toJson } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { type Any, anyUnpack } from "@bufbuild/protobuf/wkt";

const mark = "[REDACTED]";

/** Well-known types that have a JSON form of their own and never hold a secret. */
const specialJson = /^google\.protobuf\.(Timestamp|Duration|FieldMask|Struct|(?!Enum)\w*Value)$/;

const anyType = "google.protobuf.Any";

/** Options of {@link redact}. */
export interface RedactOptions {
  /**
   * The types that a google.protobuf.Any can hold, such as `registry` from `@agynio/api/registry`. An Any whose type
   * is not in the registry is `"[REDACTED]"` as a whole; so is every Any without a registry.
   */
  registry?: Registry;
}

/**
 * Converts a message to JSON that can be logged: the protobuf JSON mapping (field names in camelCase, unset fields left
 * out), in which every set field that is marked `debug_redact` is `"[REDACTED]"`, at any depth, as a whole if it is a
 * message, list or map. Unknown fields are left out, as they may hold secrets. The message is not changed.
 *
 * It never throws, as it is made for logging. A message that the JSON mapping cannot represent (such as a Timestamp in
 * the year 10000) is written field by field, and a value of another type than the schema's is `"[REDACTED]"`.
 *
 * @param schema The schema of the message, which protobuf-es 2 generates: `RunnerSchema` for a `Runner`.
 */
export function redact<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  options: RedactOptions = {},
): JsonValue {
  return orElse(
    () => messageToJson(reflect(schema, message, false), options.registry),
    () => mark,
  );
}

function messageToJson(message: ReflectMessage, registry: Registry | undefined): JsonValue {
  if (message.desc.typeName === anyType) {
    return anyToJson(message.message as Any, registry);
  }
  return specialJson.test(message.desc.typeName)
    ? orElse(
        () => toJson(message.desc, message.message),
        () => fieldsToJson(message, registry),
      )
    : fieldsToJson(message, registry);
}

function fieldsToJson(message: ReflectMessage, registry: Registry | undefined): JsonObject {
  const fields = message.fields.filter((field) => message.isSet(field));
  // Defines properties: an assignment to __proto__ would define none.
  return Object.fromEntries(fields.map((field) => [field.jsonName, fieldToJson(message, field, registry)]));
}

/** Converts a field; to the mark if it is marked, or if its value cannot be read. */
function fieldToJson(message: ReflectMessage, field: DescField, registry: Registry | undefined): JsonValue {
  return field.proto.options?.debugRedact
    ? mark
    : orElse(
        () => readField(message, field, registry),
        () => mark,
      );
}

function readField(message: ReflectMessage, field: DescField, registry: Registry | undefined): JsonValue {
  switch (field.fieldKind) {
    case "list":
      return Array.from(message.get(field), (item) => valueToJson(field, item, registry));
    case "map":
      return Object.fromEntries(
        Array.from(message.get(field), ([key, value]) => [String(key), valueToJson(field, value, registry)]),
      );
    default:
      return valueToJson(field, message.get(field), registry);
  }
}

/** Converts the value of a field, or one of its values if it is a list or map; the mark if its type is wrong. */
function valueToJson(field: DescField, value: unknown, registry: Registry | undefined): JsonValue {
  return orElse(
    () => knownValueToJson(field, value, registry),
    () => mark,
  );
}

function knownValueToJson(field: DescField, value: unknown, registry: Registry | undefined): JsonValue {
  if (field.message) {
    return messageToJson(value as ReflectMessage, registry);
  }
  switch (field.scalar) {
    case ScalarType.BYTES:
      // Not `instanceof`: bytes may come from another realm, as in Jest.
      return ArrayBuffer.isView(value) ? base64Encode(value as Uint8Array) : mark;
    case ScalarType.STRING:
      return typeof value === "string" ? value : mark;
    case ScalarType.BOOL:
      return typeof value === "boolean" ? value : mark;
  }
  if (typeof value !== "number" && typeof value !== "bigint") {
    return mark;
  }
  if (field.enum) {
    return field.enum.typeName === "google.protobuf.NullValue"
      ? null
      : (field.enum.value[Number(value)]?.name ?? Number(value));
  }
  // JSON has no 64-bit integers, NaN and Infinity; the mapping writes them as strings.
  return typeof value === "bigint" || !Number.isFinite(value) ? String(value) : value;
}

function anyToJson(any: Any, registry: Registry | undefined): JsonValue {
  if (any.typeUrl === "") {
    return {};
  }
  const message = registry && anyUnpack(any, registry);
  const desc = message && registry.getMessage(message.$typeName);
  if (!desc) {
    return mark;
  }
  const json = messageToJson(reflect(desc, message, false), registry);
  return desc.typeName === anyType || specialJson.test(desc.typeName)
    ? { "@type": any.typeUrl, value: json }
    : { ...(json as JsonObject), "@type": any.typeUrl };
}

/** Returns the result of `body`, or that of `otherwise` if `body` throws. */
function orElse<T>(body: () => T, otherwise: () => T): T {
  try {
    return body();
  } catch {
    return otherwise();
  }
}
