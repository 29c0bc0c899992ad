/** How many breaking changes two contracts have: one in each tenth file, or one for each field. */
export type Breaks = "few" | "many";

/** Number of lines of each file. */
const linesOfFile = 200;

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/**
 * Generates two versions of a contract of files with 200 lines, each in a package of its own: a service, messages with
 * comments, an enum.
 *
 * @returns for each version, the text of the files by path from the root of the repository.
 */
export function generateContract(
  lines: number,
  breaks: Breaks,
): Record<"before" | "after", Record<string, string>> {
  const ids = numbers(Math.ceil(lines / linesOfFile));
  const toFiles = (generate: (id: number) => string) => ({
    "buf.yaml": "version: v2\nmodules:\n  - path: proto\n",
    ...Object.fromEntries(ids.map((id) => [`proto/large/p${id}/v1/p${id}.proto`, generate(id)])),
  });
  const isBroken = (id: number) => breaks === "many" || id % 10 === 0;
  const isRenamed = (message: number, field: number) => breaks === "many" || (message === 4 && field === 3);
  return {
    before: toFiles((id) => generateFile(id, () => false)),
    after: toFiles((id) => generateFile(id, isBroken(id) ? isRenamed : () => false)),
  };
}

function generateFile(id: number, isRenamed: (message: number, field: number) => boolean): string {
  const rpcs = numbers(8).map(
    (rpc) =>
      `  // Get${rpc} returns a message. Returns NOT_FOUND if it is unknown.\n  rpc Get${rpc}(Message${rpc}) returns (Message${rpc + 1});\n`,
  );
  const messages = numbers(9).map(
    (message) =>
      `// Message${message} is one of many. It refers to the next.\nmessage Message${message} {\n${numbers(7)
        .map((field) => generateField(field, isRenamed(message, field)))
        .join("")}  Message${(message + 1) % 9} next = 8;\n  State state = 9;\n}\n`,
  );
  return `syntax = "proto3";

// The package of one service.
package large.p${id}.v1;

// P${id}Service is one of many services.
service P${id}Service {
${rpcs.join("")}}

// State is that of a message.
enum State {
  // Unknown.
  STATE_UNSPECIFIED = 0;
  // It is active.
  STATE_ACTIVE = 1;
}
${messages.join("")}`;
}

const generateField = (field: number, isRenamed: boolean) =>
  `  // Text of at most 100 characters. Empty if there is none.\n  ${field === 6 ? "repeated " : ""}string ${isRenamed ? "renamed" : "field"}_${field} = ${field + 1};\n`;
