import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import type { Handler } from "./serve.ts";

const contentTypes: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
};
const plainText = "text/plain; charset=utf-8";

/**
 * Returns a handler that serves the page of the gateway.
 *
 * @param folder The folder that `npm run docs` writes. Its files are read once.
 * @param document The OpenAPI document. The page calls the server that the page is from.
 */
export function servePage(folder: string, document: object): Handler {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = new Map(names.map((name) => [`/${name}`, readFileSync(join(folder, name))]));
  files.set("/openapi.json", Buffer.from(JSON.stringify({ ...document, servers: [{ url: "/" }] })));
  return ({ method = "", url = "" }, response) => {
    const [path = ""] = url.split("?", 1);
    const name = path === "/" ? "/index.html" : path;
    const file = files.get(name);
    if (file === undefined) {
      const hint = name === "/index.html" ? "\n  Run: npm run docs" : "";
      response.writeHead(404, { "Content-Type": plainText });
      response.end(`${path} is neither an RPC nor a file of the page.${hint}\n`);
    } else if (method === "GET" || method === "HEAD") {
      const type = contentTypes[extname(name)] ?? plainText;
      response.writeHead(200, { "Content-Type": type, "Content-Length": file.length });
      // To HEAD, Node.js answers without the file.
      response.end(file);
    } else {
      response.writeHead(405, { Allow: "GET, HEAD" });
      response.end();
    }
  };
}
