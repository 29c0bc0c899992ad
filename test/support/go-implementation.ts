import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { create, type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { buf } from "../../scripts/lib/buf.js";
import { packedImage } from "./messages.js";

/** A message in one of its encodings, and its type. */
export interface Encoded<T> {
  desc: DescMessage;
  content: T;
}

/**
 * The Go implementation of Protocol Buffers, as `buf convert` runs it. Every call starts a process; so
 * each carries messages of any number and of all types, as the items of one `Batch`:
 *
 *     message Batch {
 *       message Item { oneof message { FirstType m1 = 1; SecondType m2 = 2; … } }
 *       repeated Item items = 1;
 *     }
 */
export class GoImplementation {
  private readonly image: string;

  /**
   * @param folder Where to keep files; they are the caller's to remove.
   * @param descs Every type that messages may have.
   */
  constructor(
    private readonly folder: string,
    private readonly descs: DescMessage[],
  ) {
    this.image = resolve(folder, "batch-image.binpb");
    writeFileSync(this.image, imageWithBatch(readFileSync(packedImage), descs));
  }

  /** Decodes messages and encodes them again. */
  async passThrough(messages: Encoded<Uint8Array>[]): Promise<Uint8Array[]> {
    return unpack(await this.convert("in.binpb", this.pack(messages), "out.binpb"));
  }

  /** Turns bytes into JSON text. */
  async print(messages: Encoded<Uint8Array>[]): Promise<string[]> {
    const printed = await this.convert("in.binpb", this.pack(messages), "out.json");
    const { items } = JSON.parse(printed.toString()) as { items: Record<string, unknown>[] };
    return items.map((item) => JSON.stringify(Object.values(item)[0]));
  }

  /** Turns JSON text into bytes. */
  async parse(messages: Encoded<string>[]): Promise<Uint8Array[]> {
    const items = messages.map(({ desc, content }) => `{"m${this.number(desc)}":${content}}`);
    return unpack(await this.convert("in.json", Buffer.from(`{"items":[${items}]}`), "out.binpb"));
  }

  private async convert(from: string, input: Uint8Array, to: string): Promise<Buffer> {
    writeFileSync(join(this.folder, from), input);
    const { code, stderr } = await buf(
      ["convert", this.image, "--type", "go.Batch", "--from", resolve(this.folder, from), "--to", to],
      { cwd: this.folder },
    );
    if (code !== 0) {
      throw new Error(`buf convert from ${from} to ${to} failed:\n${stderr}`);
    }
    return readFileSync(join(this.folder, to));
  }

  private number(desc: DescMessage): number {
    return this.descs.findIndex(({ typeName }) => typeName === desc.typeName) + 1;
  }

  private pack(messages: Encoded<Uint8Array>[]): Uint8Array {
    const batch = new BinaryWriter();
    for (const { desc, content } of messages) {
      batch.tag(1, WireType.LengthDelimited).fork();
      batch.tag(this.number(desc), WireType.LengthDelimited).bytes(content).join();
    }
    return batch.finish();
  }
}

function unpack(batch: Buffer): Uint8Array[] {
  // A plain array, as every runtime returns: comparisons tell a Buffer's slices from one.
  const reader = new BinaryReader(new Uint8Array(batch));
  const messages: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    reader.tag();
    const item = new BinaryReader(reader.bytes());
    item.tag();
    messages.push(item.bytes());
  }
  return messages;
}

function imageWithBatch(image: Uint8Array, descs: DescMessage[]): Uint8Array {
  const set = fromBinary(FileDescriptorSetSchema, image);
  const message = { type: FieldDescriptorProto_Type.MESSAGE, label: FieldDescriptorProto_Label.OPTIONAL };
  const fields = descs.map(({ typeName }, i) => ({
    ...message,
    name: `m${i + 1}`,
    number: i + 1,
    typeName: `.${typeName}`,
    oneofIndex: 0,
  }));
  const items = {
    ...message,
    name: "items",
    number: 1,
    typeName: ".go.Batch.Item",
    label: FieldDescriptorProto_Label.REPEATED,
  };
  const batch = create(FileDescriptorSetSchema, {
    file: [
      {
        name: "go_batch.proto",
        package: "go",
        syntax: "proto3",
        dependency: [...new Set(descs.map(({ file }) => file.proto.name))],
        messageType: [
          {
            name: "Batch",
            field: [items],
            nestedType: [{ name: "Item", oneofDecl: [{ name: "message" }], field: fields }],
          },
        ],
      },
    ],
  });
  set.file.push(...batch.file);
  return toBinary(FileDescriptorSetSchema, set);
}
