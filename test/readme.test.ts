import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
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
    const curl = snippet("Without a client").replace(/^buf /, `${bufPath()} `);
    expect(JSON.parse(await modern.output("sh", ["-c", curl]))).toEqual({
      workload: { meta: { id: "w1" }, runnerId: "r1" },
    });
  } finally {
    await server.stop();
  }
});

test("CommonJS", async () => {
  tested.add("CommonJS 0");
  modern.write({ "snippet.cjs": snippet("CommonJS") });
  expect(await modern.output("node", ["snippet.cjs"])).toBe(
    '{"runnerId":"r1","status":"WORKLOAD_STATUS_RUNNING"}\n',
  );
});

test("no snippet of a program goes untested", () => {
  const programs = [...snippets].flatMap(([title, blocks]) =>
    blocks.flatMap(({ language }, i) => (/^[jt]s$/.test(language) ? [`${title} ${i}`] : [])),
  );
  expect(programs).not.toEqual([]);
  expect(programs.filter((name) => !tested.has(name))).toEqual([]);
});
