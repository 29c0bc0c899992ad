import { join } from "node:path";
import {
  create,
  createRegistry,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { AnySchema, StructSchema, TimestampSchema, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { beforeAll, describe, expect, test } from "vitest";
import { StartWorkloadRequestSchema } from "../../gen/es/agynio/api/runner/v1/index.ts";
import { registry } from "../../gen/es/registry.ts";
import { withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { isGoogleFile } from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { redact } from "../../src/redact.ts";
import { messages } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { everyField, fieldExtremes, initOf, isNullValue } from "../support/extremes.ts";

const mark = "[REDACTED]";
const sentinel = "5e471ne1";

const isMarked = (field: DescField) => field.proto.options?.debugRedact === true;

/** Replaces the values of marked fields in the JSON of a message. */
function withMarks(desc: DescMessage, json: JsonObject): JsonObject {
  const marked = { ...json };
  for (const field of desc.fields.filter(({ jsonName }) => jsonName in json)) {
    const { jsonName: name, message, fieldKind } = field;
    const value = json[name] as JsonValue;
    if (isMarked(field)) {
      marked[name] = mark;
    } else if (message && !isGoogleFile(message.file.proto.name)) {
      const markItem = (item: JsonValue) => withMarks(message, item as JsonObject);
      marked[name] =
        fieldKind === "list"
          ? (value as JsonValue[]).map(markItem)
          : fieldKind === "map"
            ? Object.fromEntries(
                Object.entries(value as JsonObject).map(([key, item]) => [key, markItem(item)]),
              )
            : markItem(value);
    }
  }
  return marked;
}

/** Compiles scratch.proto, which has a marked field of each kind. */
const compileScratch = (): Promise<FileRegistry> =>
  withTemporaryFolder(checkout.root, async (folder) => {
    const image = join(folder, "image.binpb");
    expect(await buf(checkout, ["build", "test/redact", "-o", image])).toMatchObject({ code: 0 });
    return readImage(image);
  });

describe("the contract", () => {
  const marked = messages.flatMap((message) => message.fields.filter(isMarked));

  test("keeps every field of every message but the marked fields", () => {
    const shown = new Set<string>();
    for (const desc of messages) {
      const variants = Math.max(3, ...desc.oneofs.map(({ fields }) => fields.length));
      for (let nth = 1; nth <= variants; nth++) {
        const message: Message = create(desc, everyField(desc, nth));
        const json = toJson(desc, message) as JsonObject;
        expect(redact(desc, message), desc.typeName).toEqual(withMarks(desc, json));
        for (const field of desc.fields.filter(({ jsonName }) => jsonName in json)) {
          shown.add(`${field}`);
        }
      }
    }
    // A NullValue that is not optional is never set.
    const settable = marked.filter((field) => !(field.enum && isNullValue(field.enum))).map(String);
    expect(settable).not.toEqual([]);
    expect(settable.filter((field) => !shown.has(field))).toEqual([]);
  });

  test("is redacted deep inside a message", () => {
    const message = create(StartWorkloadRequestSchema, {
      sidecars: [{ image: "mcp", env: [{ name: "API_KEY", value: sentinel }] }],
    });
    expect(redact(StartWorkloadRequestSchema, message)).toEqual({
      sidecars: [{ image: "mcp", env: [{ name: "API_KEY", value: mark }] }],
    });
  });
});

describe("a field", () => {
  let scratch: FileRegistry;
  beforeAll(async () => {
    scratch = await compileScratch();
  });
  const schema = (name: string) => scratch.getMessage(`scratch.${name}`) as DescMessage;

  test("is replaced whole, whatever its type", () => {
    for (const field of schema("Kinds").fields) {
      const [first, second = first] = fieldExtremes(field);
      const message = create(schema("Kinds"), initOf(field, second));
      expect(redact(schema("Kinds"), message)).toEqual({ [field.jsonName]: mark });
    }
  });

  test("is omitted if it is unset, and replaced if it is set to an empty value", () => {
    expect(redact(schema("Kinds"), create(schema("Kinds")))).toEqual({});
    expect(redact(schema("Kinds"), create(schema("Kinds"), { implicit: "", explicit: "" }))).toEqual({
      explicit: mark,
    });
  });

  test("is replaced in messages, lists, maps and oneofs, without a change of the input", () => {
    const inner = { $typeName: "scratch.Inner", secret: sentinel, open: "open" };
    const message = create(schema("Nested"), {
      inner,
      list: [inner, inner],
      map: { 1: inner },
      choice: { case: "chosen", value: inner },
    });
    const before = structuredClone(message);
    const shown = { secret: mark, open: "open" };
    expect(redact(schema("Nested"), message)).toEqual({
      inner: shown,
      list: [shown, shown],
      map: { 1: shown },
      chosen: shown,
    });
    expect(message).toEqual(before);
    expect(
      redact(schema("Nested"), create(schema("Nested"), { choice: { case: "text", value: sentinel } })),
    ).toEqual({ text: mark });
  });

  test("is omitted if the schema lacks it", () => {
    const bytes = toBinary(schema("Kinds"), create(schema("Kinds"), { list: [sentinel, sentinel] }));
    const message = fromBinary(schema("Inner"), bytes);
    expect(message.$unknown).toHaveLength(2);
    expect(redact(schema("Inner"), message)).toEqual({});
  });

  describe("of type Any", () => {
    const any = (typeName: string, value: Uint8Array) =>
      create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}`, value });
    const inner = () =>
      any(
        "scratch.Inner",
        toBinary(schema("Inner"), create(schema("Inner"), { secret: sentinel, open: "open" })),
      );
    const nested = (value: unknown) => create(schema("Nested"), { any: value });

    test("is redacted inside, at any depth", () => {
      const outer = any("scratch.Nested", toBinary(schema("Nested"), nested(inner())));
      expect(redact(schema("Nested"), nested(outer), { registry: scratch })).toEqual({
        any: {
          "@type": "type.googleapis.com/scratch.Nested",
          any: { "@type": "type.googleapis.com/scratch.Inner", secret: mark, open: "open" },
        },
      });
    });

    test("has the JSON of a well-known type as its value", () => {
      const time = timestampFromDate(new Date(0));
      const message = nested(any("google.protobuf.Timestamp", toBinary(TimestampSchema, time)));
      expect(redact(schema("Nested"), message, { registry: createRegistry(TimestampSchema) })).toEqual({
        any: { "@type": "type.googleapis.com/google.protobuf.Timestamp", value: "1970-01-01T00:00:00Z" },
      });
    });

    test("keeps the JSON of an Any or a Struct in its value", () => {
      const known = createRegistry(AnySchema, StructSchema, schema("Inner"));
      const anyInAny = any("google.protobuf.Any", toBinary(AnySchema, inner()));
      expect(redact(schema("Nested"), nested(anyInAny), { registry: known })).toEqual({
        any: {
          "@type": "type.googleapis.com/google.protobuf.Any",
          value: { "@type": "type.googleapis.com/scratch.Inner", secret: mark, open: "open" },
        },
      });
      const struct = toBinary(StructSchema, fromJson(StructSchema, { "@type": "forged" }));
      const structInAny = nested(any("google.protobuf.Struct", struct));
      expect(redact(schema("Nested"), structInAny, { registry: known })).toEqual({
        any: { "@type": "type.googleapis.com/google.protobuf.Struct", value: { "@type": "forged" } },
      });
    });

    test("is replaced whole if its content cannot be decoded", () => {
      expect(redact(schema("Nested"), nested(inner()))).toEqual({ any: mark });
      expect(redact(schema("Nested"), nested(inner()), { registry })).toEqual({ any: mark });
      const broken = any("scratch.Inner", Buffer.from(sentinel));
      expect(redact(schema("Nested"), nested(broken), { registry: scratch })).toEqual({ any: mark });
      const list = create(schema("Nested"), { anys: [broken, create(AnySchema)] });
      expect(redact(schema("Nested"), list, { registry: scratch })).toEqual({ anys: [mark, {}] });
    });
  });

  test("is converted without an error if the protobuf JSON mapping cannot represent it", () => {
    const message = create(schema("Odd"), {
      time: { $typeName: "google.protobuf.Timestamp", seconds: 300_000_000_000n, nanos: 5 },
      struct: { a: Number.NaN, b: "b" },
      color: 99,
      number: Number.POSITIVE_INFINITY,
      wrapped: "wrapped",
      big: -9007199254740993n,
      bytes: "no bytes",
    });
    expect(redact(schema("Odd"), message)).toEqual({
      time: { seconds: "300000000000", nanos: 5 },
      struct: { fields: { a: { numberValue: "NaN" }, b: "b" } },
      color: 99,
      number: "Infinity",
      wrapped: "wrapped",
      big: "-9007199254740993",
      bytes: mark,
    });
  });

  test.each([
    ["text", { token: sentinel }, mark],
    ["text", 5n, mark],
    ["number", sentinel, mark],
    ["number", { token: sentinel }, mark],
    ["color", sentinel, mark],
    ["big", [sentinel], mark],
    ["flag", sentinel, mark],
    ["bytes", [1, 2], mark],
    ["bytes", Buffer.from("ok"), "b2s="],
    ["long", "5x", mark],
    ["longs", ["5", "5x"], mark],
  ])("is replaced if its value is not of its type: %s", (name, value, json) => {
    const message = { ...create(schema("Odd")), [name]: value };
    expect(redact(schema("Odd"), message as never)).toEqual({ [name]: json });
  });

  test.each([
    [undefined, {}],
    [null, {}],
    ["text", mark],
    [{ $typeName: "scratch.Nested" }, mark],
  ])("does not throw for %s, which is not a message of the schema", (value, json) => {
    expect(redact(schema("Inner"), value as never)).toEqual(json);
  });
});
