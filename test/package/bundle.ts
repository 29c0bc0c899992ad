import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import type { Consumer } from "./consumer.js";

/** What a bundler makes of a program. */
export interface Bundle {
  /** Bytes of the minified code. */
  minified: number;
  /** Bytes of the minified code, as gzip's strongest level packs it. */
  gzipped: number;
  /** What is kept of our package: exported names by module, a path in its dist/esm without extension. */
  kept: Map<string, string[]>;
}

/**
 * Bundles an ES module in a consumer's project, without writing anything.
 *
 * @param external Packages whose code is left out.
 */
export async function bundle(consumer: Consumer, code: string, external: string[] = []): Promise<Bundle> {
  const entry = join(consumer.folder, "entry.mjs");
  consumer.write({ "entry.mjs": code });
  const build = await rolldown({
    input: entry,
    cwd: consumer.folder,
    platform: "browser",
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
  });
  const { output } = await build.generate({ minify: true });
  await build.close();
  const [chunk] = output;
  const root = join(consumer.folder, "node_modules/@agynio/api/dist/esm");
  const kept = Object.entries(chunk.modules).flatMap(([id, { renderedLength, renderedExports }]) =>
    id.startsWith(root) && renderedLength > 0
      ? [[relative(root, id).replace(/\.js$/, ""), renderedExports] as const]
      : [],
  );
  return {
    minified: Buffer.byteLength(chunk.code),
    gzipped: gzipSync(chunk.code, { level: 9 }).length,
    kept: new Map(kept),
  };
}
