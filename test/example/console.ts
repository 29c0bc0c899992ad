import { readFileSync } from "node:fs";
import { run } from "../../scripts/lib/run.js";

/** A command as a document prints it, and what it says that the command prints. */
export interface Shown {
  command: string;
  output: string;
}

/** Commands of the `console` blocks of a Markdown file: lines after "$ ", each with its output below. */
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

/** Runs commands in one bash, as a reader types them, and returns what each prints on both its streams. */
export async function runConsole(commands: string[]): Promise<string[]> {
  // What a command prints ends with a newline even where, as with curl, it itself prints none.
  const script = commands.map((command) => `${command}\nprintf '\\0'\n`).join("");
  const { stdout, stderr } = await run("bash", ["-c", `exec 2>&1\n${script}`], {
    // Settings of npm's that this machine has and npm warns of are none of the reader's.
    env: { ...process.env, npm_config_loglevel: "error" },
  });
  const printed = stdout.toString().split("\0").slice(0, -1);
  if (printed.length !== commands.length) {
    throw new Error(`bash ran ${printed.length} of ${commands.length} commands:\n${stdout}${stderr}`);
  }
  return printed.map((text) => (text === "" || text.endsWith("\n") ? text : `${text}\n`));
}

/** Gives what differs from run to run names in the order of appearance: times, tokens and random UUIDs. */
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
