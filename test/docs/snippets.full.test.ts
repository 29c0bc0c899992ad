// The code of README.md and docs/, compiled and run as it is printed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { run } from "../../scripts/lib/cli/process.ts";
import { Consumer } from "../support/consumer.ts";
import { contract } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippets } from "../support/snippets.ts";

const snippets = readSnippets();
const ports: number[] = [];
const tested = new Set<string>();
let modern: Consumer;
let v1: Consumer;

/** Returns a block of code, with free ports in place of the printed ports. */
function snippet(name: string): string {
  tested.add(name);
  const { code } = snippets.get(name) ?? {};
  if (code === undefined) {
    throw new Error(`${name} is not a block of code.`);
  }
  return code.replaceAll("8080", String(ports[0])).replaceAll("50051", String(ports[1]));
}

beforeAll(async () => {
  ports.push(await freePort(), await freePort());
  modern = Consumer.create("es");
  v1 = Consumer.create("connect-v1");
});
afterAll(() => {
  modern?.remove();
  v1?.remove();
});

/** Compiles a block of code with strict options, and returns the name of the compiled file. */
async function compile(consumer: Consumer, name: string): Promise<string> {
  const file = name.toLowerCase().replace(/\W+/g, "-");
  consumer.write({ [`${file}.mts`]: snippet(name) });
  const options = [
    "--strict",
    "--target",
    "es2022",
    "--module",
    "nodenext",
    "--lib",
    "es2022,dom",
    "--types",
    "node",
  ];
  await consumer.output("node", [
    join(checkout.root, "node_modules/typescript/bin/tsc"),
    "--ignoreConfig",
    ...options,
    `${file}.mts`,
  ]);
  return `${file}.mjs`;
}

/** Starts a server, waits until it accepts connections on a port, and stops it when the test ends. */
async function start(file: string, port = 0): Promise<void> {
  onTestFinished(await serve(modern.folder, [file], port));
}

test("Connect: the server answers the clients of Connect 2 and Connect 1", async () => {
  // The last alias of RUNNING, as TypeScript's enums have it.
  const { values = [] } = contract.getEnum("agynio.api.runners.v1.WorkloadStatus") ?? {};
  const printed = `w1 ${values.findLast(({ number }) => number === 2)?.localName}\n`;
  await start(await compile(modern, "README.md: A server 0"), ports[0]);
  expect(await modern.output("node", [await compile(modern, "README.md: A client 0")])).toBe(printed);
  expect(await v1.output("node", [await compile(v1, "docs/recipes.md: Connect 1 0")])).toBe(printed);
});

test("gRPC: the server answers grpc-js, nice-grpc and buf curl", async () => {
  await start(await compile(modern, "docs/recipes.md: grpc-js 0"), ports[1]);
  expect(await modern.output("node", [await compile(modern, "docs/recipes.md: grpc-js 1")])).toBe("r1\n");
  expect(await modern.output("node", [await compile(modern, "docs/recipes.md: nice-grpc 0")])).toBe("r1\n");
  const curl = snippet("docs/recipes.md: Without a client 0");
  const { stdout } = await run(checkout, "sh", ["-c", curl], { cwd: inject("flavours").es });
  expect(JSON.parse(`${stdout}`)).toEqual({ workload: { meta: { id: "w1" }, runnerId: "r1" } });
});

test("npm resolves compatible versions for each choice in README's table of packages to install", async () => {
  const rows = readFileSync("README.md", "utf8").matchAll(
    /^\| [^|]+ \| ([^|]+@\d[^|]*) \| `@agynio\/api\//gm,
  );
  const choices = [...rows].flatMap(([, cell = ""]) => {
    const [base = "", ...more] = [...cell.matchAll(/`([^`]+)`/g)].map(([, packages = ""]) => packages);
    return more.map((packages) => `${base} ${packages}`);
  });
  expect(choices).toHaveLength(5);
  for (const choice of choices) {
    const versions = choice.split(" ").map((item) => item.split(/(?<=.)@/) as [string, string]);
    // Without a download: npm reports peer dependencies that conflict before it installs.
    const consumer = await Consumer.install(Object.fromEntries(versions), {}, ["--package-lock-only"]);
    onTestFinished(() => consumer.remove());
    expect(await consumer.run("npm", ["ls", "--package-lock-only", "--all"])).toMatchObject({ code: 0 });
  }
});

test("CommonJS: the program runs", async () => {
  modern.write({ "snippet.cjs": snippet("docs/recipes.md: CommonJS 0") });
  expect(await modern.output("node", ["snippet.cjs"])).toBe(
    '{"runnerId":"r1","status":"WORKLOAD_STATUS_RUNNING"}\n',
  );
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
  const programs = [...snippets].filter(([, { language }]) => /^[jt]s$/.test(language)).map(([name]) => name);
  expect(programs).not.toEqual([]);
  expect(programs.filter((name) => !tested.has(name))).toEqual([]);
});
