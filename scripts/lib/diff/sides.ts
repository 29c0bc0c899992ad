import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type Base, baseImage, resolveBase, resolveRevision } from "../base.ts";
import { buildImage } from "../buf.ts";
import { readDescriptorSet } from "../contract.ts";
import { UserError } from "../errors.ts";
import type { Side } from "./model.ts";
import { withPlaces } from "./places.ts";

/** Two contracts to compare. */
export interface Sides {
  before: Side;
  after: Side;
}

/**
 * Finds the contracts to compare.
 *
 * @param args What to compare: nothing, for the working tree with its base as the breaking check finds it;
 *   one side, for the working tree with that; or two sides. A side is a git revision, `published`, or the
 *   path of a descriptor image. One revision stands for its merge base with HEAD, as in the breaking check;
 *   two are taken as they are. Of an image without source info, all but the comments is compared.
 * @param folder A folder to write images in.
 * @throws UserError (exit code 2) when there is no such side, it does not compile, or is no image.
 */
export async function loadSides(args: string[], folder: string): Promise<Sides> {
  const [first, second] = args;
  const sides =
    second === undefined
      ? [
          first === undefined || !isImage(first) ? baseSide(first) : imageSide(first, folder),
          workingTree(folder),
        ]
      : [exactSide(first as string, folder), exactSide(second, folder)];
  // Both to their end before the caller's folder goes.
  const [before, after] = await Promise.allSettled(sides);
  return { before: sideFrom(before), after: sideFrom(after) };
}

function sideFrom(side?: PromiseSettledResult<Side>): Side {
  if (side?.status === "fulfilled") {
    return side.value;
  }
  throw retold(side?.reason);
}

/** An error of what finds a base, which was made for the breaking check and tells how to mend that command. */
export const retold = (error: unknown) =>
  error instanceof UserError
    ? new UserError(
        error.message.replaceAll("npm run breaking -- --against", "npm run diff --"),
        error.exitCode,
      )
    : error;

/** Whether a name is meant to be an image's: a revision that is called as a file is can be written in full. */
const isImage = (name: string) =>
  /\.(binpb|bin|pb)$/.test(name) || (existsSync(name) && statSync(name).isFile());

/** The contract of the working tree, whose image is built in a folder. */
export async function workingTree(folder: string): Promise<Side> {
  const image = join(folder, "image.binpb");
  await buildImage(image);
  return { label: "the working tree", image };
}

async function baseSide(against?: string): Promise<Side> {
  return sideOf(await resolveBase(against));
}

async function exactSide(name: string, folder: string): Promise<Side> {
  return isImage(name)
    ? imageSide(name, folder)
    : sideOf(name === "published" ? await resolveBase(name) : await resolveRevision(name));
}

/** The contract of a base. */
export async function sideOf(base: Base): Promise<Side> {
  if (base.kind === "nothing") {
    return { label: `nothing: ${base.label}` };
  }
  return { label: base.label, image: await baseImage(base) };
}

async function imageSide(path: string, folder: string): Promise<Side> {
  if (!existsSync(path)) {
    throw new UserError(
      `There is no descriptor image ${path}.\n  Run: buf build -o ${path}      to make one of the contract in the current folder`,
      2,
    );
  }
  const set = readDescriptorSet(path);
  if (set.file.some(({ sourceCodeInfo }) => sourceCodeInfo)) {
    return { label: path, image: resolve(path) };
  }
  const image = join(mkdtempSync(join(folder, "image-")), "placed.binpb");
  writeFileSync(image, toBinary(FileDescriptorSetSchema, withPlaces(set)));
  return { label: `${path} (without comments)`, image, withoutComments: true };
}
