// The reference of the gateway as a folder of static files, for any web server.
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { transformSync } from "rolldown/utils";
import { cannotRun } from "../cli/errors.ts";
import { writeFiles } from "../cli/files.ts";
import type { Checkout } from "../cli/process.ts";

const library = "node_modules/swagger-ui-dist";

/** The files that the site is made from, each with the command that writes it. */
const sources: [path: string, command: string][] = [
  ["page/index.html", "git restore page"],
  ["page/page.css", "git restore page"],
  ["page/page.ts", "git restore page"],
  ["gen/openapi/openapi.json", "npm run generate"],
  [`${library}/swagger-ui-bundle.js`, "npm ci"],
  [`${library}/swagger-ui.css`, "npm ci"],
  [`${library}/LICENSE`, "npm ci"],
];

/**
 * Writes the page, the library that draws it, and the document that it shows, into a folder.
 *
 * @throws UserError (exit code 2) if one of the files is missing; nothing is written then.
 */
export function writeSite({ root }: Checkout, folder: string): void {
  const files = sources.map(([path, command]): [string, string] => {
    if (!existsSync(join(root, path))) {
      throw cannotRun(`${path} is missing: the reference of the gateway needs it.\n  Run: ${command}`);
    }
    const text = readFileSync(join(root, path), "utf8");
    const name = basename(path);
    return name.endsWith(".ts") ? [name.replace(/ts$/, "js"), transformSync(name, text).code] : [name, text];
  });
  writeFiles(folder, Object.fromEntries(files));
}
