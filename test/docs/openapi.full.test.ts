// docs/openapi.md as a reader follows it: curl, and a client in TypeScript 5 that knows only the packed OpenAPI document.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import { ContainerRole, ContainerStatus, RunnersService, WorkloadStatus } from "@agynio/api/runners/v1";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { connectNodeAdapter, createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleRoutes } from "../../examples/runners/gateway.ts";
import { run } from "../../scripts/lib/cli/process.ts";
import { document } from "../openapi/document.ts";
import { Consumer } from "../support/consumer.ts";
import { checkout } from "../support/dependencies.ts";
import { findProgram } from "../support/needs.ts";
import { readSnippet } from "../support/snippets.ts";

const paths = {
  get: `/${RunnersGateway.typeName}/GetWorkload`,
  list: `/${RunnersGateway.typeName}/ListWorkloadsByThread`,
};
/** An operation that the example does not implement. */
const [other = "", { post } = expect.fail()] =
  Object.entries(document.paths).find(
    ([path, { post }]) => !post["x-connect-stream"] && !path.startsWith(`/${RunnersGateway.typeName}/`),
  ) ?? [];
const otherBody = JSON.stringify(post.requestBody.content["application/json"]?.example);
const threadId = "22222222-2222-4222-8222-222222222222";

/** The gateway's authentication, which the example does not have. */
const authenticate: Interceptor = (next) => (request) => {
  if (request.header.get("Authorization") !== "Bearer TOKEN") {
    throw new ConnectError("no token", Code.Unauthenticated);
  }
  return next(request);
};

let server: Server;
let consumer: Consumer;
let port: number;
beforeAll(async () => {
  server = createServer(connectNodeAdapter({ routes: exampleRoutes, interceptors: [authenticate] }));
  await once(server.listen(0, "localhost"), "listening");
  port = (server.address() as AddressInfo).port;
  const [install = "", generate = ""] = readSnippet("docs/openapi.md: A TypeScript client 0").split("\n");
  const packages = install.split(" ").filter((word) => !/^(npm|install|&&|-.*|@agynio\/api)$/.test(word));
  const versions = packages.map((word) => word.split("@")).map(([name, version = "*"]) => [name, version]);
  consumer = await Consumer.install(Object.fromEntries(versions));
  await consumer.output("sh", ["-c", generate]);
  consumer.write({
    "snippet.mts": readSnippet("docs/openapi.md: A TypeScript client 1", { 8080: port }),
    "program.mts": createProgram(port),
  });
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  const target = ["--target", "es2022", "--lib", "es2022,dom", "--module", "nodenext"];
  const tsc = ["node_modules/typescript/bin/tsc", ...strict, "--skipLibCheck", "false", ...target];
  await consumer.output("node", [...tsc, "snippet.mts", "program.mts"]);
});
afterAll(() => {
  consumer?.remove();
  server?.closeAllConnections();
  server?.close();
});

