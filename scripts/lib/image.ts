import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { UserError } from "./errors.ts";

/**
 * The files of a descriptor image by their import paths, each as the bytes of its FileDescriptorProto, but
 * for google/protobuf, which belongs to each runtime. Nothing more is decoded, which would take longer
 * than to compile the contract: the bytes of two files with source info are equal when their text is.
 *
 * @throws UserError (exit code 2) when it is no image.
 */
export function imageFiles(path: string): Map<string, Buffer> {
  const files = readFiles(path).map((file) => {
    const [name] = lengthDelimited(file, 1);
    return [Buffer.from(name ?? []).toString(), Buffer.from(file)] as const;
  });
  return new Map(files.filter(([name]) => !name.startsWith("google/protobuf/")));
}

function readFiles(path: string): Uint8Array[] {
  try {
    return [...lengthDelimited(readFileSync(path), 1)];
  } catch (error) {
    const name = relative(process.cwd(), path);
    throw new UserError(
      `${name} is damaged, and is no descriptor image: ${(error as Error).message}\n  Run: git checkout HEAD -- ${name}`,
      2,
    );
  }
}

/** The values of a message's field that is a string, bytes or a message. */
function* lengthDelimited(message: Uint8Array, field: number): Generator<Uint8Array> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field) {
      yield reader.bytes();
    } else {
      reader.skip(type, number);
    }
  }
}
