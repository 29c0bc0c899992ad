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

/** Well-known types whose JSON is a form of their own, and which neither are nor contain a secret. */
const ownJson = /^google\.protobuf\.(Timestamp|Duration|FieldMask|Struct|(?!Enum)\w*Value)$/;

const anyType = "google.protobuf.Any";

/** What {@link redact} can be given besides a message. */
export interface RedactOptions {
  /**
   * Where to look up what a google.protobuf.Any holds, such as `registry` from `@agynio/api/registry`.
   * An Any whose type is not in it, or all of them when there is none, becomes the mark as a whole.
   */
  registry?: Registry;
}

/**
 * Turns a message into JSON that can be logged: the protobuf JSON mapping (field names in camelCase, unset
 * fields left out), in which every field marked `debug_redact` that is set has the value `"[REDACTED]"`,
 * at any depth, and whole if it is a message, list or map. Unknown fields are left out, as they may hold
 * secrets. The message itself is not changed.
 *
 * Made for logging, it never throws. What the JSON mapping cannot represent (a Timestamp in the year 10000,
 * say) is written field by field, and a value that is not what the schema says becomes the mark.
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
  return ownJson.test(message.desc.typeName)
    ? orElse(
        () => toJson(message.desc, message.message),
        () => fieldsToJson(message, registry),
      )
    : fieldsToJson(message, registry);
}

function fieldsToJson(message: ReflectMessage, registry: Registry | undefined): JsonObject {
  const json: JsonObject = {};
  for (const field of message.fields) {
    if (message.isSet(field)) {
      json[field.jsonName] = field.proto.options?.debugRedact ? mark : fieldToJson(message, field, registry);
    }
  }
  return json;
}

function fieldToJson(message: ReflectMessage, field: DescField, registry: Registry | undefined): JsonValue {
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

/** A field's value, or one of its values when it is a list or map; the mark if it is not of its type. */
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
  return desc.typeName === anyType || ownJson.test(desc.typeName)
    ? { "@type": any.typeUrl, value: json }
    : { ...(json as JsonObject), "@type": any.typeUrl };
}

/** The value of `body`, or that of `otherwise` when it throws. */
function orElse<T>(body: () => T, otherwise: () => T): T {
  try {
    return body();
  } catch {
    return otherwise();
  }
}
