import { existsSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import { cacheFolder, withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { formatAnnotations } from "../../scripts/lib/cli/github.ts";
import { settleAll } from "../../scripts/lib/cli/process.ts";
import { runTogether, type Step } from "../../scripts/lib/cli/steps.ts";
import { temporaryFolder } from "../support/repository.ts";

const fail = (error: Error) => (): Promise<never> => Promise.reject(error);

describe("runTogether", () => {
  test.each([new Error("unexpected"), new UserError("expected")])(
    "rejects with the %s of a step only after the other steps have ended in their temporary folder",
    async (error) => {
      let sawFolder: boolean | undefined;
      const result = withTemporaryFolder(temporaryFolder(), (folder) => {
        const slow = async () => {
          await setTimeout(50);
          sawFolder = existsSync(folder);
        };
        const steps = [
          { name: "failing", run: fail(error) },
          { name: "slow", run: slow },
        ];
        return runTogether(steps, () => {});
      });
      await expect(result).rejects.toThrow(error.message);
      expect(sawFolder).toBe(true);
    },
  );

  test("reports the output and the annotations of every failed step, in the order given", async () => {
    const lines: string[] = [];
    const failure = (message: string) => new UserError(message, { annotations: [{ message }] });
    const steps: Step[] = [
      { name: "later", run: () => setTimeout(20).then<undefined>(fail(failure("one"))) },
      { name: "passing", run: async () => "3 files" },
      { name: "sooner", run: fail(failure("two\n")) },
    ];
    await expect(runTogether(steps, (line) => lines.push(line))).rejects.toMatchObject({
      message: "\n── later ──\none\n\n── sooner ──\ntwo\n",
      annotations: [{ message: "one" }, { message: "two\n" }],
      exitCode: 1,
    });
    const unable = fail(new UserError("three", { exitCode: 2 }));
    steps.push({ name: "unable", run: unable });
    await expect(runTogether(steps, () => {})).rejects.toMatchObject({ exitCode: 1 });
    await expect(runTogether(steps.slice(-1), () => {})).rejects.toMatchObject({ exitCode: 2 });
    expect(lines.map((line) => line.replace(/\d\.\d/, "T"))).toEqual([
      "✓ passing            T s  3 files",
      "✗ sooner             T s",
      "✗ later              T s",
    ]);
  });
});

test("settleAll rejects with the first error in the order given, after all have settled", async () => {
  let ended = false;
  const slow = setTimeout(50).then(() => {
    ended = true;
    throw new Error("slow");
  });
  await expect(settleAll([slow, Promise.reject(new Error("quick"))])).rejects.toThrow("slow");
  expect(ended).toBe(true);
  expect(await settleAll([setTimeout(1, "a"), 2] as const)).toEqual(["a", 2]);
});

test("a temporary folder is removed at the end, and an abandoned folder by a run a day later", async () => {
  const root = temporaryFolder();
  const [old, recent] = ["old", "recent"].map((name) => join(cacheFolder(root, "runs"), name)) as [
    string,
    string,
  ];
  const yesterday = Date.now() / 1000 - 25 * 60 * 60;
  for (const folder of [old, recent]) {
    mkdirSync(folder, { recursive: true });
  }
  utimesSync(old, yesterday, yesterday);
  const removed = await withTemporaryFolder(root, async (folder) => folder);
  expect([old, recent, removed].map((folder) => existsSync(folder))).toEqual([false, true, false]);
  const failed = withTemporaryFolder(root, (folder) => Promise.reject(new Error(folder)));
  const { message } = (await failed.catch((error: Error) => error)) as Error;
  expect(message.startsWith(cacheFolder(root, "runs"))).toBe(true);
  expect(existsSync(message)).toBe(false);
});

test("annotations are printed in GitHub Actions only, with special characters escaped", () => {
  const annotations = [
    { message: "100 %\nof it", title: "a:b,c", file: "a.proto", line: 3, col: undefined },
    { message: "nowhere" },
  ];
  expect(formatAnnotations(annotations, {})).toBe("");
  expect(formatAnnotations(annotations, { GITHUB_ACTIONS: "true" })).toBe(
    "::error title=a%3Ab%2Cc,file=a.proto,line=3::100 %25%0Aof it\n::error ::nowhere\n",
  );
});
