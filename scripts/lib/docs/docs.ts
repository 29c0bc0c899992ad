// The reference of the gateway as a folder of static files, for any web server.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { cannotRun } from "../cli/errors.ts";
import type { Checkout } from "../cli/process.ts";

const library = "node_modules/swagger-ui-dist";

/** Files and folders whose content the site has, each with the command that writes it. */
const sources: [path: string, command: string][] = [
  ["page", "git restore page"],
  ["gen/openapi/openapi.json", "npm run generate"],
  [`${library}/swagger-ui-bundle.js`, "npm ci"],
  [`${library}/swagger-ui.css`, "npm ci"],
  [`${library}/LICENSE`, "npm ci"],
];

/**
 * Writes the page, the library that draws it, and the document that it shows, into an empty folder.
 *
 * @throws UserError (exit code 2) if one of the files is missing.
 */
export function writeSite({ root }: Checkout, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, command] of sources) {
    const source = join(root, path);
    if (!existsSync(source)) {
      throw cannotRun(`${path} is missing: the reference of the gateway needs it.\n  Run: ${command}`);
    }
    cpSync(source, path === "page" ? folder : join(folder, basename(path)), { recursive: true });
  }
}
