import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** A folder that holds the repository, and the environment in which programs run there. */
export interface Checkout {
  /** Absolute path of the repository's root. */
  root: string;
  /** The whole environment, not only what differs from this process's. */
  env: NodeJS.ProcessEnv;
}

/** The output and the exit code of a program. */
export interface Result {
  /** 127 if the program could not be started, 128 if a signal ended it. */
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** How to run a program. */
export interface RunOptions {
  /** Default: the checkout's root. */
  cwd?: string;
  /** Variables in addition to the checkout's. */
  env?: NodeJS.ProcessEnv;
  /** Bytes for standard input, which is empty by default. */
  input?: Uint8Array;
}

/**
 * Runs a program to its end without a shell.
 *
 * @returns Always resolves: a program that fails or does not exist is a result with its exit code.
 */
export function run(
  { root, env }: Checkout,
  program: string,
  args: string[],
  { cwd = root, env: more, input }: RunOptions = {},
): Promise<Result> {
  const fail = ({ message }: Error): Result => ({ code: 127, stdout: Buffer.alloc(0), stderr: message });
  return new Promise<Result>((done) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, ...more },
      stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on("data", (chunk) => out.push(chunk));
    child.stderr?.on("data", (chunk) => err.push(chunk));
    child.on("error", (error) => done(fail(error)));
    child.on("close", (code, signal) =>
      done({
        code: code ?? 128,
        stdout: Buffer.concat(out),
        stderr: Buffer.concat(err).toString() + (signal ? `\n${program} was ended by ${signal}\n` : ""),
      }),
    );
    // A child that fails early closes its end of the pipe; its exit code reports why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  }).catch(fail);
}

/**
 * Runs a program of an installed npm package, by the file that its package.json names: on Windows, the files in
 * node_modules/.bin need a shell.
 *
 * @param name Name of the package.
 */
export async function runPackage(
  checkout: Checkout,
  name: string,
  program: string,
  args: string[],
  options?: RunOptions,
): Promise<Result> {
  const folder = join(checkout.root, "node_modules", name);
  try {
    const manifest = readFileSync(join(folder, "package.json"), "utf8");
    const { bin } = JSON.parse(manifest) as { bin?: Record<string, string> };
    const entry = bin?.[program];
    if (entry !== undefined) {
      return run(checkout, "node", [join(folder, entry), ...args], options);
    }
  } catch {
    // There is no such package.
  }
  const stderr = `${program} is not installed in node_modules.\n  Run: npm ci\n`;
  return { code: 127, stdout: Buffer.alloc(0), stderr };
}

/** Runs npm: that which runs this process as a script, if it is one. On Windows, npm itself would need a shell. */
export function runNpm(checkout: Checkout, args: string[], options?: RunOptions): Promise<Result> {
  const { npm_execpath: entry = "" } = checkout.env;
  return basename(entry) === "npm-cli.js"
    ? run(checkout, "node", [entry, ...args], options)
    : run(checkout, "npm", args, options);
}

/** Returns all that a program printed, for a message. */
export const outputOf = ({ stdout, stderr }: Result) => `${stdout}${stderr}`;

/**
 * Waits until every promise has settled, so that nothing is removed that one of them still uses.
 *
 * @returns their values.
 * @throws the error of the first one, in the order given, that was rejected.
 */
export async function settleAll<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) {
    throw failed.reason;
  }
  // None was rejected: this waits for nothing.
  return Promise.all(promises);
}
