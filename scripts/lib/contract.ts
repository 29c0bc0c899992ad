import { readFileSync } from "node:fs";
import { createFileRegistry, type DescFile, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/** Reads a descriptor image (a serialized google.protobuf.FileDescriptorSet) from a file. */
export function readImage(path: string): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(path)));
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
