import { join } from "node:path";
import { writeFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf, run, runNpm } from "../../scripts/lib/cli/process.ts";
import { here, isolated, temporaryFolder } from "../support/repository.ts";
import { freePort, serve } from "../support/serve.ts";

/** A registry on loopback, with the package managers that install from it. */
export interface Registry {
  /** The registry's address, with "/" at its end. */
  url: string;
  /** Path of a .npmrc with a token that may publish. */
  userconfig: string;
  /** Paths of the programs. */
  pnpm: string;
  yarn: string;
  stop: () => Promise<void>;
}

/** Installs verdaccio, pnpm and Yarn in a temporary folder, and starts a registry that has @agynio's packages only. */
export async function startRegistry(): Promise<Registry> {
  const folder = temporaryFolder();
  writeFiles(folder, {
    "package.json": JSON.stringify({
      private: true,
      dependencies: { verdaccio: "6.8.0", pnpm: "^12.0.0", "@yarnpkg/cli-dist": "^4.0.0" },
      // The version that verdaccio names does not run on Node.js 20.
      overrides: { "node-fetch": "2.7.0" },
    }),
    "verdaccio.yaml": JSON.stringify({
      storage: "./storage",
      auth: { htpasswd: { file: "./htpasswd" } },
      packages: { "@agynio/*": { access: "$all", publish: "$authenticated" } },
      log: { type: "stdout", level: "fatal" },
    }),
  });
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const result = await runNpm(here, install, { cwd: folder });
  if (result.code !== 0) {
    throw new Error(outputOf(result));
  }
  const port = await freePort();
  const program = "node_modules/verdaccio/bin/verdaccio";
  const listen = ["--config", "verdaccio.yaml", "--listen", `http://localhost:${port}`];
  const stop = await serve(folder, [program, ...listen], port, { ...isolated, NODE_NO_WARNINGS: "1" });
  const url = `http://localhost:${port}/`;
  // As `npm login` does.
  const response = await fetch(`${url}-/user/org.couchdb.user:ada`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "ada", password: "analytical" }),
  });
  const { token } = (await response.json()) as { token: string };
  writeFiles(folder, { userconfig: `//localhost:${port}/:_authToken=${token}\n` });
  return {
    url,
    userconfig: join(folder, "userconfig"),
    pnpm: join(folder, "node_modules/pnpm/bin/pnpm.mjs"),
    yarn: join(folder, "node_modules/@yarnpkg/cli-dist/bin/yarn.js"),
    stop,
  };
}

/** Runs a program in a folder outside the repository. It must succeed. */
export async function runIn(
  folder: string,
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const result = await run(here, program, args, { cwd: folder, env });
  if (result.code !== 0) {
    throw new Error(`${program} ${args.join(" ")} exited with ${result.code}:\n${outputOf(result)}`);
  }
  return result.stdout.toString();
}
