// The commands in README.md and examples/runners/README.md, run as they are printed. They need bash and curl.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProgram } from "../support/needs.ts";
import { normalize, readConsole, runConsole } from "./console.ts";

const missing = ["bash", "curl"].some((name) => !findProgram(name, [name]));

describe.skipIf(missing)("the example", () => {
  let server: ChildProcessByStdio<null, Readable, null>;
  let url: string;
  beforeAll(async () => {
    // In a process group, because npm does not forward signals to its child.
    server = spawn("npm", ["run", "--silent", "example", "--", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    const [line] = await Promise.race([
      once(createInterface(server.stdout), "line"),
      once(server, "close").then(() => {
        throw new Error("The example ended before it listened. Its error is above.");
      }),
    ]);
    url = /http:\/\/localhost:\d+$/.exec(line)?.[0] ?? "";
  });
  afterAll(async () => {
    if (server.pid !== undefined && server.exitCode === null) {
      process.kill(-server.pid);
      await once(server, "close");
    }
  });
  const run = (commands: string[]) =>
    runConsole(commands.map((line) => line.replaceAll("http://localhost:8080", url)));

  test("prints the output in its README", async () => {
    const shown = readConsole("examples/runners/README.md");
    const commands = shown.map(({ command }) => command);
    const printed = await run(commands);
    const transcript = (outputs: string[]) =>
      normalize(outputs.map((output, i) => `$ ${commands[i]}\n${output}`).join("")).split("\n");
    expect(transcript(printed)).toEqual(transcript(shown.map(({ output }) => output)));
  });

  test("answers the commands in the repository's README", async () => {
    const [, block = ""] =
      /^In a second terminal:\n\n```sh\n(.*?)^```$/ms.exec(readFileSync("README.md", "utf8")) ?? [];
    // A line that ends with a backslash continues in the next line.
    const [register = "", list = ""] = await run(block.trimEnd().split(/(?<!\\)\n/));
    expect(JSON.parse(register)).toMatchObject({ runner: { name: "rack-1" } });
    const { runner } = JSON.parse(register);
    expect(JSON.parse(list).runners).toContainEqual(runner);
  });

  test("serves the page, which the command has written", async () => {
    const names = ["", "index.html", "openapi.json", "swagger-ui.css"];
    const responses = await Promise.all(names.map((name) => fetch(`${url}/${name}`)));
    expect(responses.map(({ status }) => status)).toEqual(names.map(() => 200));
  });
});
