// The Go implementation of Protocol Buffers, as `buf convert` runs it, with every message of the contract.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { messages, packedImage } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { expectSame } from "../support/expect-same.ts";
import { extremeMessages } from "../support/extremes.ts";
import { withoutMinusZero } from "../support/known-losses.ts";
import { arbitraryMessage } from "./arbitrary.ts";

/**
 * The contract and a message that contains messages of every type, because each call of buf starts a process:
 *
 *     message Batch {
 *       message Item { oneof message { FirstType m0 = 1; SecondType m1 = 2; … } }
 *       repeated Item items = 1;
 *     }
 */
const image = fromBinary(FileDescriptorSetSchema, readFileSync(packedImage));
const field = { type: Type.MESSAGE, label: Label.OPTIONAL };
image.file.push(
  create(FileDescriptorProtoSchema, {
    name: "go_batch.proto",
    package: "go",
    syntax: "proto3",
    dependency: [...new Set(messages.map(({ file }) => file.proto.name))],
    messageType: [
      {
        name: "Batch",
        field: [
          {
            ...field,
            name: "items",
            jsonName: "items",
            number: 1,
            typeName: ".go.Batch.Item",
            label: Label.REPEATED,
          },
        ],
        nestedType: [
          {
            name: "Item",
            oneofDecl: [{ name: "message" }],
            field: messages.map(({ typeName }, i) => ({
              ...{ ...field, name: `m${i}`, jsonName: `m${i}`, number: i + 1 },
              ...{ typeName: `.${typeName}`, oneofIndex: 0 },
            })),
          },
        ],
      },
    ],
  }),
);
const registry = createFileRegistry(image);
const batch = registry.getMessage("go.Batch") as DescMessage;

interface Item {
  message: { case: string; value: Message };
}

const formats = {
  binpb: {
    write: (items: Item[]) => toBinary(batch, create(batch, { items })),
    // A plain array, because comparisons distinguish it from parts of a Buffer.
    read: (content: Buffer) => fromBinary(batch, new Uint8Array(content)),
  },
  json: {
    write: (items: Item[]) => toJsonString(batch, create(batch, { items })),
    read: (content: Buffer) => fromJsonString(batch, content.toString()),
  },
};
type Format = keyof typeof formats;

/** Converts messages from one format to another with buf, and decodes its output. */
function convert(items: Item[], from: Format, to: Format): Promise<Item[]> {
  return withTemporaryFolder(checkout.root, async (folder) => {
    writeFileSync(join(folder, "image.binpb"), toBinary(FileDescriptorSetSchema, image));
    writeFileSync(join(folder, `in.${from}`), formats[from].write(items));
    const input = resolve(folder, `in.${from}`);
    const args = ["convert", "image.binpb", "--type", "go.Batch", "--from", input, "--to", `out.${to}`];
    const { code, stderr } = await buf(checkout, args, { cwd: folder });
    if (code !== 0) {
      throw new Error(`buf convert from ${from} to ${to} failed:\n${stderr}`);
    }
    const { items: converted } = formats[to].read(readFileSync(join(folder, `out.${to}`))) as Message & {
      items: Item[];
    };
    return converted;
  });
}

/** Fails at the first message that buf refuses or changes. */
async function expectConverted(items: Item[], from: Format, to: Format): Promise<void> {
  const converted = await convert(items, from, to).catch((error: Error) => error);
  if (!(converted instanceof Error)) {
    for (const [i, { message }] of items.entries()) {
      expectSame(converted[i]?.message, message);
    }
    return;
  }
  if (items.length === 1) {
    throw new Error(fc.stringify(items[0]?.message.value), { cause: converted });
  }
  const middle = items.length >> 1;
  await expectConverted(items.slice(0, middle), from, to);
  await expectConverted(items.slice(middle), from, to);
  throw converted;
}

test.each<[Format, Format]>([
  ["binpb", "binpb"],
  ["binpb", "json"],
  ["json", "binpb"],
])("Go returns every message from %s as %s", async (from, to) => {
  const binaryOnly = from === to;
  const items = messages.flatMap(({ typeName }, i) => {
    const desc = registry.getMessage(typeName) as DescMessage;
    const any = fc.sample(arbitraryMessage(desc, { unknownFields: binaryOnly }), 30);
    return [...extremeMessages(desc), ...any]
      .map((message) => (binaryOnly ? message : withoutMinusZero(message)))
      .map((value) => ({ message: { case: `m${i}`, value } }));
  });
  expect(items.length).toBeGreaterThan(30 * messages.length);
  await expectConverted(items, from, to);
});
