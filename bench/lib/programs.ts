import { join } from "node:path";
import { rolldown } from "rolldown";
import { run } from "../../scripts/lib/run.js";
import { work } from "./work.js";

/**
 * Compiles the programs that measure into plain JavaScript: what is measured runs in a process of its own,
 * without the loader that runs this.
 */
export async function compilePrograms(): Promise<void> {
  for (const name of ["codec", "load"]) {
    const bundle = await rolldown({
      input: `bench/programs/${name}.ts`,
      platform: "node",
      external: "mitata",
    });
    await bundle.write({ file: programPath(name), format: "esm", codeSplitting: false });
  }
}

const programPath = (name: string) => join(work, "programs", `${name}.js`);

/**
 * Runs a program in a new process.
 *
 * @returns what it printed as JSON.
 * @throws Error with everything it printed, if it fails.
 */
export async function runProgram<T>(name: "codec" | "load", args: string[]): Promise<T> {
  // Node.js throws away the code of what it has not called for a while, which the memory of another module is not.
  const options = ["--expose-gc", "--no-flush-bytecode"];
  const { code, stdout, stderr } = await run(process.execPath, [...options, programPath(name), ...args]);
  if (code !== 0) {
    throw new Error(`${name} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  }
  return JSON.parse(stdout.toString()) as T;
}
