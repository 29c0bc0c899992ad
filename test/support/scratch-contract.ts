import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FileRegistry } from "@bufbuild/protobuf";
import { buf } from "../../scripts/lib/buf.js";
import { readImage } from "../../scripts/lib/contract.js";
import { withTemporaryFolder } from "../../scripts/lib/temporary.js";

/** Writes text by relative path into a folder. */
export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** Compiles .proto files, given as text by path, to descriptors. */
export function compileProtos(files: Record<string, string>): Promise<FileRegistry> {
  return withTemporaryFolder(async (folder) => {
    writeFiles(folder, { "buf.yaml": "version: v2\n", ...files });
    const { code, stderr } = await buf(["build", "-o", "image.binpb"], { cwd: folder });
    if (code !== 0) {
      throw new Error(`buf build failed:\n${stderr}`);
    }
    return readImage(join(folder, "image.binpb"));
  });
}
