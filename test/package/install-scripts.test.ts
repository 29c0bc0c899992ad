// npm 12 runs no install script that the field allowScripts of package.json does not name, and npm 11.19 warns of it:
// https://docs.npmjs.com/cli/v12/commands/npm-install-scripts
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Manifest {
  allowScripts?: Record<string, boolean>;
}
interface Lock {
  packages: Record<string, { name?: string; hasInstallScript?: boolean }>;
}

test.each([".", "bench/alternatives"])(
  "package.json in %s allows or denies each install script",
  (folder) => {
    const read = (name: string) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
    const { allowScripts = {} }: Manifest = read("package.json");
    const { packages }: Lock = read("package-lock.json");
    // The entry of an alias has the package's name.
    const withScript = Object.entries(packages).flatMap(([path, { name, hasInstallScript }]) =>
      hasInstallScript ? [name ?? path.replace(/^.*node_modules\//, "")] : [],
    );
    // An entry with a version matches nothing if the lock file has no URL of the package, as some settings of npm omit.
    expect(Object.keys(allowScripts).sort()).toEqual([...new Set(withScript)].sort());
  },
);
