// The program that launcher.cjs bundles and runs.
import { buffer } from "node:stream/consumers";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import { plugin } from "./plugin.ts";

async function main(): Promise<void> {
  try {
    // A terminal never ends its input.
    const input = async () => (process.stdin.isTTY ? new Uint8Array() : buffer(process.stdin));
    process.stdout.write(await plugin(process.argv.slice(2), input));
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}

void main();
