// The program that launcher.cjs bundles and runs.
import { buffer } from "node:stream/consumers";
import { UserError } from "../../scripts/lib/cli/errors.ts";

// A terminal never ends its input.
const input = async () => (process.stdin.isTTY ? new Uint8Array() : buffer(process.stdin));

// The import fails if a rule is invalid.
import("./plugin.ts")
  .then(({ plugin }) => plugin(process.argv.slice(2), input))
  .then(
    (output) => process.stdout.write(output),
    (error) => {
      console.error(error instanceof UserError ? error.message : error);
      process.exitCode = error instanceof UserError ? error.exitCode : 1;
    },
  );
