import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Base, baseImage, resolveBase, resolveRevision } from "../base.ts";
import { formerRules } from "../breaking.ts";
import { buildImage } from "../buf.ts";
import { UserError } from "../errors.ts";
import type { Side } from "./model.ts";

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
 *   two are taken as they are.
 * @param folder A folder to build the working tree's image in.
 * @throws UserError (exit code 2) when there is no such side, or it does not compile.
 */
export async function loadSides(args: string[], folder: string): Promise<Sides> {
  const [first, second] = args;
  const sides =
    second === undefined
      ? [first === undefined || !isImage(first) ? baseSide(first) : imageSide(first), workingTree(folder)]
      : [exactSide(first as string), exactSide(second)];
  // Both to their end before the caller's folder goes.
  const [before, after] = await Promise.allSettled(sides);
  if (before?.status === "rejected") {
    throw before.reason;
  }
  if (after?.status === "rejected") {
    throw after.reason;
  }
  return { before: before?.value as Side, after: after?.value as Side };
}

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

async function exactSide(name: string): Promise<Side> {
  return isImage(name)
    ? imageSide(name)
    : sideOf(name === "published" ? await resolveBase(name) : await resolveRevision(name));
}

/** The contract of a base. */
export async function sideOf(base: Base): Promise<Side> {
  if (base.kind === "nothing") {
    return { label: `nothing: ${base.label}` };
  }
  const rules = base.kind === "revision" ? await formerRules(base) : undefined;
  return { label: base.label, image: await baseImage(base), rules };
}

async function imageSide(path: string): Promise<Side> {
  if (!existsSync(path)) {
    throw new UserError(
      `There is no descriptor image ${path}.\n  Run: buf build -o ${path}      to make one of the contract in the current folder`,
      2,
    );
  }
  return { label: path, image: resolve(path) };
}
