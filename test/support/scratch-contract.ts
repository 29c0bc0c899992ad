import { join } from "node:path";
import type { FileRegistry } from "@bufbuild/protobuf";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { Repository } from "./repository.ts";

/** Compiles .proto files, given as text by path, to descriptors. */
export async function compileProtos(files: Record<string, string>): Promise<FileRegistry> {
  const folder = Repository.empty();
  folder.write({ "buf.yaml": "version: v2\n", ...files });
  const image = join(folder.root, "image.binpb");
  await buildImage(folder.checkout(), image);
  return readImage(image);
}
