import { dirname } from "node:path";
import type {
  DescEnum,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
  FileRegistry,
} from "@bufbuild/protobuf";
import {
  contractFiles,
  contractMessages,
  contractServices,
  isImport,
  isInGateway,
} from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";

/** Path of the descriptor image that the tarball contains. */
export const packedImage = "dist/image.binpb";

/** The packed contract. */
export const contract: FileRegistry = readImage(packedImage);

/** Every file of the contract: ours and OpenTelemetry's. */
export const files: DescFile[] = contractFiles(contract);

/** Every message, without map entries and well-known types. */
export const messages: DescMessage[] = contractMessages(contract);

/** Every enum, with nested enums. */
export const enums: DescEnum[] = [
  ...files.flatMap((file) => file.enums),
  ...messages.flatMap((message) => message.nestedEnums),
];

/** Every service. */
export const services: DescService[] = contractServices(contract);

/** Every RPC. */
export const rpcs: DescMethod[] = services.flatMap((service) => service.methods);

/** Returns whether a descriptor is declared in our packages, and so follows our conventions. */
export const isOurs = ({ file }: { file: DescFile }) => file.proto.package.startsWith("agynio.");

/** Returns the subpath that the npm package exports a file under: `runners/v1`. */
export const packagePath = (file: DescFile): string => dirname(filePath(file));

/** Returns the subpath that the npm package exports a file's own code under: `runners/v1/runners`. */
export const filePath = (file: DescFile): string => file.name.replace(/^agynio\/api\//, "");

/** Returns a file and all files that it imports. */
export const withImports = (file: DescFile): DescFile[] => [
  ...new Set([file, ...file.dependencies.flatMap(withImports)]),
];

/** The services of the gateway. */
export const gateways: DescService[] = services.filter(({ file }) => isInGateway(file));

/** The files of each proto package, by subpath. */
export const packages = new Map<string, DescFile[]>();
for (const file of files) {
  packages.set(packagePath(file), [...(packages.get(packagePath(file)) ?? []), file]);
}

/** Every subpath of the contract's code: of each proto package, and of each .proto file. */
const subpaths = [...packages].flatMap(([path, own]) => [path, ...own.map(filePath)]);

/** The files of google/protobuf that the contract imports. */
const googlePaths = [...contract.files].filter(isImport).map(({ name }) => name);

/** Every import specifier of TypeScript that the package exports, by flavour. */
export const specifiers = {
  es: [...subpaths, "registry", "redact"].map((path) => `@agynio/api/${path}`),
  "connect-v1": subpaths.map((path) => `@agynio/api/connect-v1/${path}`),
  "ts-proto": [
    "@agynio/api/ts-proto",
    ...[...subpaths, "google/protobuf", ...googlePaths].map((path) => `@agynio/api/ts-proto/${path}`),
  ],
};

/** Returns whether every flavour has code for a file. Not every one has code for extensions. */
export const hasTypes = ({ messages, enums, services }: DescFile) =>
  messages.length + enums.length + services.length > 0;

const withoutTypes = [...packages].flatMap(([path, own]) => [
  ...(own.some(hasTypes) ? [] : [path]),
  ...own.filter((file) => !hasTypes(file)).map(filePath),
]);

/** Returns whether a module may export no value: of files without types, or of the helper types of ts-proto's code. */
export const mayBeEmpty = (specifier: string): boolean =>
  specifier === "@agynio/api/ts-proto" || withoutTypes.some((path) => specifier.endsWith(`/${path}`));