/** A program with right calls, whose outcomes it prints, and with wrong calls, which must not compile. */
const createProgram = (port: number) => `import createClient from "openapi-fetch";
import type { components, paths } from "./gateway.js";

type Schemas = components["schemas"];
type GetWorkloadRequest = Schemas["agynio.api.runners.v1.GetWorkloadRequest"];
const baseUrl = "http://localhost:${port}";
const gateway = createClient<paths>({ baseUrl, headers: { Authorization: "Bearer TOKEN" } });
const params = { header: { "Connect-Protocol-Version": "1", "Connect-Timeout-Ms": 10_000 } } as const;

async function listWorkloads(threadId: string) {
  const pages: Schemas["agynio.api.runners.v1.Workload"][][] = [];
  let pageToken: string | undefined;
  do {
    const body = { threadId, pageSize: 2, ...(pageToken === undefined ? {} : { pageToken }) };
    const { data, error } = await gateway.POST("${paths.list}", { params, body });
    if (error) throw new Error(error.message);
    pages.push(data.workloads ?? []);
    pageToken = data.nextPageToken;
  } while (pageToken !== undefined);
  return pages;
}

async function getWorkload(id: string, headers = {}) {
  const { data, error, response } = await gateway.POST("${paths.get}", { headers, body: { id } });
  const code: Schemas["connect.Error"]["code"] | undefined = error?.code;
  const status: Schemas["agynio.api.runners.v1.WorkloadStatus"] | undefined = data?.workload?.status;
  return [response.status, code ?? status];
}

const other = await gateway.POST("${other}", { body: ${otherBody} });
const pages = await listWorkloads("${threadId}");
console.log(JSON.stringify({
  pages: pages.map((page) => page.map(({ meta }) => meta?.id)),
  found: await getWorkload("w1"),
  missing: await getWorkload("w4"),
  empty: await getWorkload(""),
  unauthenticated: await getWorkload("w1", { Authorization: "Bearer other" }),
  other: [other.response.status, other.error?.code],
}));

/** Calls that must not compile. openapi-fetch itself does not report unknown fields. */
export async function callWrongly() {
  // @ts-expect-error: a number as a string
  gateway.POST("${paths.get}", { body: { id: 1 } });
  // @ts-expect-error: an unknown field
  gateway.POST("${paths.get}", { body: { workloadId: "w1" } satisfies GetWorkloadRequest });
  // @ts-expect-error: undefined
  gateway.POST("${paths.get}", { body: { id: undefined } });
  // @ts-expect-error: no body
  gateway.POST("${paths.get}");
  // @ts-expect-error: a string as a 32-bit integer
  gateway.POST("${paths.list}", { body: { threadId: "", pageSize: "50" } });
  // @ts-expect-error: an unknown RPC
  gateway.POST("${paths.get}s", { body: { id: "w1" } });
  // @ts-expect-error: another method
  gateway.GET("${paths.get}");
  // @ts-expect-error: an unknown version of the protocol
  gateway.POST("${paths.get}", { params: { header: { "Connect-Protocol-Version": "2" } }, body: { id: "w1" } });
  const { data, error } = await gateway.POST("${paths.get}", { body: { id: "w1" } });
  // @ts-expect-error: responses can lack the field
  data?.workload.meta;
  // @ts-expect-error: an unknown code
  error?.code === "missing";
  // @ts-expect-error: an unknown name of a value
  data?.workload?.status === "RUNNING";
  // @ts-expect-error: a number as a 64-bit integer
  const size: NonNullable<Schemas["agynio.api.files.v1.UploadFileMetadata"]["sizeBytes"]> = 1;
  return size;
}
`;

test("the client prints the workloads of the example's thread", async () => {
  const printed = await consumer.output("node", ["snippet.mjs"]);
  expect(printed).toMatch(/^(\S+ WORKLOAD_STATUS_[A-Z]+\n)+$/);
});

test.skipIf(!findProgram("curl", ["curl"]))("curl prints the workloads of the example's thread", async () => {
  const { stdout } = await run(checkout, "sh", [
    "-c",
    readSnippet("docs/openapi.md: curl 0", { 8080: port }),
  ]);
  expect(JSON.parse(`${stdout}`).workloads[0]).toMatchObject({ meta: { id: expect.any(String) } });
});

test("the types accept right calls, of which errors have their codes, and no wrong ones", async () => {
  const headers = { Authorization: "Bearer TOKEN" };
  const transport = createConnectTransport({ baseUrl: `http://localhost:${port}`, httpVersion: "1.1" });
  const runners = createClient(RunnersService, transport);
  const { runner } = await runners.registerRunner({ name: "rack" }, { headers });
  const containers = [{ role: ContainerRole.MAIN, status: ContainerStatus.RUNNING }];
  for (const id of ["w1", "w2", "w3"]) {
    const ids = { id, runnerId: runner?.meta?.id, threadId, agentId: threadId, organizationId: threadId };
    await runners.createWorkload({ ...ids, status: WorkloadStatus.STARTING, containers }, { headers });
  }
  const printed = await consumer.output("node", ["program.mjs"]);
  expect(JSON.parse(printed)).toEqual({
    pages: [["w1", "w2"], ["w3"]],
    found: [200, "WORKLOAD_STATUS_STARTING"],
    missing: [404, "not_found"],
    empty: [400, "invalid_argument"],
    unauthenticated: [401, "unauthenticated"],
    other: [501, "unimplemented"],
  });
});
