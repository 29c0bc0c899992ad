// What examples/runners/README.md prints, typed as it is printed: it needs bash and curl.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { normalize, readConsole, runConsole } from "../support/console.js";
import { findProgram } from "../support/needs.js";

const missing = ["bash", "curl"].some((name) => !findProgram(name, [name]));

test.skipIf(missing)("the example's README shows what its commands print", async () => {
  // In a process group, as npm does not pass signals on to what it runs.
  const server = spawn("npm", ["run", "--silent", "example", "--", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  try {
    const [line] = await once(createInterface(server.stdout), "line");
    const url = /http:\/\/localhost:\d+$/.exec(line)?.[0] ?? "";
    const shown = readConsole("examples/runners/README.md");
    const commands = shown.map(({ command }) => command);
    const printed = await runConsole(commands.map((line) => line.replaceAll("http://localhost:8080", url)));
    const transcript = (outputs: string[]) =>
      normalize(outputs.map((output, i) => `$ ${commands[i]}\n${output}`).join("")).split("\n");
    expect(transcript(printed)).toEqual(transcript(shown.map(({ output }) => output)));
  } finally {
    process.kill(-(server.pid ?? 0));
    await once(server, "close");
  }
});
