// The Go implementation of Protocol Buffers, as `buf convert` runs it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, temporaryFolder } from "./repository.ts";

/** A format of `buf convert`. */
export type Format = "binpb" | "json";

/**
 * Runs something for many items at once.
 *
 * @throws Error with the first item that it fails for.
 */
export async function runBatch<T, R>(
  items: T[],
  run: (items: T[]) => Promise<R>,
  print: (item: T) => string,
): Promise<R> {
  try {
    return await run(items);
  } catch (cause) {
    const [item] = items;
    if (item !== undefined && items.length === 1) {
      throw new Error(print(item), { cause });
    }
    await runBatch(items.slice(0, items.length >> 1), run, print);
    await runBatch(items.slice(items.length >> 1), run, print);
    throw cause;
  }
}

/** Converts messages of a contract, of which a batch has many: each call of buf starts a process. */
export class Go {
  private readonly folder = temporaryFolder();
  /** The contract, and go.Batch, whose field `items` has a field for each message: m0, m1 and so on. */
  readonly registry: FileRegistry;

  constructor(
    registry: FileRegistry,
    private readonly messages: DescMessage[],
  ) {
    const field = messages.map(({ typeName }, i) => ({
      ...{ name: `m${i}`, jsonName: `m${i}`, number: i + 1, oneofIndex: 0 },
      ...{ label: Label.OPTIONAL, type: Type.MESSAGE, typeName: `.${typeName}` },
    }));
    const items = {
      name: "items",
      jsonName: "items",
      number: 1,
      label: Label.REPEATED,
      type: Type.MESSAGE,
      typeName: ".go.Item",
    };
    const batch = create(FileDescriptorProtoSchema, {
      ...{ name: "go.proto", package: "go", syntax: "proto3" },
      dependency: [...new Set(messages.map(({ file }) => file.proto.name))],
      messageType: [
        { name: "Batch", field: [items] },
        { name: "Item", field, oneofDecl: [{ name: "message" }] },
      ],
    });
    this.registry = addFile(registry, batch);
    const file = [...this.registry.files].map(({ proto }) => proto);
    const image = toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
    writeFileSync(join(this.folder, "image.binpb"), image);
  }

  /** Prints messages as JSON. */
  async print(messages: [DescMessage, Message][]): Promise<JsonValue[]> {
    const writer = new BinaryWriter();
    for (const [desc, message] of messages) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writer.tag(this.messages.indexOf(desc) + 1, WireType.LengthDelimited).bytes(toBinary(desc, message));
      writer.join();
    }
    const output = await this.convert("binpb", "json", writer.finish());
    const { items } = JSON.parse(`${output}`) as { items: Record<string, JsonValue>[] };
    return items.map((item, i) => item[this.keyOf(messages[i]?.[0] as DescMessage)] as JsonValue);
  }

  /**
   * Reads messages, whose JSON is text.
   *
   * @throws Error with the first message that Go refuses, and why.
   */
  async read(messages: [DescMessage, string][]): Promise<void> {
    const readBatch = async (batch: [DescMessage, string][]) => {
      const items = batch.map(([desc, json]) => `{"${this.keyOf(desc)}": ${json}}`);
      await this.convert("json", "json", Buffer.from(`{"items": [${items}]}`));
    };
    await runBatch(messages, readBatch, ([{ typeName }, json]) => `Go refuses a ${typeName}: ${json}`);
  }

  /**
   * Converts a go.Batch from one format to another.
   *
   * @throws Error with what buf prints if Go refuses it.
   */
  async convert(from: Format, to: Format, input: Uint8Array): Promise<Buffer> {
    const formats = ["--from", `-#format=${from}`, "--to", `-#format=${to}`];
    const args = ["convert", "image.binpb", "--type", "go.Batch", ...formats];
    const { code, stdout, stderr } = await buf(here, args, { cwd: this.folder, input });
    if (code !== 0) {
      throw new Error(stderr);
    }
    return stdout;
  }

  private readonly keyOf = (desc: DescMessage) => `m${this.messages.indexOf(desc)}`;
}

/** Returns a contract with one more file. */
export const addFile = (registry: FileRegistry, file: FileDescriptorProto): FileRegistry =>
  createFileRegistry(
    create(FileDescriptorSetSchema, { file: [...[...registry.files].map(({ proto }) => proto), file] }),
  );
