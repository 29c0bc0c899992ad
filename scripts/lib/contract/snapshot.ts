import { isUtf8 } from "node:buffer";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type FileRegistry, toBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { cannotRun, quote } from "../cli/errors.ts";
import { writeFiles } from "../cli/files.ts";
import { type Checkout, outputOf, settleAll } from "../cli/process.ts";
import { type BaseOptions, findBase, findRevision, type Revision } from "./base.ts";
import { buf, buildImage } from "./buf.ts";
import { describeAlternatives, findNamedBase } from "./environment.ts";
import { fetchMissingFiles, readBlobs } from "./git.ts";
import { addLocations, readDescriptorSet, toRegistry } from "./image.ts";
import { completeImports } from "./imports.ts";

/** The contract at a revision, of the last release, in a file or in the working tree. */
export type Snapshot = RevisionSnapshot | OtherSnapshot | NoSnapshot;

interface RevisionSnapshot extends Revision {
  image: string;
}

interface OtherSnapshot {
  kind: "published" | "image" | "tree";
  /** Description for people. */
  label: string;
  /** Path of the descriptor image with source info. The file must not be changed. */
  image: string;
  /** Whether the image was built without source info, so that there are no comments to compare. */
  withoutComments?: boolean;
  /** What the image declares, if it has been read. */
  registry?: FileRegistry;
}

/** There is no contract to compare with, such as before the first commit. */
interface NoSnapshot {
  kind: "none";
  /** Why there is no contract. */
  label: string;
  image?: undefined;
}

/** Path of the published image: the contract of the last release. Only a release changes it. */
export const publishedImage = "releases/published.binpb";

/**
 * Loads the contract of the working tree.
 *
 * @param folder Folder to write the image in.
 * @throws UserError (exit code 2) if the contract does not compile.
 */
export async function loadWorkingTree(checkout: Checkout, folder: string): Promise<OtherSnapshot> {
  const image = join(mkdtempSync(join(folder, "tree-")), "image.binpb");
  await buildImage(checkout, image);
  return { kind: "tree", label: "the working tree", image };
}

/**
 * Loads the contract that the working tree is compared with.
 *
 * @param folder Folder to write the image in.
 * @param options See `findBase`. `against` and CONTRACT_BASE can also be `published`.
 * @throws UserError (exit code 2) if there is no base, or its contract does not compile.
 */
export async function loadBase(
  checkout: Checkout,
  folder: string,
  options: BaseOptions = {},
): Promise<Snapshot> {
  const { name, source } = findNamedBase(checkout, options.against) ?? {};
  if (name === "published") {
    const published = loadPublished(checkout);
    return source ? { ...published, label: `${published.label}, ${source}` } : published;
  }
  const base = await findBase(checkout, options);
  return base.kind === "none" ? base : compileRevision(checkout, folder, base);
}

/**
 * Loads the contract of the last release.
 *
 * @throws UserError (exit code 2) if its image is missing, empty or damaged.
 */
export function loadPublished(checkout: Checkout): OtherSnapshot {
  const image = join(checkout.root, publishedImage);
  const problem = findProblem(image);
  if (problem !== undefined) {
    throw cannotRun(
      `${publishedImage}, the contract of the last release, is ${problem}.\n` +
        `  Run: git checkout HEAD -- ${publishedImage}      if it was committed\n${describeAlternatives(checkout)}`,
    );
  }
  return { kind: "published", label: `the contract of the last release (${publishedImage})`, image };
}

function findProblem(image: string): string | undefined {
  const size = statSync(image, { throwIfNoEntry: false })?.size;
  if (!size) {
    return size === 0 ? "empty" : "missing";
  }
  try {
    readDescriptorSet(image);
    return undefined;
  } catch {
    return "damaged";
  }
}

/**
 * Loads two contracts to compare.
 *
 * @param folder Folder to write images in.
 * @param names Nothing, for the working tree and its base; one name, for the working tree and the contract of that
 *   name; or two names. A name is a git revision, `published`, or the path of a descriptor image. One revision stands
 *   for its merge base with HEAD; two revisions stand for themselves.
 * @throws UserError (exit code 2) if there is no such contract, or it does not compile.
 */
