import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { type Result, run } from "../../scripts/lib/run.js";

/** A program that runs beside a test. */
export interface Background {
  /** Ends it, and waits until it has ended. */
  stop(): Promise<void>;
}

/** A project outside the repository that has the packed tarball installed, as a user of the package has. */
export class Consumer {
  private constructor(
    /** Absolute path of the project's folder. */
    readonly folder: string,
  ) {}

  /**
   * Installs the tarball with npm beside other packages.
   *
   * @param dependencies Versions by package name, as in a package.json.
   * @param files Text by relative path, to be written before the installation; a package.json among them holds in
   *   place of the one that is made of `dependencies`.
   */
  static async install(
    dependencies: Record<string, string>,
    files: Record<string, string> = {},
  ): Promise<Consumer> {
    const consumer = new Consumer(mkdtempSync(join(tmpdir(), "agynio-api-consumer-")));
    consumer.write({
      "package.json": JSON.stringify({
        private: true,
        dependencies: { "@agynio/api": `file:${inject("tarball")}`, ...dependencies },
      }),
      ...files,
    });
    const { code, stderr } = await consumer.run("npm", [
      "install",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
    ]);
    if (code !== 0) {
      consumer.remove();
      throw new Error(`npm install failed:\n${stderr}`);
    }
    return consumer;
  }

  /** Writes files by relative path. */
  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, name)), { recursive: true });
      writeFileSync(join(this.folder, name), text);
    }
  }

  /** Runs a program in the project's folder. */
  run(program: string, args: string[]): Promise<Result> {
    return run(program, args, { cwd: this.folder });
  }

  /**
   * Runs a program in the project's folder and returns what it printed.
   *
   * @throws Error with everything it printed, if it fails.
   */
  async output(program: string, args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(program, args);
    if (code !== 0) {
      throw new Error(`${program} ${args.join(" ")} exited with ${code}:\n${stdout}${stderr}`);
    }
    return stdout.toString();
  }

  /**
   * Starts a server in the project's folder.
   *
   * @returns when it accepts connections on the port.
   * @throws Error with everything it printed, if it ends before that.
   */
  async start(program: string, args: string[], port: number | undefined): Promise<Background> {
    const child = spawn(program, args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.stderr.on("data", (chunk) => (printed += chunk));
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    while (!(await accepts(port))) {
      if (child.exitCode !== null) {
        throw new Error(`${program} ${args.join(" ")} ended with ${child.exitCode}:\n${printed}`);
      }
    }
    return {
      stop: () => {
        child.kill();
        return ended;
      },
    };
  }

  /** Deletes the project. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Whether something listens on a port of this machine; if not, after a short while. */
function accepts(port: number | undefined): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port ?? 0, "localhost");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => sleep(50).then(() => done(false)));
  });
}
