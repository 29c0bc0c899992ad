import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import type { Snapshot } from "../../scripts/lib/contract/snapshot.ts";
import { Repository } from "../support/repository.ts";
import { imageSnapshot } from "./entries.ts";

/** Builds the contracts in the folders `before` and `after` of a folder. */
export const buildSides = async (folder: string) =>
  [await buildFolder(join(folder, "before")), await buildFolder(join(folder, "after"))] as const;

async function buildFolder(folder: string): Promise<Snapshot> {
  const repository = Repository.empty();
  const files = listFiles(folder).map((name) => [`proto/${name}`, readFileSync(join(folder, name), "utf8")]);
  repository.write({ "buf.yaml": "version: v2\nmodules:\n  - path: proto\n", ...Object.fromEntries(files) });
  const image = join(repository.root, "image.binpb");
  await buildImage(repository.checkout(), image);
  return imageSnapshot(image);
}
