// Usage: npm run lint
// Lints the contract (buf.yaml says by which rules) and the workflow files.
import { npmScript } from "./lib/command.ts";
import { main } from "./lib/errors.ts";
import { lint } from "./lib/gates.ts";

npmScript("lint", "Lints the contract and the workflow files.").parse();

await main(lint);
