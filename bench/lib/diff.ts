import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { type Breaks, generateContract } from "./large-contract.ts";
import { mapValues, measureInTurns, measurement, type Section } from "./measure.ts";
import { buf, readManifest, root, runTool, work } from "./tools.ts";

/** Lines of the contracts. */
const sizes = [1_000, 10_000, 100_000, 300_000];

/** How often each command is measured; the best of each quantity counts. */
const rounds = 3;

/** Processor time in nanoseconds and memory in bytes of a shell script, the programs that it starts included. */
interface Usage {
  time: number;
  memory: number;
}

/**
 * Measures `npm run diff` of two images, compared with buf, which builds both and finds the breaking changes. It needs
 * GNU time.
 */
export async function measureDiff(): Promise<Section[]> {
  const { start } = await measureBest({ start: `${readManifest(root).scripts.diff} --help` });
  const measurements = [];
  for (const size of sizes) {
    for (const breaks of ["few", "many"] as const) {
      const usages = await measureBest(await writeContracts(size, breaks));
      const name = `${size.toLocaleString("en")} lines, ${breaks} breaks`;
      const time = mapValues(usages, (usage) => usage.time);
      const withoutStart = { ...time, [ours]: (time[ours] ?? 0) - (start?.time ?? 0) };
      measurements.push(
        measurement(`${name}: processor time`, "ns", withoutStart),
        measurement(
          `${name}: memory`,
          "bytes",
          mapValues(usages, (usage) => usage.memory),
        ),
      );
    }
  }
  return [{ title: "Comparing two contracts", implementations: [ours, bare], measurements }];
}

const ours = "npm run diff";
const bare = "buf build, buf breaking";

/** Writes two contracts and their images, and returns the scripts that compare them. */
async function writeContracts(size: number, breaks: Breaks): Promise<Record<string, string>> {
  const folder = join(work, "diff", `${size}-${breaks}`);
  mkdirSync(folder, { recursive: true });
  const contracts = generateContract(size, breaks);
  const image = (version: string) => `'${join(folder, `${version}.binpb`)}'`;
  const builds = Object.entries(contracts).map(([version, files]) => {
    writeFiles(join(folder, version), files);
    return `'${buf}' build '${join(folder, version)}' -o ${image(version)}`;
  });
  await runTool("bash", ["-c", builds.join(" && ")]);
  const images = `${image("before")} ${image("after")}`;
  const breaking = `'${buf}' breaking ${image("after")} --against ${image("before")} --error-format json`;
  return {
    [ours]: `${readManifest(root).scripts.diff} ${images} >/dev/null`,
    [bare]: `${builds.join(" && ")} && { ${breaking} >/dev/null || test $? = 100; }`,
  };
}

async function measureBest(scripts: Record<string, string>): Promise<Record<string, Usage>> {
  const usages = await measureInTurns(scripts, rounds, measureUsage);
  return mapValues(usages, (results) => ({
    time: Math.min(...results.map(({ time }) => time)),
    memory: Math.min(...results.map(({ memory }) => memory)),
  }));
}

async function measureUsage(script: string): Promise<Usage> {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
  const args = ["-f", "%U %S %M", "env", `PATH=${path}`, "bash", "-c", script];
  const { stderr } = await runTool("/usr/bin/time", args);
  const [user = 0, system = 0, kibibytes = 0] =
    stderr.trimEnd().split("\n").at(-1)?.split(" ").map(Number) ?? [];
  return { time: (user + system) * 1e9, memory: kibibytes * 1024 };
}
