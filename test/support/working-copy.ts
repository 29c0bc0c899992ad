import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { onTestFinished } from "vitest";
import { type Result, run } from "../../scripts/lib/run.js";
import { isolated } from "./environment.js";

/** Every file of the working tree that is not ignored, tracked or not. */
export function workingTree(): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  return listed
    .toString()
    .split("\0")
    .filter((name) => name !== "" && existsSync(name));
}

/** A copy of the repository's working tree, outside of it and without its history, to be changed and broken at will. */
export class WorkingCopy {
  /** Absolute path of the copy. */
  readonly folder = mkdtempSync(join(tmpdir(), "agynio-api-scratch-"));

  /** Variables for what runs in the copy. */
  env: NodeJS.ProcessEnv = isolated;

  /** Makes the copy, which is deleted when the running test ends. */
  constructor() {
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }));
    for (const name of workingTree()) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      copyFileSync(name, join(this.folder, name));
    }
    this.link("node_modules");
    this.link("third_party/connect-v1/node_modules");
  }

  /** Puts a link to the repository's own folder into the copy. */
  private link(name: string): void {
    symlinkSync(resolve(name), join(this.folder, name));
  }

  /** Writes files by relative path. */
  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  /** Text of a file. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Replaces text in a file, in which it must occur. */
  edit(name: string, from: string, to: string): void {
    const text = this.read(name);
    if (!text.includes(from)) {
      throw new Error(`${name} does not contain ${JSON.stringify(from)}`);
    }
    this.write({ [name]: text.replace(from, to) });
  }

  /** Deletes a file or folder. */
  delete(name: string): void {
    rmSync(join(this.folder, name), { recursive: true });
  }

  /** Runs an npm script as a user does. */
  npm(script: string, ...args: string[]): Promise<Result> {
    return run("npm", ["run", "--silent", script, "--", ...args], {
      cwd: this.folder,
      env: this.env,
    });
  }
}
