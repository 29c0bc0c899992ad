import { dirname } from "node:path";
import type { DescEnum, DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { contractFiles, readImage } from "../../scripts/lib/contract.js";
import { contractMessages, packedImage } from "./messages.js";

/** The built contract, as the package carries it. */
export const contract: FileRegistry = readImage(packedImage);

/** Every file of the contract: ours and OpenTelemetry's. */
export const files: DescFile[] = contractFiles(contract);

/** Whether a descriptor is declared by us, and so follows our conventions. */
export const isOurs = ({ file }: { file: DescFile }) => file.proto.package.startsWith("agynio.");

/** Every message, map entries and well-known types aside. */
export const messages: DescMessage[] = contractMessages(contract);

/** Every service. */
export const services: DescService[] = files.flatMap((file) => file.services);

/** Every enum, nested ones included. */
export const enums: DescEnum[] = [
  ...files.flatMap((file) => file.enums),
  ...messages.flatMap((message) => message.nestedEnums),
];

/** The files of each proto package, by the subpath that the npm package exports it under: `runners/v1`. */
export const packages = new Map<string, DescFile[]>();
for (const file of files) {
  const path = dirname(file.name).replace(/^agynio\/api\//, "");
  packages.set(path, [...(packages.get(path) ?? []), file]);
}

/** Every import specifier of TypeScript that the package offers, flavour by flavour. */
export const specifiers: Record<"es" | "connect-v1" | "ts-proto", string[]> = {
  es: [...packages.keys(), "registry", "redact"].map((path) => `@agynio/api/${path}`),
  "connect-v1": [...packages.keys()].map((path) => `@agynio/api/connect-v1/${path}`),
  "ts-proto": [...packages.keys()].map((path) => `@agynio/api/ts-proto/${path}`),
};
