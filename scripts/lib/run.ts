import { type SpawnOptions, spawn } from "node:child_process";
import { delimiter, resolve } from "node:path";

/** What a finished child process left behind. */
export interface Result {
  /** Exit code; 127 when the program could not be started at all. */
  code: number;
  stdout: Buffer;
  stderr: string;
}

/**
 * Runs a program to its end without a shell, with `node_modules/.bin` first on its PATH.
 *
 * @param input Bytes for its standard input, which is empty otherwise.
 * @returns Always resolves: a program that fails, or does not exist, is a result with its code.
 */
export function run(
  program: string,
  args: string[],
  { cwd = process.cwd(), env, input }: Pick<SpawnOptions, "cwd" | "env"> & { input?: Uint8Array } = {},
): Promise<Result> {
  return new Promise((done) => {
    const child = spawn(program, args, {
      cwd,
      env: {
        ...process.env,
        ...env,
        PATH: resolve("node_modules/.bin") + delimiter + (env?.PATH ?? process.env.PATH ?? ""),
      },
      stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk) => out.push(chunk));
    child.stderr?.on("data", (chunk) => err.push(chunk));
    child.on("error", (error) => done({ code: 127, stdout: Buffer.alloc(0), stderr: error.message }));
    child.on("close", (code, signal) =>
      done({
        code: code ?? 1,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString() + (signal ? `\n${program} was ended by ${signal}\n` : ""),
      }),
    );
    // A child that fails early closes its end of the pipe; its exit code tells why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
