import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DescMessage, FileRegistry } from "@bufbuild/protobuf";
import { createJiti } from "jiti";
import { expect } from "vitest";
import { withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { localName } from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { checkout, connectV1 } from "../support/dependencies.ts";
import { type Codec, codecs, type FlavourName } from "../support/flavours.ts";

/** The contract of shapes.proto, and a codec of each flavour for its message. */
export interface Shapes {
  registry: FileRegistry;
  desc: DescMessage;
  codecs: Record<FlavourName, Codec>;
}

/**
 * Generates code for the message of shapes.proto with the plugins and options of the package, and loads it with the runtime of each
 * flavour, which it finds in the node_modules that it is written to.
 */
export const generateShapes = (): Promise<Shapes> =>
  withTemporaryFolder(checkout.root, (folder) =>
    withTemporaryFolder(resolve(connectV1), async (folderV1) => {
      const image = join(folder, "image.binpb");
      expect(await buf(checkout, ["build", import.meta.dirname, "-o", image])).toMatchObject({ code: 0 });
      expect(await buf(checkout, ["generate", image, "-o", folder])).toMatchObject({ code: 0 });
      const moduleV1 = join(folderV1, "shapes_pb.js");
      cpSync(join(folder, "gen/connect-v1/shapes_pb.js"), moduleV1);
      writeFileSync(join(folderV1, "package.json"), '{"type": "module"}\n');

      const jiti = createJiti(import.meta.url, { fsCache: false });
      const registry = readImage(image);
      const desc = registry.getMessage("shapes.Shapes") as DescMessage;
      const codecOf = (flavour: FlavourName, module: object) =>
        codecs[flavour](desc, (type, suffix = "") => Reflect.get(module, localName(type) + suffix));
      const generated = {
        es: codecOf("es", await jiti.import(join(folder, "gen/es/shapes_pb.ts"))),
        "connect-v1": codecOf("connect-v1", await import(pathToFileURL(moduleV1).href)),
        "ts-proto": codecOf("ts-proto", await jiti.import(join(folder, "gen/ts-proto/shapes.ts"))),
      };
      return { registry, desc, codecs: generated };
    }),
  );
