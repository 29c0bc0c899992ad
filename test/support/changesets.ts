import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { addTo, api, type Files, replace, textOf } from "./contract-edits.js";
import { type Outcome, Scratch } from "./scratch.js";

/** Edits of the contract, one for each bump that they need. */
export const edits = {
  major: (files: Files) => replace(files, api("threads"), "  string body = 4;\n", "", "message Message {"),
  minor: (files: Files) =>
    addTo(
      files,
      api("chat"),
      "// Draft is a message that is not sent yet.\nmessage Draft {\n  string body = 1;\n}",
    ),
  patch: (files: Files) =>
    void files.set(api("users"), textOf(files, api("users")).replace(/^\/\/ .*$/m, "// Users live here.")),
};

/** Adds a module to the package. */
export const addSource = (scratch: Scratch, name = "more") =>
  scratch.write(`src/${name}.ts`, `export const ${name} = 1;\n`);

/** Text of a changeset. */
export const changeset = (bump: string, name = "@agynio/api") =>
  `---\n"${name}": ${bump}\n---\n\nIt is told here.\n`;

/** Writes `.changeset/<id>.md`. */
export const tell = (scratch: Scratch, bump: string, id = "told") =>
  scratch.write(`.changeset/${id}.md`, changeset(bump));

/** Names of the changesets in the working tree. */
export const changesets = (scratch: Scratch) =>
  readdirSync(join(scratch.folder, ".changeset")).filter((name) => name.endsWith(".md"));

/** Repositories that are whole copies of this one, on a branch of main that has nothing of its own yet. */
export class Branches {
  private readonly made: Scratch[] = [];

  /** Makes one. */
  async create(): Promise<Scratch> {
    const scratch = this.keep(await Scratch.whole());
    await scratch.git("switch", "--quiet", "--create", "topic");
    return scratch;
  }

  /** Has a repository removed with the others. */
  keep(scratch: Scratch): Scratch {
    this.made.push(scratch);
    return scratch;
  }

  /** Deletes them all. */
  remove(): void {
    this.made.forEach((scratch) => void scratch.remove());
  }
}

/** Expects a script to end well, and to say all of this. */
export function expectPass({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  expect(stderr).toBe("");
  for (const text of texts) {
    expect(stdout).toContain(text);
  }
  expect(code).toBe(0);
}

/** Expects a script to say no, why, and which command mends it. */
export function expectRefusal({ code, stdout, stderr }: Outcome, ...texts: string[]): void {
  for (const text of texts) {
    expect(stderr).toContain(text);
  }
  expect(stderr).toMatch(/^ {2}Run: .*npm run changeset:new/m);
  expect(stderr).not.toMatch(/^ +at /m);
  expect(stdout).toBe("");
  expect(code).toBe(1);
}
