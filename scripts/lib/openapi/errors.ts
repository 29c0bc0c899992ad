// Errors of the Connect protocol: https://connectrpc.com/docs/protocol#error-end-stream.
import type { DescMethod, JsonObject } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { groupBy } from "../cli/collections.ts";
import { sentencesIn } from "../contract/comments.ts";
import { commentOf } from "../contract/descriptors.ts";
import { refer, type Schema } from "./scalars.ts";
import { escapeTags, formatItem } from "./text.ts";

const codes = Object.values(Code).filter((code) => typeof code === "number");
const names = codes.map(codeToString);

/** The schemas of errors. The names of their types are the protocol's. */
export const errorSchemas: Record<string, Schema> = {
  "connect.Error": {
    type: "object",
    description: "An error of the Connect protocol.",
    properties: {
      code: { type: "string", description: "What kind of error it is.", enum: names },
      message: { type: "string", description: "What went wrong, for a person. May be absent." },
      details: {
        type: "array",
        description: "More about the error, for a program. May be absent.",
        items: refer("connect.ErrorDetail"),
      },
    },
    required: ["code"],
  },
  "connect.ErrorDetail": {
    type: "object",
    description: "A message that describes an error.",
    properties: {
      type: { type: "string", description: "Full name of the message's type." },
      value: {
        type: "string",
        description: "The message in the binary format of Protocol Buffers, in base64 without padding.",
        contentEncoding: "base64",
      },
      debug: { description: "The message as JSON, for a person to read. Servers may leave it out." },
    },
    required: ["type", "value"],
  },
  "connect.EndStreamResponse": {
    type: "object",
    description: "The last envelope of every stream of responses.",
    properties: {
      error: { ...refer("connect.Error"), description: "Absent if the call succeeded." },
      metadata: {
        type: "object",
        description: "Trailers: values by name. May be absent.",
        additionalProperties: { type: "array", items: { type: "string" } },
      },
    },
  },
};

/** A table of all codes with their HTTP statuses, as Markdown. */
export const tableOfCodes = [
  "| code | HTTP status |\n| --- | --- |",
  ...codes.map((code) => `| \`${codeToString(code)}\` | ${codeToHttpStatus(code)} |`),
].join("\n");

const createErrorResponse = (description: string, example: JsonObject): JsonObject => ({
  description,
  content: { "application/json": { schema: refer("connect.Error"), ...example } },
});

/** The response of every operation for errors that its comment does not name. */
export const defaultResponse = createErrorResponse(
  "An error. Its HTTP status follows from its code. Without this JSON are the answers to requests that are no call, which " +
    "have another method, path or content type, and perhaps the errors of a proxy.",
  { example: { code: codeToString(Code.Unauthenticated), message: "the token has expired" } },
);

/** Names of codes in comments. CANCELLED is another spelling. */
const named = `\\b(?:${names.join("|").toUpperCase()}|CANCELLED)\\b`;

const verbs =
  "[Aa]bort|[Aa]nswer|[Ee]nds?\\b|[Ee]rror|[Ff]ail|[Rr]aise|[Rr]eject|[Rr]espond|[Rr]eturn|[Tt]hrow";

/** A sentence that is about an error, and not about a status UNKNOWN or INTERNAL of something else. */
const aboutError = new RegExp(`^\\W*${named}|\\b(?:${verbs})`);

/** An error that comments promise. */
interface NamedError {
  code: Code;
  /** The sentences of the comments that name it. */
  sentences: string[];
}

/** Returns the errors that the comments of RPCs promise. */
function findErrors(rpcs: DescMethod[]): NamedError[] {
  const sentences = rpcs.flatMap((rpc) => sentencesIn(commentOf(rpc)));
  return codes.flatMap((code) => {
    const name = codeToString(code).toUpperCase();
    const naming = sentences.filter(
      (sentence) =>
        (name.includes("_") || aboutError.test(sentence)) &&
        [...sentence.matchAll(new RegExp(named, "g"))].some(([found]) => found.replace("LL", "L") === name),
    );
    return naming.length > 0 ? [{ code, sentences: [...new Set(naming)].map(escapeTags) }] : [];
  });
}

/** Returns a list of the errors that the comments of RPCs name, as Markdown. */
export const listErrors = (rpcs: DescMethod[]): string => formatErrors(findErrors(rpcs));

const formatErrors = (errors: NamedError[]) =>
  errors
    .map(({ code, sentences }) => formatItem(`\`${codeToString(code)}\``, sentences.join(" ")))
    .join("\n");

/** Returns the responses, by HTTP status, for the errors that the comments of RPCs name. */
export function createErrorResponses(rpcs: DescMethod[]): JsonObject {
  const statuses = groupBy(findErrors(rpcs), ({ code }) => codeToHttpStatus(code));
  return Object.fromEntries(
    [...statuses].map(([status, errors]) => {
      const examples = errors.map(({ code, sentences: [sentence = ""] }) => {
        const message = /\bif (.+?)[.;]/.exec(sentence)?.[1] ?? sentence;
        return [codeToString(code), { value: { code: codeToString(code), message } }];
      });
      return [
        `${status}`,
        createErrorResponse(formatErrors(errors), { examples: Object.fromEntries(examples) }),
      ];
    }),
  );
}
