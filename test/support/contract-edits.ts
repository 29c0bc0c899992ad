/** The contract's files: text by path from the repository's root. buf.yaml is one of them. */
export type Files = Map<string, string>;

/** Path of a file of our own packages: `api("chat")` is that of agynio.api.chat.v1. */
export const api = (name: string) => `proto/agynio/api/${name}/v1/${name}.proto`;

/** Path of the file of a gateway service. */
export const gateway = (name: string) => `proto/agynio/api/gateway/v1/${name}.proto`;

/** Path of a file of OpenTelemetry's. */
export const otel = (name: string) =>
  `third_party/opentelemetry/opentelemetry/proto/${name}/v1/${name}.proto`;

/** Text of a file. */
export function textOf(files: Files, path: string): string {
  const text = files.get(path);
  if (text === undefined) {
    throw new Error(`the contract has no file ${path}`);
  }
  return text;
}

/** What stands before a file's first declaration: its syntax, package, imports and options. */
export const header = (files: Files, path: string) =>
  textOf(files, path).split(/^(?=\/\/|service|message|enum)/m)[0] ?? "";

/**
 * Replaces the one place in a file where `from` occurs.
 *
 * @param block The line on which a declaration begins ("message Chat {"): only its body is looked at.
 */
export function replace(files: Files, path: string, from: string, to: string, block = ""): void {
  const text = textOf(files, path);
  const [start, end] = block === "" ? [0, text.length] : span(text, block);
  const inside = text.slice(start, end);
  if (inside.split(from).length !== 2) {
    throw new Error(`${path}: ${JSON.stringify(from)} is not in "${block}" exactly once`);
  }
  files.set(path, text.slice(0, start) + inside.split(from).join(to) + text.slice(end));
}

/** Adds lines at the end of a declaration's body. */
export function append(files: Files, path: string, block: string, lines: string): void {
  const text = textOf(files, path);
  const [, end] = span(text, block);
  const bracket = text.lastIndexOf("}", end);
  files.set(path, `${text.slice(0, bracket)}${lines}\n${text.slice(bracket)}`);
}

/** Adds declarations at the end of a file. */
export function addTo(files: Files, path: string, text: string): void {
  files.set(path, `${textOf(files, path)}\n${text}\n`);
}

/** Takes a declaration with its body out of a file, without its comment, and returns it. */
export function cut(files: Files, path: string, block: string): string {
  const text = textOf(files, path);
  const [start, end] = span(text, block);
  files.set(path, text.slice(0, start) + text.slice(end));
  return text.slice(start, end);
}

/** Takes a file out of the contract, and returns its text. */
export function remove(files: Files, path: string): string {
  const text = textOf(files, path);
  files.delete(path);
  return text;
}

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Where a declaration that begins on the line `block` starts and ends, at the bracket of its indentation. */
function span(text: string, block: string): [start: number, end: number] {
  const found = new RegExp(`^( *)${literally(block)}\\n(?:.*\\n)*?\\1\\}`, "m").exec(text);
  if (found === null) {
    throw new Error(`there is no "${block}"`);
  }
  return [found.index, found.index + found[0].length];
}
