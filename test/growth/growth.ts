// The contract as later changes may grow it, as text: every service has more RPCs, every message more fields, every
// enum more values, every package another file. What is added follows the conventions of lint/.
import type { AnyDesc, DescEnum, DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { containersOf, roleOf } from "../../lint/rules/roles.ts";
import { contractFiles, isInGateway, placeOf } from "../../scripts/lib/contract/descriptors.ts";
import { findFronted } from "../../scripts/lib/contract/gateway.ts";
import { isOurs } from "../support/contract.ts";
import type { Files } from "../support/repository.ts";
import { capitalize, unusedNumbers, unusedValue, unusedWord } from "../support/unused.ts";

/** The types and the names of fields that messages have more of. The names get a prefix that the contract does not use. */
const fields = [
  ["string", "text"],
  ["map<string, double>", "weights"],
  ["optional sint64", "offset"],
  ["bytes", "data"],
  ["map<int32, bool>", "flags"],
] as const;

/** Secrets that requests have more of: of every kind, and not only by their names. */
const secrets = [
  ["string", "session_password"],
  ["repeated string", "recovery_codes"],
  ["map<string, string>", "access_tokens"],
  ["bool", "was_breached"],
  ["sint64", "pin_offset"],
  ["optional bytes", "private_key"],
] as const;

type Declaration = readonly [type: string, name: string];

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
  const word = unusedWord(contract, "growth");
  let nth = 0;
  const next = (declarations: readonly Declaration[]) =>
    declarations[nth++ % declarations.length] as Declaration;
  const grown: Files = new Map();
  for (const file of contractFiles(contract).filter((candidate) => isOurs({ file: candidate }))) {
    const path = `proto/${file.proto.name}`;
    const insertions = [...nestedTypes(file)].flatMap((type): Insertion[] => {
      switch (type.kind) {
        case "message":
          return growMessage(type, contract, word, next);
        case "enum":
          return growEnum(type, word);
        case "service":
          return [atEnd(type, isInGateway(file) ? exposedRpcs(type, contract, word) : newRpcs(type, word))];
        default:
          return [];
      }
    });
    if (isInGateway(file)) {
      grown.set(path, insert(read(path), insertions));
    } else {
      const messages = file.services.map((service) => newMessages(service, word));
      grown.set(path, insert(read(path), insertions) + messages.join(""));
      grown.set(path.replace(/[^/]*$/, `${word}.proto`), newFile(file, word));
    }
  }
  return grown;
}

function growMessage(
  desc: DescMessage,
  contract: FileRegistry,
  word: string,
  next: (declarations: readonly Declaration[]) => Declaration,
): Insertion[] {
  // The lint rules fix what EntityMeta has.
  if (desc.name === "EntityMeta") {
    return [];
  }
  const numbers = unusedNumbers(desc, desc.oneofs.length + 2);
  const add = ([type, name]: Declaration, options = "") => {
    const number = numbers.pop();
    return number === undefined
      ? ""
      : `// Not set by older clients.\n${type} ${word}_${name} = ${number}${options};\n`;
  };
  // The fields of an update are optional.
  const isUpdate = /^Update.*Request$/.test(desc.name);
  const canHoldSecrets =
    !desc.parent && roleOf(desc, contract) === "request" && containersOf(desc, contract).length === 0;
  return [
    // A comment of a line would hide what follows the field.
    ...desc.fields.map((field) => after(field, " /* After the field. */")),
    ...desc.oneofs.map((oneof, i) => atEnd(oneof, add(["string", `member_${i}`]))),
    atEnd(
      desc,
      add(isUpdate ? ["optional bool", "flag"] : next(fields)) +
        (canHoldSecrets
          ? add(isUpdate ? ["optional string", "password"] : next(secrets), " [debug_redact = true]")
          : ""),
    ),
  ];
}

function growEnum(desc: DescEnum, word: string): Insertion[] {
  const number = unusedValue(desc.proto);
  const prefix = desc.values[0]?.name.replace(/UNSPECIFIED$/, "");
  return number === undefined
    ? []
    : [atEnd(desc, `${prefix}${word.toUpperCase()} = ${number}; // Ends the line.\n`)];
}

/** Returns the RPCs that a service has more of, with the name of each. */
const rpcsOf = ({ name }: DescService, word: string) =>
  rpcs.map((rpc) => ({
    ...rpc,
    name: rpc.verb + name.replace(/(Service|Gateway)$/, "") + capitalize(word),
  }));

/** Returns the RPCs that a service has more of, with the prefix of the names of their messages. */
const newRpcs = (service: DescService, word: string, prefix = "") =>
  rpcsOf(service, word)
    .map(({ name, request, response }) =>
      rpcText(name, `${request}${prefix}${name}Request`, `${response}${prefix}${name}Response`),
    )
    .join("");

const rpcText = (name: string, request: string, response: string) =>
  `\n// ${name} is new.\nrpc ${name}(${request}) returns (${response});\n`;

const newMessages = (service: DescService, word: string) =>
  rpcsOf(service, word)
    .map(
      ({ name, result }) =>
        `\nmessage ${name}Request {\n  string id = 1;\n}\n\nmessage ${name}Response {\n  ${result}\n}\n`,
    )
    .join("");

/** Returns the RPCs of a service that its gateway does not expose, if it imports what they need. */
function exposedRpcs(gateway: DescService, contract: FileRegistry, word: string): string {
  const isImported = (type: { file: DescFile }) => gateway.file.dependencies.includes(type.file);
  const service = findFronted(gateway, contract);
  if (service === undefined || !isImported(service)) {
    return "";
  }
  const hidden = service.methods.filter(
    ({ localName, input, output }) => !gateway.method[localName] && isImported(input) && isImported(output),
  );
  const old = hidden.map(({ name, input, output, proto }) =>
    rpcText(
      name,
      `${proto.clientStreaming ? "stream " : ""}${input.typeName}`,
      `${proto.serverStreaming ? "stream " : ""}${output.typeName}`,
    ),
  );
  return old.join("") + newRpcs(service, word, `${service.file.proto.package}.`);
}

function newFile({ proto }: DescFile, word: string): string {
  const { goPackage } = proto.options ?? {};
  const option = goPackage ? `option go_package = "${goPackage}";\n` : "";
  return `syntax = "proto3";\npackage ${proto.package};\n${option}
// ${capitalize(word)} is in a file of its own.\nmessage ${capitalize(word)} {\n  string text = 1;\n}\n`;
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
