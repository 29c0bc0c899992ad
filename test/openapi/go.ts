// The Go implementation of Protocol Buffers, as `buf convert` runs it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  create,
  type DescMessage,
  type FileRegistry,
  type JsonValue,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, temporaryFolder } from "../support/repository.ts";
import { addFile } from "./contracts.ts";

/** Reads and prints messages of a contract, of which a batch has many: each call of buf starts a process. */
export class Go {
  private readonly folder = temporaryFolder();

  constructor(
    registry: FileRegistry,
    private readonly messages: DescMessage[],
  ) {
    const field = messages.map(({ typeName }, i) => ({
      ...{ name: `m${i}`, number: i + 1, oneofIndex: 0 },
      ...{ label: Label.OPTIONAL, type: Type.MESSAGE, typeName: `.${typeName}` },
    }));
    const items = {
      name: "items",
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
    const file = [...addFile(registry, batch).files].map(({ proto }) => proto);
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
    const output = await this.convert("binpb", writer.finish());
    const { items } = JSON.parse(output) as { items: Record<string, JsonValue>[] };
    return items.map((item, i) => item[this.keyOf(messages[i]?.[0] as DescMessage)] as JsonValue);
  }

  /**
   * Reads messages, whose JSON is text.
   *
   * @throws Error with the first message that Go refuses, and why.
   */
  async read(messages: [DescMessage, string][]): Promise<void> {
    const items = messages.map(([desc, json]) => `{"${this.keyOf(desc)}": ${json}}`);
    try {
      await this.convert("json", Buffer.from(`{"items": [${items}]}`));
    } catch (cause) {
      if (messages.length === 1) {
        throw new Error(`Go refuses a ${messages[0]?.[0].typeName}: ${messages[0]?.[1]}`, { cause });
      }
      await this.read(messages.slice(0, messages.length >> 1));
      await this.read(messages.slice(messages.length >> 1));
      throw cause;
    }
  }

  private readonly keyOf = (desc: DescMessage) => `m${this.messages.indexOf(desc)}`;

  private async convert(from: "binpb" | "json", input: Uint8Array): Promise<string> {
    const formats = ["--from", `-#format=${from}`, "--to", "-#format=json"];
    const args = ["convert", "image.binpb", "--type", "go.Batch", ...formats];
    const { code, stdout, stderr } = await buf(here, args, { cwd: this.folder, input });
    if (code !== 0) {
      throw new Error(stderr);
    }
    return stdout.toString();
  }
}
