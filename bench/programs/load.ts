// Usage: node --expose-gc --no-flush-bytecode load.js <folder> <module> [<module of its runtime>...]
// Prints JSON: what it costs to load the runtime, and then the module.
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** Time in nanoseconds, and memory in bytes that is still in use after a garbage collection. */
export interface Cost {
  time: number;
  memory: number;
}

const [folder, module, ...runtime] = process.argv.slice(2) as [string, string, ...string[]];

/** Resolves from the folder, by Node.js's own rules. */
const { default: load } = await import(pathToFileURL(`${folder}/node_modules/import.mjs`).href);

async function memory(): Promise<number> {
  // What is held weakly, and by work that Node.js has put off, takes more than one turn to go.
  for (let turn = 0; turn < 5; turn++) {
    await setTimeout(10);
    (globalThis as { gc?: () => void }).gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function cost(specifiers: string[]): Promise<Cost> {
  const before = await memory();
  const start = performance.now();
  for (const specifier of specifiers) {
    held.push(await load(specifier));
  }
  const time = (performance.now() - start) * 1e6;
  return { time, memory: (await memory()) - before };
}

/** Keeps what was loaded from being collected. */
const held: unknown[] = [];
await cost(["node:path"]);
const results = {
  runtime: runtime.length > 0 ? await cost(runtime) : undefined,
  module: await cost([module]),
};
if (Object.keys((held.at(-1) as object | undefined) ?? {}).length === 0) {
  throw new Error(`${module} exports nothing`);
}
console.log(JSON.stringify(results));
