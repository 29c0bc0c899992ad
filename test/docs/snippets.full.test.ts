import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { bufPath } from "../scripts/lib/buf.js";
import { type Background, Consumer } from "./support/consumer.js";

/** Code blocks of README by the heading that they stand under. */
const snippets = new Map<string, { language: string; code: string }[]>();
let heading = "";
for (const [, title, language, code] of readFileSync("README.md", "utf8").matchAll(
  /^#+ ([^\n]+)$|^```(\w+)\n(.*?)^```$/gms,
)) {
  heading = title ?? heading;
  if (language && code) {
    snippets.set(heading, [...(snippets.get(heading) ?? []), { language, code }]);
  }
}

/** The block of code under a heading, with README's ports replaced by free ones. */
function snippet(title: string, index = 0): string {
  const found = snippets.get(title)?.[index];
  if (!found) {
    throw new Error(`README has no snippet ${index} under "${title}"`);
  }
  return found.code.replaceAll("8080", String(ports[0])).replaceAll("50051", String(ports[1]));
}

const ports: number[] = [];
const tested = new Set<string>();
let modern: Consumer;
let v1: Consumer;

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await new Promise((listening) => server.once("listening", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

beforeAll(async () => {
  ports.push(await freePort(), await freePort());
  const tools = { typescript: "7.0.2", "@types/node": "^20.0.0" };
  modern = await Consumer.install({
    ...tools,
    "@bufbuild/protobuf": "2",
    "@connectrpc/connect": "2.1.2",
    "@connectrpc/connect-node": "2.1.2",
    "@connectrpc/connect-web": "2.1.2",
    "@grpc/grpc-js": "1",
    "nice-grpc": "2",
  });
  v1 = await Consumer.install({
    ...tools,
    "@bufbuild/protobuf": "1",
    "@connectrpc/connect": "1",
    "@connectrpc/connect-node": "1",
  });
});
afterAll(() => {
  modern?.remove();
  v1?.remove();
});

/** Compiles a snippet strictly, as its reader would, and returns the arguments that run it. */
async function compile(consumer: Consumer, title: string, index = 0): Promise<string[]> {
  tested.add(`${title} ${index}`);
  const name = `${title.toLowerCase().replace(/\W+/g, "-")}-${index}`;
  consumer.write({ [`${name}.mts`]: snippet(title, index) });
  await consumer.output("tsc", [
    ...[
      "--ignoreConfig",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--lib",
      "es2022,dom",
      "--types",
      "node",
      `${name}.mts`,
    ],
  ]);
  return [`${name}.mjs`];
}

test("Connect: the server answers the clients of Connect 2 and Connect 1", async () => {
  const server: Background = await modern.start("node", await compile(modern, "A server"), ports[0]);
  try {
    expect(await modern.output("node", await compile(modern, "A client"))).toBe("w1 RUNNING\n");
    expect(await v1.output("node", await compile(v1, "Connect 1"))).toBe("w1 RUNNING\n");
  } finally {
    await server.stop();
  }
});

test("gRPC: the server answers grpc-js, nice-grpc and buf curl", async () => {
  const server: Background = await modern.start("node", await compile(modern, "grpc-js"), ports[1]);
  try {
    expect(await modern.output("node", await compile(modern, "grpc-js", 1))).toBe("r1\n");
    expect(await modern.output("node", await compile(modern, "nice-grpc"))).toBe("r1\n");
    tested.add("Without a client 0");
    const curl = snippet("Without a client").replace(/^buf /, `"${bufPath()}" `);
    expect(JSON.parse(await modern.output("sh", ["-c", curl]))).toEqual({
      workload: { meta: { id: "w1" }, runnerId: "r1" },
    });
  } finally {
    await server.stop();
  }
});

test("what is to be installed beside the package fits together, on the Node.js that is needed at least", async () => {
  const rows = readFileSync("README.md", "utf8").matchAll(
    /^\| [^|]+ \| ([^|]+@\d[^|]*) \| `@agynio\/api\//gm,
  );
  const choices = [...rows].flatMap(([, cell = ""]) => {
    const [base = "", ...more] = [...cell.matchAll(/`([^`]+)`/g)].map(([, packages = ""]) => packages);
    return more.map((one) => `${base} ${one}`);
  });
  expect(choices).toHaveLength(5);
  await Promise.all(
    choices.map(async (choice) => {
      const versions = choice.split(" ").map((one) => one.split(/(?<=.)@/) as [string, string]);
      const consumer = await Consumer.install(Object.fromEntries(versions));
      onTestFinished(() => consumer.remove());
      expect(await consumer.run("npm", ["ls"])).toMatchObject({ code: 0 });
    }),
  );
});

test("CommonJS", async () => {
  tested.add("CommonJS 0");
  modern.write({ "snippet.cjs": snippet("CommonJS") });
  expect(await modern.output("node", ["snippet.cjs"])).toBe(
    '{"runnerId":"r1","status":"WORKLOAD_STATUS_RUNNING"}\n',
  );
});

test("Logs without secrets: the calls work, and no secret is in the log", async () => {
  const secrets = { token: "agyn-5ecre7-token", env: "agyn-5ecre7-env", url: "https://files/?sig=5ecre7" };
  const [interceptor] = await compile(modern, "Logs without secrets");
  // Prints nothing itself: all that it prints is the log.
  modern.write({
    "calls.mjs": `
import assert from "node:assert";
import { createServer } from "node:http2";
import { FilesService } from "@agynio/api/files/v1";
import { RunnerService } from "@agynio/api/runner/v1";
import { RunnersService } from "@agynio/api/runners/v1";
import { createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { logCalls } from "./${interceptor}";

const secrets = ${JSON.stringify(secrets)};
const interceptors = [logCalls];
const server = createServer(
  connectNodeAdapter({
    routes: (router) =>
      router
        .service(RunnersService, {
          registerRunner: ({ name }) => ({ runner: { name }, serviceToken: secrets.token }),
        })
        .service(FilesService, { getDownloadUrl: () => ({ url: secrets.url }) })
        .service(RunnerService, {
          async *exec(requests) {
            for await (const { msg } of requests) {
              yield { event: { case: "exit", value: { exitCode: msg.value.options.env[0].value.length } } };
            }
          },
        }),
    interceptors,
  }),
);
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const baseUrl = "http://127.0.0.1:" + server.address().port;
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
    expect(log.split("\n").filter((other) => other === line)).toEqual([line, line]);
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

test("no snippet of a program goes untested", () => {
  const programs = [...snippets].flatMap(([title, blocks]) =>
    blocks.flatMap(({ language }, i) => (/^[jt]s$/.test(language) ? [`${title} ${i}`] : [])),
  );
  expect(programs).not.toEqual([]);
  expect(programs.filter((name) => !tested.has(name))).toEqual([]);
});
