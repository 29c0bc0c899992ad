// Usage: npm run example [-- <port>]      default: the environment's PORT, or 8080
import { join } from "node:path";
import { servePage } from "./page.ts";
import { serve } from "./serve.ts";

/** Prints the reason why the server cannot start, and ends the process. */
function exit(message: string): never {
  console.error(message);
  process.exit(2);
}

const port = process.argv[2] ?? process.env.PORT ?? "8080";
if (!/^\d+$/.test(port) || Number(port) > 65535) {
  exit(`"${port}" is not a port.\n  Run: npm run example -- 8080`);
}
const { document, exampleRoutes } = await import("./gateway.ts").catch((error: NodeJS.ErrnoException) => {
  if (error.code?.endsWith("MODULE_NOT_FOUND")) {
    exit(
      `${error.message}\nThe example imports @agynio/api, which must be built first.\n  Run: npm run build`,
    );
  }
  throw error;
});
const page = servePage(join(import.meta.dirname, "../../site"), document);
const { url } = await serve(exampleRoutes, Number(port), page).catch((error: Error) =>
  exit(`Cannot listen on port ${port}: ${error.message}\n  Run: npm run example -- 0`),
);
console.log(`RunnersService and RunnersGateway at ${url}`);
console.log(`The page of the gateway, to read about its RPCs and to call them, at ${url}/`);
