// Usage: node --expose-gc --no-flush-bytecode load.js import|require <module> <module of its runtime>...
// Prints JSON: the cost of loading the runtime, and then the module.
// Runs in the folder of the implementation (bench/lib/alternatives.ts).
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

/** Time in nanoseconds, and memory in bytes that is in use after a garbage collection. */
export interface Cost {
  time: number;
  memory: number;
}

/** Costs of a module and of its runtime. */
export interface Costs {
  runtime: Cost;
  module: Cost;
}

async function measureMemory(): Promise<number> {
  // Weak references and deferred work of Node.js take more than one turn to be released.
  for (let turn = 0; turn < 5; turn++) {
    await setTimeout(10);
    (globalThis as { gc?: () => void }).gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const [format, module, ...runtime] = process.argv.slice(2) as ["import" | "require", string, ...string[]];
const load = format === "require" ? createRequire(import.meta.url) : (specifier: string) => import(specifier);

/** Keeps the loaded modules from being collected. */
const loaded: object[] = [];

async function measureCost(specifiers: string[]): Promise<Cost> {
  const before = await measureMemory();
  const start = performance.now();
  for (const specifier of specifiers) {
    loaded.push(await load(specifier));
  }
  const time = (performance.now() - start) * 1e6;
  return { time, memory: (await measureMemory()) - before };
}

await measureCost(["node:path"]);
const costs: Costs = { runtime: await measureCost(runtime), module: await measureCost([module]) };
if (Object.keys(loaded.at(-1) ?? {}).length === 0) {
  throw new Error(`${module} exports nothing`);
}
console.log(JSON.stringify(costs));
