// Usage: npm run example [-- <port>]      port: else the environment's PORT, else 8080
import { existsSync } from "node:fs";
import { main, UserError } from "../../scripts/lib/errors.js";

await main(async () => {
  if (!existsSync("dist")) {
    throw new UserError("The example imports @agynio/api, which is not built yet.\n  Run: npm run build", 2);
  }
  const { runnersRoutes } = await import("./runners.js");
  const { serve } = await import("./serve.js");
  const port = process.argv[2] ?? process.env.PORT ?? "8080";
  if (!/^\d+$/.test(port) || Number(port) > 65535) {
    throw new UserError(`"${port}" is not a port.\n  Run: npm run example -- 8080`, 2);
  }
  const { url } = await serve(runnersRoutes, Number(port)).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`Cannot listen on port ${port}: ${error.message}\n  Run: npm run example -- 0`, 2);
  });
  console.log(`RunnersService and RunnersGateway at ${url}`);
});
