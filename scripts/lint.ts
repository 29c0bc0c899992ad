// Usage: npm run lint
// Lints the contract (buf.yaml says by which rules) and the workflow files.
import { main } from "./lib/errors.ts";
import { lint } from "./lib/gates.ts";

await main(lint);
