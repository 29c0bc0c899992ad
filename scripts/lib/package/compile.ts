import { chmodSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../cli/errors.ts";
import { listFiles, withTemporaryFolder, writeFiles } from "../cli/files.ts";
import { type Checkout, outputOf, runPackage, settleAll } from "../cli/process.ts";
import { withoutSourceInfo } from "../contract/image.ts";
import { projects, protoRoots } from "../contract/paths.ts";
import { markPure } from "./pure.ts";

/**
 * Compiles gen/ and src/ into dist/, and adds the OpenAPI document, the descriptor image and the .proto files. dist/ is
 * replaced as a whole at the end, so that a failure leaves the previous one.
 *
 * @param image Path of the contract's descriptor image with source info. The copy in dist/ has none: it is a plain
 *   google.protobuf.FileDescriptorSet.
 */
export async function compilePackage(checkout: Checkout, image: string): Promise<void> {
  const { root } = checkout;
  await withTemporaryFolder(root, async (folder) => {
    const dist = join(folder, "dist");
    // Documentation is for editors, which read it in the declarations.
    const formats = {
      esm: ["--module", "esnext", "--declaration", "false", "--removeComments"],
      cjs: ["--module", "commonjs", "--declaration", "false", "--removeComments"],
      types: ["--module", "esnext", "--emitDeclarationOnly"],
    };
    for (const [format, options] of Object.entries(formats)) {
      // The projects have no file in common. One is JavaScript with declarations.
      const own = projects.filter((project) => format !== "types" || !project.startsWith("connect-v1/"));
      const results = await settleAll(
        own.map((project) =>
          runPackage(checkout, "typescript", "tsc", [
            ...["-p", project, "--outDir", join(dist, format)],
            ...options,
          ]),
        ),
      );
      const failed = results.filter(({ code }) => code !== 0);
      if (failed.length > 0) {
        throw new UserError(
          `The package does not compile as ${format}:\n${failed.map(outputOf).join("")}  Run: npm run check`,
        );
      }
    }
    cpSync(join(root, "gen/connect-v1"), join(dist, "types/connect-v1"), {
      recursive: true,
      filter: (path) => !path.endsWith(".js"),
    });
    for (const name of listFiles(join(dist, "types"))) {
      const text = readFileSync(join(dist, "types", name), "utf8");
      const declaration = importIndexes(text, name.startsWith("ts-proto/") ? "" : "_(?:pb|connect)");
      writeFiles(dist, { [`esm/${name}`]: declaration, [`cjs/${name}`]: declaration });
    }
    rmSync(join(dist, "types"), { recursive: true });
    for (const name of listFiles(join(dist, "esm")).filter((file) => file.endsWith(".js"))) {
      const module = join(dist, "esm", name);
      writeFileSync(module, markPure(readFileSync(module, "utf8")));
    }
    writeFileSync(join(dist, "cjs/package.json"), '{"type":"commonjs"}\n');
    cpSync(join(root, "gen/openapi/openapi.json"), join(dist, "openapi.json"));
    writeFileSync(join(dist, "image.binpb"), withoutSourceInfo(readFileSync(image)));
    for (const protoRoot of protoRoots) {
      cpSync(join(root, protoRoot), join(dist, "proto"), {
        recursive: true,
        // npm packs no links, and buf ignores those that lead nowhere.
        dereference: true,
        filter: (path) => existsSync(path) && !path.endsWith(".md"),
      });
    }
    normalizeModes(listFiles(dist).map((name) => join(dist, name)));
    rmSync(join(root, "dist"), { recursive: true, force: true });
    moveFolder(dist, join(root, "dist"));
  });
}

/**
 * Makes a declaration import those of other files by their indexes, which the package exports, not by the modules that
 * plugins write. In the declarations of a consumer, TypeScript can name a type only by a module that is exported, and
 * loaded.
 *
 * @param ending What the names of the plugins' modules end with, as a regular expression.
 */
const importIndexes = (declaration: string, ending: string) =>
  declaration.replace(
    new RegExp(`^(import .* from "\\..*)(?<!/index)${ending}\\.js";$`, "gm"),
    '$1/index.js";',
  );

/** Sets the mode of files to 644: npm keeps modes, and they are part of the tarball's bytes. */
export function normalizeModes(files: string[]): void {
  for (const file of files) {
    chmodSync(file, 0o644);
  }
}

/** Moves a folder: in one step on the same file system, by copying to another. */
function moveFolder(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    cpSync(from, to, { recursive: true });
  }
}
