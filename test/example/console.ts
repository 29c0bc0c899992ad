import { readFileSync } from "node:fs";
import { run } from "../../scripts/lib/cli/process.ts";
import { checkout } from "../support/dependencies.ts";

/** A command and its output, as a document prints them. */
interface Shown {
  command: string;
  output: string;
}

/** Reads the commands of the `console` blocks of a Markdown file: lines after "$ ", with their output below. */
export function readConsole(path: string): Shown[] {
  const blocks = [...readFileSync(path, "utf8").matchAll(/^```console\n(.*?)^```$/gms)].map(
    ([, text]) => text,
  );
  return blocks
    .flatMap((text) => (text ?? "").split(/^\$ /m).slice(1))
    .map((text) => {
      const end = text.indexOf("\n");
      return { command: text.slice(0, end), output: text.slice(end + 1) };
    });
}

/** Runs commands in one bash, as a reader types them, and returns the output and errors of each. */
export async function runConsole(commands: string[]): Promise<string[]> {
  // A newline follows the output of programs that, like curl, print none.
  const script = commands.map((command) => `${command}\nprintf '\\0'\n`).join("");
  const { stdout, stderr } = await run(checkout, "bash", ["-c", `exec 2>&1\n${script}`], {
    // npm prints warnings about settings of this machine.
    env: { npm_config_loglevel: "error" },
  });
  const printed = stdout.toString().split("\0").slice(0, -1);
  if (printed.length !== commands.length) {
    throw new Error(`bash ran ${printed.length} of ${commands.length} commands:\n${stdout}${stderr}`);
  }
  return printed.map((text) => (text === "" || text.endsWith("\n") ? text : `${text}\n`));
}

/** Replaces values that differ in each run with names in the order of appearance: times, tokens, random UUIDs. */
export function normalize(text: string): string {
  const names = new Map<string, string>();
  return text
    .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
    .replace(/(?<="serviceToken":")[\w-]{43}(?=")/g, "<token>")
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uuid) => {
      names.set(uuid, names.get(uuid) ?? `<uuid ${names.size + 1}>`);
      return names.get(uuid) ?? "";
    });
}
