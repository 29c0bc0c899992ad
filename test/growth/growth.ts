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
import { isOurs } from "../support/contract.ts";
import type { Files } from "../support/repository.ts";
import { unusedNumbers, unusedValue } from "../support/unused.ts";

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

/** RPCs that services have more of: one of each kind, and one that issues a secret. */
const rpcs = [
  { verb: "Grow", request: "", response: "", result: "" },
  { verb: "Watch", request: "", response: "stream ", result: "" },
  { verb: "Upload", request: "stream ", response: "", result: "" },
  { verb: "Talk", request: "stream ", response: "stream ", result: "" },
  { verb: "Rotate", request: "", response: "", result: "string service_token = 1 [debug_redact = true];" },
];

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
  let nth = 0;
  const next = (declarations: string[]) => declarations[nth++ % declarations.length] as string;
  const grown: Files = new Map();
  for (const file of contractFiles(contract).filter((candidate) => isOurs({ file: candidate }))) {
    const path = `proto/${file.proto.name}`;
    const insertions = [...nestedTypes(file)].flatMap((type): Insertion[] => {
      switch (type.kind) {
        case "message":
          return growMessage(type, next);
        case "enum":
          return growEnum(type);
        case "service":
          return [atEnd(type, isInGateway(file) ? exposedRpcs(type, contract) : newRpcs(type))];
        default:
          return [];
      }
    });
    if (isInGateway(file)) {
      grown.set(path, insert(read(path), insertions));
    } else {
      grown.set(path, insert(read(path), insertions) + file.services.map(newMessages).join(""));
      grown.set(path.replace(/[^/]*$/, "grown.proto"), newFile(file));
    }
  }
  return grown;
}

function growMessage(desc: DescMessage, next: (declarations: string[]) => string): Insertion[] {
  // The lint rules fix what EntityMeta has.
  if (desc.name === "EntityMeta") {
    return [];
  }
  const numbers = unusedNumbers(desc, desc.oneofs.length + 2);
  const add = (declaration: string, options = "") =>
    numbers.length > 0 && !desc.fields.some(({ name }) => declaration.endsWith(` ${name}`))
      ? `// Not set by older clients.\n${declaration} = ${numbers.pop()}${options};\n`
      : "";
  // The fields of an update are optional.
  const isUpdate = /^Update.*Request$/.test(desc.name);
  const isRequest = /Request$/.test(desc.name) && !desc.parent;
  return [
    ...desc.fields.map((field) => after(field, " // Ends the line.")),
    ...desc.oneofs.map((oneof) => atEnd(oneof, add(`string more_${oneof.name}`))),
    atEnd(
      desc,
      add(isUpdate ? "optional bool more" : next(fields)) +
        (isRequest
          ? add(isUpdate ? "optional string password" : next(secrets), " [debug_redact = true]")
          : ""),
    ),
  ];
}

function growEnum(desc: DescEnum): Insertion[] {
  const number = unusedValue(desc.proto);
  const prefix = desc.values[0]?.name.replace(/UNSPECIFIED$/, "");
  return number === undefined ? [] : [atEnd(desc, `${prefix}GROWN = ${number}; // Ends the line.\n`)];
}

const subjectOf = ({ name }: DescService) => name.replace(/(Service|Gateway)$/, "Growth");

/** Returns the RPCs that a service has more of, with the prefix of the names of their messages. */
const newRpcs = (service: DescService, prefix = "") =>
  rpcs
    .map(({ verb, request, response }) => {
      const name = verb + subjectOf(service);
      return rpcText(name, `${request}${prefix}${name}Request`, `${response}${prefix}${name}Response`);
    })
    .join("");

const rpcText = (name: string, request: string, response: string) =>
  `\n// ${name} is new.\nrpc ${name}(${request}) returns (${response});\n`;

const newMessages = (service: DescService) =>
  rpcs
    .map(({ verb, result }) => {
      const name = verb + subjectOf(service);
      return `\nmessage ${name}Request {\n  string id = 1;\n}\n\nmessage ${name}Response {\n  ${result}\n}\n`;
    })
    .join("");

/** Returns the RPCs of a service that its gateway does not expose, if it imports what they need. */
function exposedRpcs({ file, name, method }: DescService, contract: FileRegistry): string {
  const isImported = (type: { file: DescFile }) => file.dependencies.includes(type.file);
  const service = contractServices(contract).find(
    (other) => isImported(other) && other.name === name.replace(/Gateway$/, "Service"),
  );
  if (service === undefined) {
    return "";
  }
  const hidden = service.methods.filter(
    ({ localName, input, output }) => !method[localName] && isImported(input) && isImported(output),
  );
  const old = hidden.map(({ name, input, output, proto }) =>
    rpcText(
      name,
      `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
      `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    ),
  );
  return old.join("") + newRpcs(service, `${service.file.proto.package}.`);
}

function newFile({ proto }: DescFile): string {
  const { goPackage } = proto.options ?? {};
  const option = goPackage ? `option go_package = "${goPackage}";\n` : "";
  return `syntax = "proto3";\npackage ${proto.package};\n${option}
// Growth is in a file of its own.\nmessage Growth {\n  string text = 1;\n}\n`;
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
  // From the end, so that places stay valid.
  for (const { line, column, text } of insertions.toSorted(
    (a, b) => b.line - a.line || b.column - a.column,
  )) {
    const old = lines[line - 1] as string;
    lines[line - 1] = old.slice(0, column - 1) + text + old.slice(column - 1);
  }
  return lines.join("\n");
}
