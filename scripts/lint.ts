// Usage: npm run lint
// Lints the contract (buf.yaml says by which rules) and the workflow files.
import { main } from "./lib/errors.js";
import { lint } from "./lib/gates.js";

await main(lint);
