import { dirname, join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { cannotRun } from "../cli/errors.ts";
import { cacheFolder } from "../cli/files.ts";
import { type Checkout, outputOf, runPackage, settleAll } from "../cli/process.ts";
import { generatedProjects } from "../contract/paths.ts";
import { namesIn, proposeName } from "./clashes.ts";
import { describeUse, findElement, readFlavours } from "./flavours.ts";
import { refuse } from "./refusal.ts";

/** How many lines of generated code before an error can name the element that it is about. */
const contextLines = 8;

/**
 * Checks that gen/ compiles. Only what changed since the last check is compiled again.
 *
 * @throws UserError with the elements of the .proto files whose code does not; exit code 2 if none can be named.
 */
export async function checkCompiles(checkout: Checkout, files: DescFile[]): Promise<void> {
  const { root } = checkout;
  const results = await settleAll(
    generatedProjects.map((project) => {
      const cache = cacheFolder(root, `compiled/${dirname(project)}`);
      const incremental = ["--incremental", "--tsBuildInfoFile", join(cache, "tsbuildinfo")];
      // As CommonJS, a module cannot declare some names that it can as ESM. With --noEmit, tsc does not report them.
      const args = ["-p", project, "--module", "commonjs", "--outDir", cache, "--pretty", "false"];
      return runPackage(checkout, "typescript", "tsc", [...args, ...incremental]);
    }),
  );
  const output = results
    .filter(({ code }) => code !== 0)
    .map(outputOf)
    .join("");
  if (output === "" && results.every(({ code }) => code === 0)) {
    return;
  }
  const flavours = readFlavours(files, join(root, "gen"));
  const errors = output.matchAll(
    /^gen\/(?<flavour>[^/]+)\/(?<path>.+)\((?<line>\d+),\d+\): error (?<text>.+)$/gm,
  );
  const refusals = [...errors].flatMap(({ groups: { flavour = "", path, line, text } = {} }) => {
    const module = flavours.get(flavour)?.find((candidate) => candidate.path === path);
    if (module === undefined) {
      return [];
    }
    const lines = module.text.split("\n").slice(0, Number(line));
    const offset = lines.join("\n").length;
    const find = (code: string[], name: RegExp) =>
      findElement(
        module,
        offset,
        code.reverse().flatMap((text) => text.match(name) ?? []),
      );
    const atError = find(lines.slice(-1), /(?<=\.)\w+/g);
    // The strings before it are names of RPCs and of members of a oneof.
    const before = find(lines.slice(-contextLines), /\w+(?=")/g);
    const element = [atError, before].find(({ kind }) => kind === "field" || kind === "rpc") ?? atError;
    const inOneof = element.kind === "field" && element.oneof;
    const isType = ["message", "enum", "service", "extension"].includes(element.kind);
    return {
      element,
      problem: `${element} cannot be generated for ${describeUse(flavour)}: its code does not compile (${text})`,
      fix: isType
        ? `Rename it, for example to ${proposeName(element, namesIn(flavours))}.`
        : `Change its type, its name or its comment${inOneof ? ", or take it out of the oneof" : ""}.`,
    };
  });
  refuse(root, refusals);
  throw cannotRun(`gen/ could not be compiled:\n${output}  Run: npm ci && npm run generate`);
}
