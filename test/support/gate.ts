import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Break } from "./breaking-mutations.js";
import type { Mutation } from "./mutations.js";
import { Scratch } from "./scratch.js";

/** What `npm run breaking -- --format json` prints, as far as these tests look at it. */
interface Report {
  breaking: boolean;
  findings: (Break & { line: number; message: string; advice: string })[];
}

/** One test for each mutation: the gate refuses those that break, naming rule, severity and place, and passes the rest. */
export function testGate(mutations: Mutation[]): void {
  const idle: Scratch[] = [];
  afterAll(() => idle.forEach((scratch) => void scratch.remove()));

  test.concurrent.each(mutations)("$kind: $name", async (mutation) => {
    const scratch = idle.pop() ?? (await Scratch.repository());
    try {
      scratch.edit(mutation.edit);
      const { code, stdout, stderr } = await scratch.breaking(["--format", "json"]);
      expect(stderr).toBe("");
      const { breaking, findings } = JSON.parse(stdout) as Report;
      const expected = mutation.kind === "breaking" ? mutation.breaks : [];
      expect(sorted(findings)).toEqual(sorted(expected));
      for (const { file, at } of expected.filter((one) => one.at !== undefined)) {
        const lines = readFileSync(join(scratch.folder, file), "utf8").split("\n");
        const places = findings.filter((one) => one.file === file).map(({ line }) => lines[line - 1]?.trim());
        expect(places).toContainEqual(expect.stringMatching(beginning(at ?? "")));
      }
      expect(breaking).toBe(mutation.kind === "breaking");
      expect(code).toBe(breaking ? 1 : 0);
    } finally {
      await scratch.restore();
      idle.push(scratch);
    }
  });
}

const sorted = (breaks: Break[]) =>
  breaks.map(({ rule, severity, file }) => `${severity} ${rule} ${file}`).sort();

const beginning = (text: string) => new RegExp(`^${text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}`);
