// The Go implementation of Protocol Buffers, as `buf convert` runs it, with every message of the contract.
import {
  create,
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { contract, messages } from "../support/contract.ts";
import { expectSame } from "../support/expect-same.ts";
import { extremeMessages } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { type Format, Go, runBatch } from "../support/go.ts";
import { withoutKnownLosses } from "../support/known-losses.ts";
import { arbitraryMessage } from "./arbitrary.ts";

const go = new Go(contract, messages);
const batch = go.registry.getMessage("go.Batch") as DescMessage;

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
    write: (items: Item[]) => Buffer.from(toJsonString(batch, create(batch, { items }))),
    // In binary and back: JSON has the shortest digits that identify a float, which differ from its value.
    read: (content: Buffer) => fromBinary(batch, toBinary(batch, fromJsonString(batch, content.toString()))),
  },
};

/** Converts messages from one format to another with Go, and decodes its output. */
async function convert(items: Item[], from: Format, to: Format): Promise<Item[]> {
  const output = await go.convert(from, to, formats[from].write(items));
  return (formats[to].read(output) as Message & { items: Item[] }).items;
}

test.each<[Format, Format]>([
  ["binpb", "binpb"],
  ["binpb", "json"],
  ["json", "binpb"],
])("Go converts every message from %s to %s without loss", async (from, to) => {
  const binaryOnly = from === to;
  const items = messages.flatMap(({ typeName }, i) => {
    const desc = go.registry.getMessage(typeName) as DescMessage;
    const any = fc.sample(arbitraryMessage(desc, { unknownFields: binaryOnly }), 30);
    return [...extremeMessages(desc), ...any]
      .map(withoutKnownLosses.es[binaryOnly ? "binary" : "json"])
      .map((value) => ({ message: { case: `m${i}`, value } }));
  });
  expect(items.length).toBeGreaterThan(30 * messages.length);
  const converted = await runBatch(
    items,
    (part) => convert(part, from, to),
    ({ message }) => fc.stringify(message.value),
  );
  for (const [i, { message }] of items.entries()) {
    expectSame(converted[i]?.message, message);
  }
});
