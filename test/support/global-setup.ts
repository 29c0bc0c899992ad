import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import { cacheFolder, withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { run } from "../../scripts/lib/cli/process.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { compilePackage } from "../../scripts/lib/package/compile.ts";
import { findFreshTarball, packPackage } from "../../scripts/lib/package/pack.ts";
import { checkout, connectV1, importer } from "./dependencies.ts";
import type { FlavourFolders } from "./flavours.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Absolute path of the packed tarball. */
    tarball: string;
    /** The unpacked tarball with the runtime of each flavour. */
    flavours: FlavourFolders;
  }
}

let prepared: Promise<ProvidedContext> | undefined;

/** Packs the package and unpacks the tarball, once for all projects of a run. */
export default async function setup(project: TestProject): Promise<void> {
  prepared ??= prepare();
  const { tarball, flavours } = await prepared;
  project.provide("tarball", tarball);
  project.provide("flavours", flavours);
}

async function prepare(): Promise<ProvidedContext> {
  const tarball = findFreshTarball(checkout.root) ?? (await packNow());
  const [two, one] = await Promise.all([unpack(tarball, "."), unpack(tarball, connectV1)]);
  return { tarball, flavours: { es: two, "connect-v1": one, "ts-proto": two } };
}

function packNow(): Promise<string> {
  return withTemporaryFolder(checkout.root, async (folder) => {
    const image = join(folder, "image.binpb");
    await buildImage(checkout, image);
    await compilePackage(checkout, image);
    return resolve((await packPackage(checkout)).filename);
  });
}

/** Age at which no run still uses a folder, in milliseconds. */
const dayInMs = 24 * 60 * 60 * 1000;

/**
 * Unpacks the tarball below the node_modules of a package's folder: Node.js then resolves the tarball's imports to the
 * runtimes installed there. The new folder's name is a hash of the tarball. Concurrent runs share it.
 *
 * @returns a folder that has the package in node_modules.
 */
async function unpack(tarball: string, installed: string): Promise<string> {
  const cache = cacheFolder(resolve(installed), "flavours");
  const hash = createHash("sha256").update(readFileSync(tarball)).digest("hex").slice(0, 16);
  const folder = join(cache, hash);
  if (existsSync(folder)) {
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache).map((name) => join(cache, name))) {
    if (Date.now() - statSync(old).mtimeMs > dayInMs) {
      rmSync(old, { recursive: true, force: true });
    }
  }
  const unpacked = mkdtempSync(join(cache, "unpacking-"));
  const target = join(unpacked, "node_modules/@agynio/api");
  mkdirSync(target, { recursive: true });
  // Without a package.json here, bundlers resolve @agynio/api to this repository, which has that name.
  writeFileSync(join(unpacked, "package.json"), '{"private": true}\n');
  writeFileSync(join(unpacked, importer), "export default (specifier) => import(specifier);\n");
  const { code, stderr } = await run(checkout, "tar", ["xzf", tarball, "-C", target, "--strip-components=1"]);
  if (code !== 0) {
    throw new Error(`tar failed:\n${stderr}`);
  }
  try {
    renameSync(unpacked, folder);
  } catch {
    // A concurrent run has unpacked the same tarball.
    rmSync(unpacked, { recursive: true });
  }
  return folder;
}
