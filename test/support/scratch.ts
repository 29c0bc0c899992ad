import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Result, run } from "../../scripts/lib/run.js";
import { listFiles } from "../../scripts/lib/tree.js";
import type { Files } from "./contract-edits.js";
import { isolated } from "./environment.js";
import { workingTree } from "./working-copy.js";

const roots = ["proto", "third_party/opentelemetry"];

/** Reads the repository's own contract, and buf.yaml and buf.lock, which make it one. */
export function readContract(): Files {
  const protos = roots.flatMap((root) => listFiles(root).map((path) => join(root, path)));
  return new Map(
    [...protos.filter((path) => path.endsWith(".proto")), "buf.yaml", "buf.lock"].map((path) => [
      path,
      readFileSync(path, "utf8"),
    ]),
  );
}

const environment: NodeJS.ProcessEnv = {
  ...isolated,
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
};

/** What a script printed and how it ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What a scratch folder that has the contract alone gets from here, and no commit of its has. */
const equipment = { links: ["scripts", "lint", "node_modules"], copies: ["package.json", "published.binpb"] };

const outcome = ({ code, stdout, stderr }: Result): Outcome => ({ code, stdout: stdout.toString(), stderr });

/** A folder outside the repository with the contract and the scripts of this one, for git to do anything with. */
export class Scratch {
  private constructor(
    /** Absolute path of the folder. */
    readonly folder: string,
    /** Names in it that no commit takes up. */
    private readonly uncommitted: string[],
  ) {}

  /** A folder with nothing in it but the scripts. */
  static empty(): Scratch {
    return Scratch.equip(mkdtempSync(join(tmpdir(), "agynio-api-scratch-")));
  }

  /** A git repository whose main has one commit: the contract. */
  static async repository(): Promise<Scratch> {
    const scratch = Scratch.empty();
    scratch.writeAll(readContract());
    await scratch.git("init", "--quiet", "--initial-branch=main");
    await scratch.commit("The contract");
    return scratch;
  }

  /** A git repository whose main has one commit: everything that is in the working tree of this one. */
  static async whole(): Promise<Scratch> {
    const scratch = new Scratch(mkdtempSync(join(tmpdir(), "agynio-api-scratch-")), []);
    // Linked as it is, the lint plugin need not be built again; .gitignore has the other link.
    for (const name of workingTree().filter((path) => !path.startsWith("lint/"))) {
      cpSync(name, join(scratch.folder, name));
    }
    for (const name of ["lint", "node_modules"]) {
      symlinkSync(resolve(name), join(scratch.folder, name));
    }
    await scratch.git("init", "--quiet", "--initial-branch=main");
    await scratch.commit("Everything");
    return scratch;
  }

  /** A clone of this repository beside it. Its origin is a URL, as git honours --depth for no other. */
  async clone(...options: string[]): Promise<Scratch> {
    const folder = mkdtempSync(join(tmpdir(), "agynio-api-scratch-"));
    await this.git("clone", "--quiet", ...options, `file://${this.folder}`, folder);
    return Scratch.equip(folder);
  }

  /** Gives a folder that git has made, such as a worktree, what the scripts need to run there. */
  static equip(folder: string): Scratch {
    const scratch = new Scratch(folder, [...equipment.links, ...equipment.copies]);
    for (const name of equipment.links) {
      symlinkSync(resolve(name), join(folder, name));
    }
    for (const name of equipment.copies) {
      cpSync(name, join(folder, name));
    }
    return scratch;
  }

  /** Writes a file, and the folders it is in. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Writes files. */
  writeAll(files: Files): void {
    for (const [path, text] of files) {
      this.write(path, text);
    }
  }

  /** Text of a file. */
  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  /** Edits the contract in the working tree. */
  edit(change: (files: Files) => void): void {
    const before = new Map(
      roots
        .flatMap((root) => listFiles(join(this.folder, root)).map((path) => join(root, path)))
        .concat("buf.yaml")
        .map((path) => [path, readFileSync(join(this.folder, path), "utf8")]),
    );
    const after = new Map(before);
    change(after);
    for (const path of before.keys()) {
      if (!after.has(path)) {
        rmSync(join(this.folder, path));
      }
    }
    for (const [path, text] of after) {
      if (before.get(path) !== text) {
        this.write(path, text);
      }
    }
  }

  /** Runs git here; a command that fails is an error of the test's. */
  async git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run("git", args, { cwd: this.folder, env: environment });
    if (code !== 0) {
      throw new Error(`git ${args.join(" ")}: ${stderr}`);
    }
    return stdout.toString().trim();
  }

  /** Commits the working tree as it is, and returns the commit's ID. */
  async commit(message: string): Promise<string> {
    await this.git("add", "--all", "--", ".", ...this.uncommitted.map((name) => `:!${name}`));
    await this.git("commit", "--quiet", "--allow-empty", `--message=${message}`);
    return this.git("rev-parse", "HEAD");
  }

  /** Takes back whatever was done since the last commit. */
  async restore(): Promise<void> {
    await this.git("reset", "--quiet", "--hard");
    await this.git("clean", "--quiet", "-fd", ...this.uncommitted.map((name) => `--exclude=${name}`));
  }

  /** Runs an npm script of this repository's in the folder. */
  async script(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return outcome(
      await run("npm", ["run", "--silent", ...args], { cwd: this.folder, env: { ...environment, ...env } }),
    );
  }

  /** Runs what `npm run breaking` runs, without npm, which takes as long again. */
  breaking(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.program("breaking", args, env);
  }

  /** The same for `npm run diff`. */
  diff(args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    return this.program("diff", args, env);
  }

  /** The same for any of this repository's scripts, by its name in scripts/. */
  async program(name: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const jiti = resolve("node_modules/jiti/lib/jiti-cli.mjs");
    return outcome(
      await run(process.execPath, [jiti, resolve(`scripts/${name}.ts`), ...args], {
        cwd: this.folder,
        env: { ...environment, ...env },
      }),
    );
  }

  /** Makes the folder one that git knows nothing of. */
  removeGit(): void {
    rmSync(join(this.folder, ".git"), { recursive: true });
  }

  /** Deletes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
