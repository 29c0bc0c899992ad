// The code of README.md and docs/, compiled and run as it is printed.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { run } from "../../scripts/lib/cli/process.ts";
import { Consumer } from "../support/consumer.ts";
import { contract } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippet, readSnippets } from "../support/snippets.ts";

let modern: Consumer;
let v1: Consumer;
/** Free ports by the printed ports. */
let ports: { 8080: number; 50051: number };

beforeAll(async () => {
  ports = { 8080: await freePort(), 50051: await freePort() };
  modern = Consumer.create("es");
  v1 = Consumer.create("connect-v1");
});
afterAll(() => {
  modern?.remove();
  v1?.remove();
});

/** Compiles a block of code, and returns the name of the compiled file. */
async function compile(consumer: Consumer, name: string): Promise<string> {
  const file = name.toLowerCase().replace(/\W+/g, "-");
  consumer.write({ [`${file}.mts`]: readSnippet(name, ports) });
  await consumer.compile([`${file}.mts`]);
  return `${file}.mjs`;
}

/** Starts a server, waits until it accepts connections on a port, and stops it when the test ends. */
async function start(file: string, port: number): Promise<void> {
  onTestFinished(await serve(modern.folder, [file], port));
}

test("Connect: the server answers the clients of Connect 2 and Connect 1", async () => {
  // The last alias of RUNNING, as TypeScript's enums have it.
  const { values = [] } = contract.getEnum("agynio.api.runners.v1.WorkloadStatus") ?? {};
  const printed = `w1 ${values.findLast(({ number }) => number === 2)?.localName}\n`;
  await start(await compile(modern, "README.md: A server 0"), ports[8080]);
  expect(await modern.output("node", [await compile(modern, "README.md: A client 0")])).toBe(printed);
  expect(await v1.output("node", [await compile(v1, "docs/recipes.md: Connect 1 0")])).toBe(printed);
});

test("gRPC: the server answers grpc-js, nice-grpc and buf curl", async () => {
  await start(await compile(modern, "docs/recipes.md: grpc-js 0"), ports[50051]);
  expect(await modern.output("node", [await compile(modern, "docs/recipes.md: grpc-js 1")])).toBe("r1\n");
  expect(await modern.output("node", [await compile(modern, "docs/recipes.md: nice-grpc 0")])).toBe("r1\n");
  const curl = readSnippet("docs/recipes.md: Without a client 0", ports);
  const { stdout } = await run(checkout, "sh", ["-c", curl], { cwd: inject("flavours").es });
  expect(JSON.parse(`${stdout}`)).toEqual({ workload: { meta: { id: "w1" }, runnerId: "r1" } });
});

test("CommonJS: the program runs", async () => {
  modern.write({ "snippet.cjs": readSnippet("docs/recipes.md: CommonJS 0") });
  expect(await modern.output("node", ["snippet.cjs"])).toBe(
    '{"runnerId":"r1","status":"WORKLOAD_STATUS_RUNNING"}\n',
  );
});

const [printedDate, earlyDate] = ["2026-01-31T12:00:00.500Z", "1969-12-31T23:59:58.250Z"];
const timestamps = [
  ["docs/recipes.md: Timestamps and 64-bit integers 0", "TypeError", [printedDate, earlyDate]],
  // Timestamp.fromDate of protobuf-es 1 returns negative nanoseconds for the early date, which its JSON rejects.
  ["docs/recipes.md: Timestamps and 64-bit integers 1", "none", [printedDate]],
  ["docs/recipes.md: Timestamps and 64-bit integers 2", "TypeError", [printedDate, earlyDate]],
] as const;

