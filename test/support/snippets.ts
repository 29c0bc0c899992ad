import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FlavourName } from "./flavours.ts";

/** A block of code in a Markdown file. */
export interface Snippet {
  language: string;
  code: string;
}

/**
 * Reads the blocks of code of README.md and docs/.
 *
 * @returns the blocks by file, heading above, and index below the heading: "README.md: A client 0".
 */
export function readSnippets(): Map<string, Snippet> {
  const files = ["README.md", ...readdirSync("docs").map((name) => join("docs", name))];
  return new Map(files.flatMap((file) => listSnippets(file)));
}

function listSnippets(file: string): [string, Snippet][] {
  let heading = "";
  let index = 0;
  const parts = readFileSync(file, "utf8").matchAll(/^#+ ([^\n]+)$|^```(\w+)\n(.*?)^```$/gms);
  return [...parts].flatMap(([, title, language = "", code = ""]) => {
    if (title) {
      [heading, index] = [title, 0];
      return [];
    }
    return [[`${file}: ${heading} ${index++}`, { language, code }] satisfies [string, Snippet]];
  });
}

/**
 * Returns a block of code.
 *
 * @param ports Ports to use in place of the printed ports.
 * @throws Error if there is no block of that name.
 */
export function readSnippet(name: string, ports: Record<string, number> = {}): string {
  const { code } = readSnippets().get(name) ?? {};
  if (code === undefined) {
    throw new Error(`${name} is not a block of code.`);
  }
  return Object.entries(ports).reduce((text, [from, to]) => text.replaceAll(from, String(to)), code);
}

/**
 * Returns every package that README's table lists for a flavour on a line of Node.js, with its version. A row "on
 * Node.js 20" is for that line only, and the row before for the others.
 *
 * @throws Error if the table has no row for the flavour.
 */
export function readPackages(flavour: FlavourName, line: number): Record<string, string> {
  const prefix = flavour === "es" ? "" : `${flavour}/`;
  const table = readFileSync("README.md", "utf8").matchAll(
    /^\| [^|]+?(?: on Node\.js (\d+))? \| ([^|]+) \| `@agynio\/api\/([^|]*)…` \|$/gm,
  );
  const rows = [...table].filter(([, , , rowPrefix]) => rowPrefix === prefix);
  const row = rows.find(([, only]) => Number(only) === line) ?? rows.find(([, only]) => only === undefined);
  if (row === undefined) {
    throw new Error(`README's table has no row for ${flavour}.`);
  }
  const packages = [...`${row[2]}`.matchAll(/(@?[\w/-]+)@([\d.]+)/g)];
  return Object.fromEntries(packages.map(([, name, version]) => [name, version]));
}
