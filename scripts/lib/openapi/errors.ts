// Errors of the Connect protocol: https://connectrpc.com/docs/protocol#error-end-stream.
import type { DescMethod, JsonObject } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { codeToHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { groupBy } from "../cli/collections.ts";
import { sentencesIn } from "../contract/comments.ts";
import { markdownOf } from "../contract/descriptors.ts";
import { refer, type Schema } from "./scalars.ts";
import { blocksIn, escapeTags, formatItem } from "./text.ts";

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

/** Codes by their names in lower case, without underscores. CANCELLED is another spelling. */
const codesByName = new Map([
  ...codes.map((code): [string, Code] => [codeToString(code).replaceAll("_", ""), code]),
  ["cancelled", Code.Canceled],
]);

/** What may be the name of a code: NOT_FOUND, `not_found`, codes.NotFound. */
const codeName = /\b[A-Z]+(?:_[A-Z]+)*\b|(?<=`)[a-z_]+(?=`)|\b[Cc]odes?\.[A-Z]\w+/g;

const verb =
  "\\b(?:[Aa]bort|[Aa]nswer|[Ee]nd|[Ee]rror|[Ff]ail|[Gg]et|[Rr]aise|[Rr]eject|[Rr]espond|[Rr]eturn|[Tt]hrow)\\w*";
const promise = `(?:^|\\b(?:else|otherwise)|${verb}(?: (?:an?|code|error|the|with))*)`;
const nextName = "\\W+[A-Z]+(?:_[A-Z]+)*\\b";

/**
 * The text around a word that is an error, and not a status UNKNOWN or INTERNAL of something else. The line's end stands
 * for the word.
 */
const aroundError = new RegExp(
  [
    `${promise}(?:${nextName})*(?:\\W+(?:and|or))?\\W*\n`,
    `${promise}${nextName}.*(?:,|\\band|\\bor) \\W?\n\\W*(?:if|otherwise|when)\\b`,
    "\n\\W*is (?:raised|returned|thrown)\\b",
  ].join("|"),
);

/** The text around an error that is denied. The line's end stands for the error. */
const aroundDenied = new RegExp(
  `(?:\\b[Nn]ever|not|n't) ${verb}[^,;\n]*\n|\n\`? (?:is|are) (?:never|not)\\b`,
);

/** The condition after an error, without the next error. */
const condition = /^\W*(?:if|when) (.+?)(?=(?:,| and| or)+ \W?[A-Z_]{7,}\b|;|[.\s]*$)/;

/** An error that comments promise. */
interface NamedError {
  code: Code;
  /** The sentence that names it, as Markdown. */
  sentence: string;
  /** What went wrong, in the sentence's words. */
  message: string;
}

/** Returns the errors that a sentence promises. */
function findErrors(sentence: string): NamedError[] {
  return [...sentence.matchAll(codeName)].flatMap(({ 0: word, index }) => {
    const code = codesByName.get(word.replace(/^codes?\.|_/gi, "").toLowerCase());
    const before = sentence.slice(0, index);
    const after = sentence.slice(index + word.length);
    const around = `${before}\n${after}`;
    const isError = /[._]/.test(word) || aroundError.test(around);
    if (code === undefined || !isError || aroundDenied.test(around)) {
      return [];
    }
    // A sentence that begins with the code is the item of a list.
    const text = /\w/.test(before) ? sentence : after.replace(/^\W+/, "");
    return [{ code, sentence: escapeTags(text), message: condition.exec(after)?.[1] ?? text }];
  });
}

/** Returns the errors that the comments of RPCs promise, by code. */
export function groupErrors(rpcs: DescMethod[]): Map<Code, NamedError[]> {
  const sentences = rpcs.flatMap((rpc) => blocksIn(markdownOf(rpc)).flatMap(sentencesIn));
  const errors = [...new Set(sentences)].flatMap(findErrors);
  return groupBy(
    errors.sort((a, b) => a.code - b.code),
    ({ code }) => code,
  );
}

/** Returns a list of errors, as Markdown. */
export const formatErrors = (errors: Iterable<[Code, NamedError[]]>): string =>
  Array.from(errors, ([code, named]) =>
    formatItem(`\`${codeToString(code)}\``, named.map(({ sentence }) => sentence).join(" ")),
  ).join("\n");

/** Returns the responses for errors, by HTTP status. */
export const createErrorResponses = (errors: Map<Code, NamedError[]>): JsonObject =>
  Object.fromEntries(
    Array.from(
      groupBy(errors, ([code]) => codeToHttpStatus(code)),
      ([status, group]) => {
        const examples = group.map(([key, [{ message = "" } = {}]]) => {
          const code = codeToString(key);
          return [code, { value: { code, ...(message ? { message } : {}) } }];
        });
        return [status, createErrorResponse(formatErrors(group), { examples: Object.fromEntries(examples) })];
      },
    ),
  );
