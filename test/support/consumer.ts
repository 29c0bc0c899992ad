import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { inject } from "vitest";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, type Result, run } from "../../scripts/lib/cli/process.ts";
import { checkout } from "./dependencies.ts";
import type { FlavourName } from "./flavours.ts";

/** Versions by package name, as in a package.json. */
type Versions = Record<string, string>;

/** A project that uses the packed package. */
export class Consumer {
  private constructor(
    readonly folder: string,
    private readonly node?: string,
  ) {}

  /**
   * Installs the tarball and other packages with npm, outside the repository.
   *
   * @param files Text by relative path, written before the installation. A package.json replaces that of
   *   `dependencies`.
   * @param node Folder of the Node.js that runs npm, and the consumer's programs. Default: that of the tests.
   */
  static async install(
    dependencies: Versions,
    files: Record<string, string> = {},
    options: string[] = [],
    node?: string,
  ) {
    const consumer = new Consumer(mkdtempSync(join(tmpdir(), "agynio-api-consumer-")), node);
    consumer.write({ "package.json": manifestWith(dependencies), ...files });
    try {
      const cheap = ["--prefer-offline", "--no-audit", "--no-fund"];
      await consumer.output("npm", ["install", ...cheap, ...options]);
    } catch (error) {
      consumer.remove();
      throw error;
    }
    return consumer;
  }

  /** Creates a folder below the unpacked package of a flavour, without an installation. */
  static create(flavour: FlavourName): Consumer {
    return new Consumer(mkdtempSync(join(inject("flavours")[flavour], "consumer-")));
  }

  /** Writes files by relative path. */
  write(files: Record<string, string>): void {
    writeFiles(this.folder, files);
  }

  /** Runs a program in the folder. */
  run(program: string, args: string[]): Promise<Result> {
    const path = this.node && { PATH: `${this.node}${delimiter}${checkout.env.PATH}` };
    return run(checkout, program, args, { cwd: this.folder, env: { ...path } });
  }

  /**
   * Runs a program in the folder and returns its standard output.
   *
   * @throws Error with everything it printed, if it fails.
   */
  async output(program: string, args: string[]): Promise<string> {
    const result = await this.run(program, args);
    if (result.code !== 0) {
      throw new Error(`${program} ${args.join(" ")} exited with ${result.code}:\n${outputOf(result)}`);
    }
    return result.stdout.toString();
  }

  /**
   * Compiles files for Node.js with strict options and this repository's TypeScript, next to their sources.
   *
   * @throws Error with what TypeScript reports, if it fails.
   */
  async compile(files: string[], options: string[] = []): Promise<void> {
    const tsc = join(checkout.root, "node_modules/typescript/bin/tsc");
    const types = ["--types", "node", "--typeRoots", join(checkout.root, "node_modules/@types")];
    const settings = [
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--lib",
      "es2022,dom",
      ...types,
    ];
    await this.output("node", [tsc, "--ignoreConfig", ...settings, ...options, ...files]);
  }

  /** Deletes the folder. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Returns the text of a package.json with the tarball and other dependencies. */
export const manifestWith = (dependencies: Versions, fields: object = { private: true }) =>
  JSON.stringify({
    ...fields,
    dependencies: { "@agynio/api": `file:${inject("tarball")}`, ...dependencies },
  });
