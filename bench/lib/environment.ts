import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { bufVersion } from "../../scripts/lib/buf.js";
import type { Environment } from "./report.js";

/** The machine, and the versions of everything that was measured or measured with. */
export function environment(): Environment {
  const [cpu] = cpus();
  const here = "node_modules";
  const there = "bench/alternatives/node_modules";
  const packages: [string, string][] = [
    ["@bufbuild/protobuf", here],
    ["@bufbuild/protoc-gen-es", here],
    ["@connectrpc/connect-web", here],
    ["@grpc/grpc-js", here],
    ["ts-proto", here],
    ["typescript", here],
    ["rolldown", here],
    ["@bufbuild/protobuf", there],
    ["@connectrpc/connect-web", there],
    ["protobufjs", there],
    ["protobufjs-cli", there],
    ["@protobuf-ts/plugin", there],
    ["google-protobuf", there],
    ["mitata", there],
  ];
  return [
    ["machine", `${type()} ${release()} ${process.arch}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`],
    ["CPU", `${cpus().length} × ${cpu?.model.trim()}`],
    ["Node.js", process.version],
    ["@agynio/api", version(".")],
    ["buf", bufVersion()],
    ...packages.map(([name, folder]): [string, string] => [name, version(`${folder}/${name}`)]),
  ];
}

const version = (folder: string) =>
  JSON.parse(readFileSync(`${folder}/package.json`, "utf8")).version as string;
