// The proof that no tool and no test knows what the contract contains today.

import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { Repository, temporaryFolder } from "../support/repository.ts";
import { growContract } from "./growth.ts";
import { everyShape } from "./shapes.ts";

test("a contract with every shape, and with more in each package, needs no edit but of its .proto files", async () => {
  const clone = await Repository.whole();
  clone.separateModules();
  const image = join(temporaryFolder(), "image.binpb");
  await buildImage(clone.checkout(), image);
  const contract = readImage(image);
  const grown = growContract(contract, (path) => clone.read(path));
  clone.write(Object.fromEntries([...grown, ...everyShape(contract)]));
  const scripts = ["format", "generate", "check", "build", "test", "test:full test/package/bundle"];
  for (const [script = "", ...args] of scripts.map((words) => words.split(" "))) {
    const { code, stdout, stderr } = await clone.npm(script, args, { NO_COLOR: "1" });
    expect(code, `npm run ${script} failed:\n${failureIn(`${stdout}\n${stderr}`)}`).toBe(0);
  }
  // It runs all quick tests.
}, 900_000);

/** Returns the part of a command's output that shows why it failed: vitest's failed tests and their errors, or all. */
function failureIn(output: string): string {
  const text = stripVTControlCharacters(output);
  const failed = text.match(/^ +× .*$/gm) ?? [];
  const start = Math.max(0, text.search(/Failed (Suites|Tests)/));
  return `${failed.join("\n")}\n${text.slice(start, start + 10_000)}`;
}
