import { cpus, release, totalmem, type } from "node:os";
import { alternatives, readManifest, root } from "./tools.ts";

/** Packages of this repository that are measured, or used to measure. */
const measured = [
  "@bufbuild/buf",
  "@bufbuild/protobuf",
  "@bufbuild/protoc-gen-es",
  "@connectrpc/connect-web",
  "@grpc/grpc-js",
  "rolldown",
  "ts-proto",
  "typescript",
];

/** Returns the machine and the versions of everything that was measured. package.json pins them. */
export function describeEnvironment(): [name: string, value: string][] {
  const { version, devDependencies } = readManifest(root);
  return [
    ["machine", `${type()} ${release()} ${process.arch}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`],
    ["CPU", `${cpus().length} × ${cpus()[0]?.model.trim()}`],
    ["Node.js", process.version],
    ["@agynio/api", version],
    ...measured.map((name): [string, string] => [name, devDependencies[name] as string]),
    ...Object.entries(readManifest(alternatives).devDependencies),
  ];
}
