// The contract as later changes may grow it, as text: every service has more RPCs, every message more fields, every
// enum more values, every package another file. What is added follows the conventions of lint/.
import type { AnyDesc, DescEnum, DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import {
  contractFiles,
  contractServices,
  isInGateway,
  placeOf,
} from "../../scripts/lib/contract/descriptors.ts";
import type { Files } from "../support/repository.ts";

/** Fields that messages have more of. */
const fields = [
  "string more_text",
  "map<string, double> more_weights",
  "optional sint64 more_offset",
  "bytes more_data",
  "map<int32, bool> more_flags",
];

/** Secrets that requests have more of: of every kind, and not only by their names. */
const secrets = [
  "string session_password",
  "repeated string recovery_codes",
  "map<string, string> access_tokens",
  "bool was_breached",
  "sint64 pin_offset",
  "optional bytes private_key",
];

/** Each kind of RPC: what stands before the types of its request and response. */
const kinds = [
  ["", ""],
  ["", "stream "],
  ["stream ", ""],
  ["stream ", "stream "],
] as const;

/** Text to insert at a place in a file; lines and columns count from 1. */
interface Insertion {
  line: number;
  column: number;
  text: string;
}

/**
 * Returns the files of our packages, grown.
 *
 * @param contract The contract with source info.
 * @param read Returns the text of a file by its path in the repository.
 */
export function growContract(contract: FileRegistry, read: (path: string) => string): Files {
  const grown: Files = new Map();
  let nth = 0;
  const next = <T>(items: readonly T[]) => items[nth++ % items.length] as T;
  for (const file of contractFiles(contract).filter(({ proto }) => proto.package.startsWith("agynio."))) {
    const types = [...nestedTypes(file)];
    const insertions = types.flatMap((type): Insertion[] => {
      switch (type.kind) {
        case "message":
          return growMessage(type, next);
        case "enum":
          return [atEnd(type, `${valuePrefix(type)}MORE = ${nextValue(type)}; // One more.\n`)];
        case "service":
          return [
            atEnd(
              type,
              isInGateway(file)
                ? exposedRpcs(type, contract)
                : newRpcs(type)
                    .map(({ text }) => text)
                    .join(""),
            ),
          ];
        default:
          return [];
      }
    });
    const added = isInGateway(file)
      ? ""
      : file.services.flatMap((s) => newRpcs(s).map(({ messages }) => messages)).join("");
    const path = `proto/${file.proto.name}`;
    grown.set(path, insert(read(path), insertions) + added);
    const another = path.replace(/[^/]*$/, "more.proto");
    if (!isInGateway(file) && file.proto.options?.goPackage === goPackageOf(file) && !grown.has(another)) {
      const options = `syntax = "proto3";\npackage ${file.proto.package};\noption go_package = "${file.proto.options?.goPackage}";\n`;
      grown.set(
        another,
        `${options}\n// MoreNotes describes a file.\nmessage MoreNotes {\n  string text = 1;\n}\n`,
      );
    }
  }
  return grown;
}

function growMessage(desc: DescMessage, next: <T>(items: readonly T[]) => T): Insertion[] {
  if (desc.name === "EntityMeta") {
    return [];
  }
  const numbers = freeNumbers(desc);
  const number = () => numbers.next().value;
  const comment = "// Not set by older clients.\n";
  const isUpdate = /^Update.*Request$/.test(desc.name);
  const added = [isUpdate ? "optional bool more" : next(fields)].map(
    (field) => `${comment}${field} = ${number()};\n`,
  );
  if (/Request$/.test(desc.name) && !desc.parent) {
    const secret = isUpdate ? "optional string password" : next(secrets);
    added.push(
      `// Secret. Older clients know nothing of it.\n${secret} = ${number()} [debug_redact = true];\n`,
    );
  }
  return [
    ...desc.fields.map((field) => after(field, " // Ends the line.")),
    ...desc.oneofs.map((oneof) => atEnd(oneof, `${comment}string more_${oneof.name} = ${number()};\n`)),
    atEnd(desc, added.join("")),
  ];
}

/** Yields the numbers after those that a message uses, and 1000, which reads as one that nobody uses. */
function* freeNumbers({ fields, proto }: DescMessage): Generator<number, number> {
  const used = [...fields.map(({ number }) => number), ...proto.reservedRange.map(({ end }) => end - 1)];
  const last = Math.max(0, ...used);
  yield last + 1;
  if (last < 1000) {
    yield 1000;
  }
  for (let number = Math.max(last + 2, 1001); ; number++) {
    yield number;
  }
}

const nextValue = ({ values }: DescEnum) => Math.max(...values.map(({ number }) => number)) + 1;
const valuePrefix = ({ values }: DescEnum) => values[0]?.name.replace("UNSPECIFIED", "") ?? "";

/** Returns an RPC of each kind, and one that issues a secret, with its messages. */
function newRpcs({ name }: DescService) {
  const subject = name.replace(/Service$/, "");
  const rpcs = kinds.map(([request, response], i) => ({
    name: `Grow${subject}${i}`,
    request,
    response,
    secret: "",
  }));
  return [
    ...rpcs,
    {
      name: `Rotate${subject}Key`,
      request: "",
      response: "",
      secret: "// The new token.\nstring service_token = 1 [debug_redact = true];\n",
    },
  ].map(({ name, request, response, secret }) => ({
    name,
    request,
    response,
    text: `\n// ${name} is new.\nrpc ${name}(${request}${name}Request) returns (${response}${name}Response);\n`,
    messages: `\nmessage ${name}Request {\nstring id = 1;\n}\n\nmessage ${name}Response {\n${secret}}\n`,
  }));
}

/** Returns the RPCs of a service that its gateway does not expose. */
function exposedRpcs({ name, methods }: DescService, contract: FileRegistry): string {
  const service = contractServices(contract).find(
    (other) => other.name === name.replace(/Gateway$/, "Service"),
  );
  if (!service) {
    return "";
  }
  const exposed = methods.map((method) => method.name);
  const rpcs = [
    ...service.methods.map(({ name, input, output, proto }) => ({
      name,
      request: `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
      response: `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    })),
    ...newRpcs(service).map(({ name, request, response }) => ({
      name,
      request: `${request}${service.file.proto.package}.${name}Request`,
      response: `${response}${service.file.proto.package}.${name}Response`,
    })),
  ];
  return rpcs
    .filter(({ name }) => !exposed.includes(name))
    .map(
      ({ name, request, response }) =>
        `\n// ${name} is exposed as well.\nrpc ${name}(${request}) returns (${response});\n`,
    )
    .join("");
}

/** Returns an insertion before the brace that ends a declaration. */
function atEnd(element: AnyDesc, text: string): Insertion {
  const { endLine, endColumn } = placeOf(element);
  return { line: endLine, column: endColumn - 1, text: `\n${text}` };
}

function after(element: AnyDesc, text: string): Insertion {
  const { endLine, endColumn } = placeOf(element);
  return { line: endLine, column: endColumn, text };
}

function insert(text: string, insertions: Insertion[]): string {
  const lines = text.split("\n");
  for (const { line, column, text } of insertions.toSorted(
    (a, b) => b.line - a.line || b.column - a.column,
  )) {
    const old = lines[line - 1] as string;
    lines[line - 1] = old.slice(0, column - 1) + text + old.slice(column - 1);
  }
  return lines.join("\n");
}

const goPackageOf = ({ proto }: DescFile) =>
  `github.com/agynio/api/gen/${proto.package.replaceAll(".", "/")};${proto.package.split(".").slice(-2).join("").replaceAll("_", "")}`;
