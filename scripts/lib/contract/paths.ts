/** Folders of .proto files, one for each module of buf.yaml. The package has one folder with the files of all. */
export const protoRoots = ["proto", "third_party/opentelemetry"];

/** The TypeScript projects of gen/. */
export const generatedProjects = ["tsconfig.build.json", "connect-v1/tsconfig.json"];

/** The TypeScript projects that make up dist/, each compiled once as ESM and once as CommonJS. */
export const projects = [...generatedProjects, "src/tsconfig.json"];

/** Packed paths that are the contract or are generated from it. */
export const contractPaths = [...protoRoots, "gen"];

/** Other packed paths, in addition to package.json, README.md and CHANGELOG.md. */
export const sourcePaths = ["src", "LICENSE"];

/** Files that decide how the package is built. A change of them may leave the package unchanged. */
export const buildPaths = [...projects, "scripts/lib/package/compile.ts", "scripts/lib/package/pure.ts"];

/** Returns a function that returns whether a path is one of several files or in one of several folders. */
export const isBelow = (tops: string[]) => (path: string) =>
  tops.some((top) => path === top || path.startsWith(`${top}/`));