test.each(timestamps)("%s: converts dates and JSON; JSON.stringify throws %s", async (name, error, dates) => {
  const consumer = error === "none" ? v1 : modern;
  const program = await compile(consumer, name);
  const code = readFileSync(join(consumer.folder, program), "utf8");
  for (const date of dates) {
    consumer.write({
      [program]: `${code.replace(printedDate, date)}
let error = "none";
try {
  JSON.stringify(meta);
} catch ({ name }) {
  error = name;
}
console.log(error);
`,
    });
    const lines = [Date.parse(date), `{"createdAt":"${date}"}`, error, ""];
    expect(await consumer.output("node", [program])).toBe(lines.join("\n"));
  }
});

test("Logs without secrets: the calls work, and no secret is in the log", async () => {
  const secrets = { token: "agyn-5ecre7-token", env: "agyn-5ecre7-env", url: "https://files/?sig=5ecre7" };
  const interceptor = await compile(modern, "docs/recipes.md: Logs without secrets 0");
  // Prints only the log.
  modern.write({
    "calls.mjs": `
import assert from "node:assert";
import { FilesService } from "@agynio/api/files/v1";
import { RunnerService } from "@agynio/api/runner/v1";
import { RunnersService } from "@agynio/api/runners/v1";
import { createServer } from "node:http2";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { logCalls } from "./${interceptor}";

const secrets = ${JSON.stringify(secrets)};
const interceptors = [logCalls];
const routes = ({ service }) => {
  service(RunnersService, {
    registerRunner: ({ name }) => ({ runner: { name }, serviceToken: secrets.token }),
  });
  service(FilesService, { getDownloadUrl: () => ({ url: secrets.url }) });
  service(RunnerService, {
    async *exec(requests) {
      for await (const { msg } of requests) {
        yield { event: { case: "exit", value: { exitCode: msg.value.options.env[0].value.length } } };
      }
    },
  });
};
const server = createServer(connectNodeAdapter({ routes, interceptors }));
await new Promise((listening) => server.listen(0, "localhost", listening));
const baseUrl = "http://localhost:" + server.address().port;
const sessionManager = new Http2SessionManager(baseUrl);
const transport = createConnectTransport({ httpVersion: "2", baseUrl, sessionManager, interceptors });
const { serviceToken } = await createClient(RunnersService, transport).registerRunner({ name: "runner-1" });
assert.equal(serviceToken, secrets.token);
const { url } = await createClient(FilesService, transport).getDownloadUrl({ fileId: "f" });
assert.equal(url, secrets.url);
const requests = (async function* () {
  const env = [{ name: "KEY", value: secrets.env }];
  yield { msg: { case: "start", value: { targetId: "t", options: { env } } } };
})();
for await (const { event } of createClient(RunnerService, transport).exec(requests)) {
  assert.equal(event.value.exitCode, secrets.env.length);
}
sessionManager.abort();
server.close();
`,
  });
  const log = await modern.output("node", ["calls.mjs"]);
  // The client's line and the server's.
  const twice = (line: string) =>
    expect(log.split("\n").filter((printed) => printed === line)).toEqual([line, line]);
  twice(`RegisterRunner RegisterRunnerResponse {"runner":{"name":"runner-1"},"serviceToken":"[REDACTED]"}`);
  twice(`GetDownloadUrl GetDownloadUrlResponse {"url":"[REDACTED]"}`);
  twice(
    `Exec ExecRequest {"start":{"targetId":"t","options":{"env":[{"name":"KEY","value":"[REDACTED]"}]}}}`,
  );
  twice(`Exec ExecResponse {"exit":{"exitCode":${secrets.env.length}}}`);
  for (const secret of Object.values(secrets)) {
    expect(log).not.toContain(secret);
  }
});

test("every snippet of JavaScript and TypeScript is tested", () => {
  const programs = [...readSnippets()].filter(([, { language }]) => /^[jt]s$/.test(language));
  const tests = readdirSync(import.meta.dirname).map((name) =>
    readFileSync(join(import.meta.dirname, name), "utf8"),
  );
  expect(programs).not.toEqual([]);
  expect(programs.map(([name]) => name).filter((name) => !tests.join().includes(`"${name}"`))).toEqual([]);
});
