/** Keys under which decoders keep names of their own rather than values of the message. */
const ownNames = new Set(["$typeName", "$case", "case", "oneofKind"]);

/**
 * Every text and every run of bytes (in base64) that a reader finds in a decoded message, sorted. What a
 * decoder does not know the field of, and passes on unread, is not among them.
 */
export function leaves(message: unknown): string[] {
  const found: string[] = [];
  collect(message, found);
  return found.sort();
}

function collect(value: unknown, found: string[]): void {
  if (typeof value === "string") {
    // Some keep 64-bit numbers as text.
    if (!/^\d*$/.test(value)) {
      found.push(value);
    }
  } else if (value instanceof Uint8Array) {
    if (value.length > 0) {
      found.push(Buffer.from(value).toString("base64"));
    }
  } else if (Array.isArray(value)) {
    for (const element of value) {
      collect(element, found);
    }
  } else if (value !== null && typeof value === "object") {
    for (const [key, part] of Object.entries(plain(value))) {
      if (!ownNames.has(key) && !key.startsWith("_unknown") && key !== "$unknown") {
        collect(part, found);
      }
    }
  }
}

/** google-protobuf's messages keep their values out of sight. */
function plain(value: object): object {
  return "serializeBinary" in value && "toObject" in value
    ? (value as { toObject(): object }).toObject()
    : value;
}
