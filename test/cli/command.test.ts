import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { npmScript, runCommand } from "../../scripts/lib/cli/command.ts";
import { cannotRun, UserError } from "../../scripts/lib/cli/errors.ts";
import { runPackage } from "../../scripts/lib/cli/process.ts";
import { here, root } from "../support/repository.ts";

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const fail = (error: Error) => (): Promise<never> => Promise.reject(error);

describe("runCommand", () => {
  test.each<[string, () => Promise<number> | Promise<void>, exitCode: number, output: unknown]>([
    ["a body that ends", async () => {}, 0, undefined],
    ["a body that returns an exit code", async () => 1, 1, undefined],
    ["a check that fails", fail(new UserError("no\n")), 1, "no"],
    ["a check that cannot run", fail(cannotRun("no")), 2, "no"],
    ["an unexpected error", fail(new TypeError("no")), 2, new TypeError("no")],
  ])("sets the exit code of %s", async (_, body, exitCode, output) => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    await runCommand(body);
    expect(process.exitCode).toBe(exitCode);
    expect(print.mock.calls).toEqual(output === undefined ? [] : [[output]]);
  });

  test("prints the annotations of an error in GitHub Actions", async () => {
    vi.stubEnv("GITHUB_ACTIONS", "true");
    vi.spyOn(console, "error").mockReturnValue();
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    await runCommand(fail(cannotRun("no", [{ message: "here", file: "a.proto", line: 1 }])));
    vi.unstubAllEnvs();
    expect(write).toHaveBeenCalledWith("::error file=a.proto,line=1::here\n");
  });
});

describe("an npm script", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const programs = Object.entries(scripts).filter(([, command]) => command.startsWith("jiti scripts/"));

  test.each([
    [["--nonesuch"], 2],
    [["unexpected"], 2],
    [["--help"], 0],
  ])("given %s ends with exit code %i before its body", (args, exitCode) => {
    vi.spyOn(process.stderr, "write").mockReturnValue(true);
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    vi.spyOn(process, "exit").mockImplementation((code) => {
      throw new Error(`exit code ${code}`);
    });
    expect(() => npmScript("check", "Checks.").parse(args, { from: "user" })).toThrow(
      `exit code ${exitCode}`,
    );
  });

  test.each(programs)("npm run %s parses its arguments before its body", (name, command) => {
    const text = readFileSync(join(root, command.split(" ")[1] ?? ""), "utf8");
    const script = name.split(":check")[0] === "format" ? "format" : name;
    expect(text).toMatch(
      new RegExp(`npmScript\\(\\s*"${script}",.*\\.parse\\(\\).*\\nawait runCommand\\(`, "s"),
    );
  });

  test("starts, and ends with exit code 2 for an unknown option and an unknown revision", async () => {
    expect(programs.map(([name]) => name)).toContain("breaking");
    for (const [args, message] of [
      [["--aginst", "main"], "error: unknown option '--aginst'\n(Did you mean --against?)\n"],
      [["--against", "nonesuch"], 'There is no revision called "nonesuch" in this repository.\n'],
    ] as const) {
      const { code, stdout, stderr } = await runPackage(here, "jiti", "jiti", [
        "scripts/breaking.ts",
        ...args,
      ]);
      expect(stderr).toContain(message);
      expect(stdout.toString()).toBe("");
      expect(code).toBe(2);
    }
  });
});
