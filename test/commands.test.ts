import { existsSync, mkdirSync, readFileSync, utimesSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../scripts/lib/run.js";
import { withTemporaryFolder } from "../scripts/lib/temporary.js";

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

describe.concurrent("a script that is given what it does not have says so, and does nothing", () => {
  const ours = Object.entries(scripts).filter(([, command]) => command.startsWith("jiti scripts/"));

  test("there are some", () => {
    expect(ours.map(([name]) => name)).toContain("check");
  });

  test.each(ours)("npm run %s", async (_, command) => {
    const [, ...args] = command.split(" ");
    const { code, stdout, stderr } = await run("jiti", [...args, "--nonesuch"]);
    expect(stderr).toContain("error: unknown option '--nonesuch'");
    expect(stdout.toString()).toBe("");
    expect(code).toBe(2);
  });
});

describe("a temporary folder", () => {
  const runs = resolve("node_modules/.cache/agynio-api/runs");

  test("is removed at the end, and by a run of another day when it was left behind", async () => {
    const [old, recent] = ["left-long-ago", "left-just-now"].map((name) => `${runs}/${name}`) as [
      string,
      string,
    ];
    for (const folder of [old, recent]) {
      mkdirSync(folder, { recursive: true });
    }
    const longAgo = Date.now() / 1000 - 25 * 60 * 60;
    utimesSync(old, longAgo, longAgo);
    const made = await withTemporaryFolder(async (folder) => folder);
    expect([old, recent, made].map((folder) => existsSync(folder))).toEqual([false, true, false]);
    utimesSync(recent, longAgo, longAgo);
    await withTemporaryFolder(async () => {});
    expect(existsSync(recent)).toBe(false);
  });
});
