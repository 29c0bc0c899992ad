import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bufPath } from "../../scripts/lib/buf.js";
import { projects } from "../../scripts/lib/package.js";
import { run } from "../../scripts/lib/run.js";
import { tool } from "./alternatives.js";
import { measurement, type Section } from "./result.js";
import { work } from "./work.js";

/** A command of the repository's, and the bare tools that do as much of it as they can, one after another. */
interface Pair {
  name: string;
  ours: Command;
  bare: Command[];
  /** Where they run, ours and then the bare tools: here, where it is left out. */
  folders?: [ours: string, bare: string];
  /** Whether both are to say no. */
  fails?: boolean;
}
type Command = [program: string, ...args: string[]];

/** A pair is measured until this time has gone by, in seconds, but no more than `most` times. */
const budget = 12;
const most = 5;

const npmRun = "npm run";
const bareTool = "the bare tools";

/** Times of the commands that a contributor runs, beside those of the tools that they are made of. */
export async function measureLoop(): Promise<Section> {
  const pairs = await commands();
  const measurements = [];
  for (const { name, ours: command, bare, folders: [oursIn, bareIn] = [".", "."], fails = false } of pairs) {
    const ours: number[] = [];
    const theirs: number[] = [];
    const timeOurs = async () => ours.push(await time([command], oursIn, fails));
    const timeTheirs = async () => theirs.push(await time(bare, bareIn, fails));
    const start = performance.now();
    for (let n = 0; n < most && (n === 0 || performance.now() - start < budget * 1000); n++) {
      for (const next of n % 2 === 0 ? [timeOurs, timeTheirs] : [timeTheirs, timeOurs]) {
        await next();
      }
    }
    measurements.push(
      measurement(name, "ns", { [npmRun]: Math.min(...ours), [bareTool]: Math.min(...theirs) }),
    );
  }
  return {
    title: "The contributor's loop",
    implementations: [npmRun, bareTool],
    ours: 1,
    measurements,
  };
}

/** Nanoseconds that commands take, one after another. */
async function time(commands: Command[], cwd: string, fails: boolean): Promise<number> {
  const start = performance.now();
  for (const [program, ...args] of commands) {
    const { code, stdout, stderr } = await run(program, args, { cwd });
    if ((code !== 0) !== fails) {
      throw new Error(`${program} ${args.join(" ")} in ${cwd} exited with ${code}:\n${stdout}${stderr}`);
    }
  }
  return (performance.now() - start) * 1e6;
}

async function commands(): Promise<Pair[]> {
  const buf = bufPath();
  const folder = join(work, "loop");
  mkdirSync(folder, { recursive: true });
  const image = join(folder, "image.binpb");
  // As those have it who have not read of `strategy`: buf starts each plugin once for each folder.
  const template = join(folder, "buf.gen.yaml");
  const ownTemplate = readFileSync("buf.gen.yaml", "utf8");
  const defaults = ownTemplate.replace(/^ *strategy: all\n/gm, "");
  if (defaults === ownTemplate) {
    throw new Error("buf.gen.yaml has no `strategy: all` to be left out");
  }
  writeFileSync(template, defaults);
  // The contract with the rules that buf brings, and no plugin; and our scripts, to lint it as here.
  const workspace = join(folder, "workspace");
  for (const path of ["proto", "third_party/opentelemetry", "buf.lock", ".github", "package.json"]) {
    cpSync(path, join(workspace, path), { recursive: true });
  }
  for (const path of ["scripts", "node_modules"]) {
    symlinkSync(resolve(path), join(workspace, path));
  }
  writeFileSync(join(workspace, "buf.yaml"), withoutPlugin(readFileSync("buf.yaml", "utf8")));

  const field = /^ {2}string name = \d+;\n/m;
  const added = await editedRepository(join(folder, "added"), (text) =>
    text.replace(field, (line) => `${line}  string added_here = 1000;\n`),
  );
  const removed = await editedRepository(join(folder, "removed"), (text) => text.replace(field, ""));

  const build: Command = [buf, "build", "-o", image];
  const breaking: Command = [buf, "breaking", image, "--against", image];
  const generate = (template: string): Command => [
    buf,
    "generate",
    image,
    "--template",
    template,
    "-o",
    join(folder, "out"),
  ];
  const gates: Command[] = [
    build,
    [buf, "format", "--diff", "--exit-code"],
    ["biome", "check", "--error-on-warnings"],
    [buf, "lint"],
    ["tsc"],
    breaking,
    generate("buf.gen.yaml"),
  ];
  const compile = ["esnext", "commonjs"].flatMap((module) =>
    projects.map(
      (project): Command => [
        "tsc",
        "-p",
        project,
        "--module",
        module,
        "--outDir",
        join(folder, "dist", module),
      ],
    ),
  );
  const pack: Command = ["npm", "pack", "--ignore-scripts", "--pack-destination", folder];
  const script = (name: string): Pick<Pair, "name" | "ours"> => ({
    name,
    ours: ["jiti", `scripts/${name}.ts`],
  });
  return [
    { ...script("generate"), bare: [build, generate(template)] },
    { ...script("lint"), bare: [[buf, "lint", resolve(workspace)]] },
    {
      name: "npm run lint, beside itself without our rules",
      ours: ["npm", "run", "lint"],
      bare: [["npm", "run", "lint"]],
      folders: [".", workspace],
    },
    {
      ...script("breaking"),
      name: "breaking, with a field added",
      bare: [[buf, "breaking", "--against", image]],
      folders: [added, added],
    },
    {
      ...script("breaking"),
      name: "breaking, with a field removed",
      bare: [[buf, "breaking", "--against", image]],
      folders: [removed, removed],
      fails: true,
    },
    { ...script("check"), bare: gates },
    { ...script("build"), bare: [...gates, ...compile, pack] },
  ];
}

/** Makes a repository with the contract as it is here on main, and something else in one uncommitted file. */
async function editedRepository(folder: string, edit: (text: string) => string): Promise<string> {
  for (const path of ["proto", "third_party/opentelemetry", "buf.yaml", "buf.lock", "package.json"]) {
    cpSync(path, join(folder, path), { recursive: true });
  }
  await tool("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  await tool("git", ["add", "."], { cwd: folder });
  const author = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
  await tool("git", [...author, "commit", "--quiet", "--message=The contract"], { cwd: folder });
  for (const path of ["scripts", "lint", "node_modules"]) {
    symlinkSync(resolve(path), join(folder, path));
  }
  const file = join(folder, "proto/agynio/api/runners/v1/runners.proto");
  const text = readFileSync(file, "utf8");
  if (edit(text) === text) {
    throw new Error(`${file} is not written as the bench expects it`);
  }
  writeFileSync(file, edit(text));
  return folder;
}

/** buf.yaml as it would be without the plugin for our own rules. */
export function withoutPlugin(text: string): string {
  const without = text
    .replace(/^plugins:\n(?: .*\n)+/m, "")
    .replace(/^ *- AGYN\n/m, "")
    .replace(/^ {2}ignore_only:\n(?: {4}.*\n)+/m, "");
  if (/AGYN|plugin:/.test(without)) {
    throw new Error("buf.yaml is not written as the bench expects it");
  }
  return without;
}
