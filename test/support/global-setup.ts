import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { buildImage } from "../../scripts/lib/buf.js";
import { compile, freshTarball, pack } from "../../scripts/lib/package.js";
import { withTemporaryFolder } from "../../scripts/lib/temporary.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** Absolute path of the packed tarball. */
    tarball: string;
  }
}

let tarball: Promise<string> | undefined;

/** Packs the package once for all tests, unless the last build is still good. */
export default async function setup(project: TestProject): Promise<void> {
  tarball ??= Promise.resolve(freshTarball() ?? packNow());
  project.provide("tarball", await tarball);
}

function packNow(): Promise<string> {
  return withTemporaryFolder(async (folder) => {
    const image = join(folder, "image.binpb");
    await buildImage(image);
    await compile(image);
    return join(process.cwd(), (await pack()).filename);
  });
}
