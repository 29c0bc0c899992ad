import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { type Checkout, outputOf, run, runNpm } from "../../scripts/lib/cli/process.ts";

/** Text of files by path from the repository's root. */
export type Files = Map<string, string>;

/** The output and the exit code of a command. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Root of the repository that these tests are part of. */
export const root = resolve(import.meta.dirname, "../..");

/**
 * The environment of programs that tests start in temporary folders, without the settings of the machine, of a CI job
 * or of a git hook that runs the tests.
 */
export const isolated: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  // Git starts no second process after each commit, and copies no hooks.
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "maintenance.auto",
  GIT_CONFIG_VALUE_0: "false",
  GIT_TEMPLATE_DIR: "",
  // The temporary folder may lie in a repository.
  GIT_CEILING_DIRECTORIES: tmpdir(),
  GIT_DIR: undefined,
  GIT_WORK_TREE: undefined,
  GIT_INDEX_FILE: undefined,
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.com",
  CI: undefined,
  GITHUB_ACTIONS: undefined,
  GITHUB_BASE_REF: undefined,
  GITHUB_EVENT_NAME: undefined,
  CONTRACT_BASE: undefined,
  npm_lifecycle_event: undefined,
  GITHUB_STEP_SUMMARY: undefined,
  npm_config_loglevel: "notice",
  npm_config_ignore_scripts: "false",
};

/** This repository, with the isolated environment. */
export const here: Checkout = { root, env: isolated };

/** Folders of installed packages, which a copy of the repository has links to. */
const modules = ["node_modules", "connect-v1/node_modules"];

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Makes a folder outside the repository, which is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "agynio-api-test-"));
  folders.push(folder);
  return folder;
}

/** A folder outside this repository with a repository in it, to change and break. It is removed after the tests. */
export class Repository {
  private constructor(
    /** Absolute path of the folder. */
    readonly root: string,
  ) {
    this.linkModules();
  }

  private linkModules(): void {
    for (const path of modules.map((name) => join(this.root, name))) {
      if (existsSync(dirname(path)) && !existsSync(path)) {
        symlinkSync(join(root, relative(this.root, path)), path);
      }
    }
  }

  /** Makes a folder that holds the installed packages only. */
  static empty(): Repository {
    return new Repository(temporaryFolder());
  }

  /**
   * Makes a git repository whose main has one commit.
   *
   * @param files This repository's package.json and published image are added to them.
   */
  static async create(files: Files): Promise<Repository> {
    const repository = Repository.empty();
    repository.write(Object.fromEntries(files));
    for (const path of ["package.json", "releases/published.binpb"].filter((name) => !files.has(name))) {
      repository.copy(path);
    }
    await repository.init();
    return repository;
  }

  /** Makes a copy of this repository's working tree, without a git repository. */
  static copy(): Repository {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
    });
    const repository = Repository.empty();
    for (const path of listed.toString().split("\0")) {
      if (path !== "" && existsSync(join(root, path))) {
        repository.copy(path);
      }
    }
    repository.linkModules();
    return repository;
  }

  /** Makes a git repository whose main has one commit: this repository's working tree. */
  static async whole(): Promise<Repository> {
    const repository = Repository.copy();
    await repository.init();
    return repository;
  }

  private async init(): Promise<void> {
    await this.git("init", "--quiet", "--initial-branch=main");
    await this.commit("Everything");
  }

  /** Clones the repository. Its origin is a URL, as git ignores --depth for a path. */
  async clone(...options: string[]): Promise<Repository> {
    const folder = temporaryFolder();
    await this.git("clone", "--quiet", ...options, pathToFileURL(this.root).href, folder);
    return new Repository(folder);
  }

  /**
   * Replaces the link to this repository's node_modules by a folder of links, so that npm's list of installed packages
   * and the caches of scripts are not shared.
   */
  separateModules(): void {
    this.delete("node_modules");
    mkdirSync(join(this.root, "node_modules"));
    for (const name of readdirSync(join(root, "node_modules"))) {
      if (name === ".bin" || !name.startsWith(".")) {
        symlinkSync(join(root, "node_modules", name), join(this.root, "node_modules", name));
      }
    }
  }

  /** Makes a copy of the repository with its history. */
  duplicate(): Repository {
    const copy = Repository.empty();
    const filter = (path: string) => !modules.includes(relative(this.root, path));
    cpSync(this.root, copy.root, { recursive: true, filter });
    return copy;
  }

  /** Returns the checkout for functions that work on the repository. */
  checkout(env: NodeJS.ProcessEnv = {}): Checkout {
    return { root: this.root, env: { ...isolated, ...env } };
  }

  private copy(path: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    copyFileSync(join(root, path), join(this.root, path));
  }

  /** Writes files by path. */
  write(files: Record<string, string | Uint8Array>): void {
    writeFiles(this.root, files);
  }

  /** Returns the text of a file. */
  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  /** Replaces text in a file, in which it must occur. */
  edit(path: string, from: string | RegExp, to: string): void {
    const text = this.read(path);
    const edited = text.replace(from, to);
    if (edited === text) {
      throw new Error(`${path} does not contain ${from}`);
    }
    this.write({ [path]: edited });
  }

  /** Deletes a file or a folder. */
  delete(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** Runs git, and returns its output. A command that fails is an error of the test. */
  async git(...args: string[]): Promise<string> {
    const result = await run(this.checkout(), "git", args);
    if (result.code !== 0) {
      throw new Error(`git ${args.join(" ")}: ${outputOf(result)}`);
    }
    return result.stdout.toString().trim();
  }

  /** Commits the working tree, and returns the ID of the commit. */
  async commit(message: string): Promise<string> {
    // Not every test's contract has a .gitignore.
    await this.git("-c", `core.excludesFile=${join(root, ".gitignore")}`, "add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", `--message=${message}`);
    return this.git("rev-parse", "HEAD");
  }

  /** Reverts everything since the last commit. */
  async restore(): Promise<void> {
    await this.git("reset", "--quiet", "--hard");
    await this.git("clean", "--quiet", "-fd", ...modules.map((name) => `--exclude=${name}`));
  }

  /** Runs an npm script as a user does. The repository has to be a copy of this one. */
  async npm(script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const { code, stdout, stderr } = await runNpm(this.checkout(env), [
      "run",
      "--silent",
      script,
      "--",
      ...args,
    ]);
    return { code, stdout: stdout.toString(), stderr };
  }
}
