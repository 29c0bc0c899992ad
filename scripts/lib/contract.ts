import { readFileSync } from "node:fs";
import { createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { UserError } from "./errors.ts";

/**
 * Reads a descriptor image from a file.
 *
 * @throws UserError (exit code 2) when it is none.
 */
export function readDescriptorSet(path: string): FileDescriptorSet {
  return orRefuse(path, () => fromBinary(FileDescriptorSetSchema, readFileSync(path)));
}

/**
 * Reads the types of a descriptor image from a file.
 *
 * @throws UserError (exit code 2) when it is none, or lacks a file that it imports.
 */
export function readImage(path: string): FileRegistry {
  const set = readDescriptorSet(path);
  return orRefuse(path, () => createFileRegistry(set));
}

function orRefuse<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UserError(
      `${path} is not a descriptor image, a serialized google.protobuf.FileDescriptorSet: ${(error as Error).message}\n` +
        "  Run: npx buf build -o image.binpb      to make one of the contract in the working tree",
      2,
    );
  }
}

/** Files of the contract, sorted by path: everything but google/protobuf, which each runtime brings itself. */
export function contractFiles(registry: FileRegistry): DescFile[] {
  return [...registry.files]
    .filter((file) => !file.name.startsWith("google/protobuf/"))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One line that says how much the contract holds. */
export function summarize(registry: FileRegistry): string {
  const services = contractFiles(registry).flatMap((file) => file.services);
  const rpcs = services.flatMap((service) => service.methods);
  const messages = [...registry].filter(
    (desc) => desc.kind === "message" && !desc.file.name.startsWith("google/protobuf/"),
  );
  return `${services.length} services, ${rpcs.length} RPCs, ${messages.length} messages`;
}
