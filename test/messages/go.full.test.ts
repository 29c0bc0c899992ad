// The Go implementation of Protocol Buffers, as `buf convert` runs it, with every message of the contract.
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  create,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { beforeAll, expect, test } from "vitest";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { messages } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { expectSame } from "../support/expect-same.ts";
import { extremeMessages } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { withoutKnownLosses } from "../support/known-losses.ts";
import { temporaryFolder } from "../support/repository.ts";
import { arbitraryMessage } from "./arbitrary.ts";

/** A message that contains messages of every type, because each call of buf starts a process. */
const batchProto = `syntax = "proto3";
package go;
${[...new Set(messages.map(({ file }) => file.proto.name))].map((name) => `import "${name}";`).join("\n")}
message Batch {
  message Item {
    oneof message {
      ${messages.map(({ typeName }, i) => `.${typeName} m${i} = ${i + 1};`).join("\n      ")}
    }
  }
  repeated Item items = 1;
}
`;
const folder = temporaryFolder();
const image = join(folder, "image.binpb");
let registry: FileRegistry;
let batch: DescMessage;
beforeAll(async () => {
  cpSync("dist/proto", folder, { recursive: true });
  writeFiles(folder, { "buf.yaml": "version: v2\n", "batch.proto": batchProto });
  expect(await buf(checkout, ["build", "-o", image], { cwd: folder })).toMatchObject({ code: 0 });
  registry = readImage(image);
  batch = registry.getMessage("go.Batch") as DescMessage;
});

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
    // In binary and back: JSON has the shortest digits that identify a float, which differ from its value.
    read: (content: Buffer) => fromBinary(batch, toBinary(batch, fromJsonString(batch, content.toString()))),
  },
};
type Format = keyof typeof formats;

/** Converts messages from one format to another with buf, and decodes its output. */
async function convert(items: Item[], from: Format, to: Format): Promise<Item[]> {
  writeFileSync(join(folder, `in.${from}`), formats[from].write(items));
  const args = ["convert", image, "--type", "go.Batch", "--from", `in.${from}`, "--to", `out.${to}`];
  const { code, stderr } = await buf(checkout, args, { cwd: folder });
  if (code !== 0) {
    throw new Error(`buf convert from ${from} to ${to} failed:\n${stderr}`);
  }
  return (formats[to].read(readFileSync(join(folder, `out.${to}`))) as Message & { items: Item[] }).items;
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
])("Go converts every message from %s to %s without loss", async (from, to) => {
  const binaryOnly = from === to;
  const items = messages.flatMap(({ typeName }, i) => {
    const desc = registry.getMessage(typeName) as DescMessage;
    const any = fc.sample(arbitraryMessage(desc, { unknownFields: binaryOnly }), 30);
    return [...extremeMessages(desc), ...any]
      .map(withoutKnownLosses.es[binaryOnly ? "binary" : "json"])
      .map((value) => ({ message: { case: `m${i}`, value } }));
  });
  expect(items.length).toBeGreaterThan(30 * messages.length);
  await expectConverted(items, from, to);
});