export async function loadPair(
  checkout: Checkout,
  folder: string,
  [first, second]: string[],
): Promise<[before: Snapshot, after: Snapshot]> {
  const isImage = (name: string) =>
    /\.(binpb|bin|pb)$/.test(name) ||
    statSync(resolve(checkout.root, name), { throwIfNoEntry: false })?.isFile();
  const load = async (name: string): Promise<Snapshot | GivenImage> => {
    if (isImage(name)) {
      return openImage(checkout, name);
    }
    return name === "published"
      ? loadPublished(checkout)
      : compileRevision(checkout, folder, await findRevision(checkout, name));
  };
  const isNamed = first !== undefined && (second !== undefined || isImage(first));
  const [before, after] = await settleAll([
    isNamed ? load(first) : loadBase(checkout, folder, { against: first }),
    second === undefined ? loadWorkingTree(checkout, folder) : load(second),
  ] as const);
  const finish = (side: Snapshot | GivenImage, other: Snapshot | GivenImage) =>
    "set" in side ? completeImage(side, other, folder) : side;
  return [finish(before, after), finish(after, before)];
}

/** A descriptor image that a command got, which can lack imports and source info. */
interface GivenImage {
  name: string;
  path: string;
  set: FileDescriptorSet;
  withoutComments: boolean;
}

function openImage({ root }: Checkout, name: string): GivenImage {
  const path = resolve(root, name);
  if (!existsSync(path)) {
    throw cannotRun(
      `There is no descriptor image ${name}.\n  Run: npx buf build -o ${quote(name)}      to build one of the contract in the current folder`,
    );
  }
  const set = readDescriptorSet(path, name);
  return { name, path, set, withoutComments: !set.file.some(({ sourceCodeInfo }) => sourceCodeInfo) };
}

/** Writes an image into a folder as buf can read it, with what it lacks. */
function completeImage(
  { name, path, set, withoutComments }: GivenImage,
  other: Snapshot | GivenImage,
  folder: string,
): OtherSnapshot {
  const isCompleted = completeImports(set, () => filesOf(other));
  if (withoutComments || isCompleted) {
    addLocations(set);
  }
  // The path may have characters or an extension that buf reads otherwise.
  const image = join(mkdtempSync(join(folder, "image-")), "image.binpb");
  if (withoutComments || isCompleted) {
    writeFileSync(image, toBinary(FileDescriptorSetSchema, set));
  } else {
    copyFileSync(path, image);
  }
  const registry = toRegistry(set, name);
  const label = withoutComments ? `${name} (without comments)` : name;
  return { kind: "image", label, image, registry, withoutComments };
}

function filesOf(side: Snapshot | GivenImage): FileDescriptorProto[] {
  if ("set" in side) {
    return side.set.file;
  }
  return side.image === undefined ? [] : readDescriptorSet(side.image).file;
}

/** Compiles the contract of a revision from git objects, without touching the working tree or the index. */
async function compileRevision(
  checkout: Checkout,
  folder: string,
  revision: Revision,
): Promise<RevisionSnapshot> {
  const copy = mkdtempSync(join(folder, "revision-"));
  const problems = await writeSources(checkout, copy, revision);
  const cwd = join(copy, revision.folder);
  mkdirSync(cwd, { recursive: true });
  const image = `${copy}.binpb`;
  const result = await buf(checkout, ["build", "-o", image], { cwd });
  if (result.code !== 0) {
    throw cannotRun(
      `The contract at ${revision.label} does not compile, so nothing can be compared with it:\n` +
        `${outputOf(result)}${problems.map((problem) => `${problem}.\n`).join("")}` +
        "  Run: git log --oneline -- '*.proto'      to see the other commits\n" +
        describeAlternatives(checkout),
    );
  }
  return { ...revision, image };
}

/** Writes the files of a revision that buf reads into a folder, and returns what is wrong with them. */
export async function writeSources(
  checkout: Checkout,
  copy: string,
  { commit, sources }: Revision,
): Promise<string[]> {
  const files = sources.flatMap(({ path, blob }) => (blob === undefined ? [] : [{ path, blob }]));
  await fetchMissingFiles(checkout, commit);
  const contents = await readBlobs(
    checkout,
    files.map(({ blob }) => blob),
  );
  const problems = new Map(
    sources.flatMap(({ path, problem }) => (problem === undefined ? [] : [[path, problem]])),
  );
  for (const [index, { path }] of files.entries()) {
    const content = contents[index] ?? Buffer.alloc(0);
    // buf reads other bytes, such as those that a filter of git encrypted, as an empty file.
    if (!isUtf8(content) || content.includes(0)) {
      problems.set(path, `${path} is not UTF-8 text in the commit`);
    } else {
      writeFiles(copy, { [path]: content });
    }
  }
  // In a module, such a file does not compile.
  writeFiles(copy, Object.fromEntries(problems));
  for (const { path, link } of sources) {
    if (link !== undefined) {
      mkdirSync(join(copy, dirname(path)), { recursive: true });
      symlinkSync(relative(dirname(path), link) || ".", join(copy, path));
    }
  }
  return [...problems.values()];
}
