// The responses of the example, over sockets. example.full.test.ts tests the output in its README.
import { createHash } from "node:crypto";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import { ContainerRole, ContainerStatus, RunnersService, WorkloadStatus } from "@agynio/api/runners/v1";
import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runnersRoutes } from "../../examples/runners/runners.ts";
import { type Running, serve } from "../../examples/runners/serve.ts";

const uuid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;
const main = { role: ContainerRole.MAIN, status: ContainerStatus.RUNNING };

let server: Running;
let transport: Transport;
let runners: Client<typeof RunnersService>;
beforeEach(async () => {
  server = await serve(runnersRoutes, 0);
  transport = createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" });
  runners = createClient(RunnersService, transport);
});
afterEach(() => server.stop());

/** Registers a runner, and returns its ID and token. */
async function register(organizationId?: string) {
  const { runner, serviceToken } = await runners.registerRunner({ name: "rack", organizationId });
  return { id: runner?.meta?.id ?? "", serviceToken };
}

/** Returns a request that the server accepts. */
const request = (runnerId: string, id = "w1") => ({
  ...{ id, runnerId, threadId: uuid(1), agentId: uuid(2), organizationId: uuid(3), zitiIdentityId: "z" },
  ...{ status: WorkloadStatus.STARTING, containers: [main] },
});

/** Returns the lowest number that an enum does not have. */
function unusedNumber(values: Record<number, string>): number {
  let number = 1;
  while (number in values) {
    number++;
  }
  return number;
}

/** Returns the code and message of a call that must fail. */
async function failure(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => new Error("the call did not fail"),
    (reason) => reason,
  );
  return error instanceof ConnectError ? `${Code[error.code]}: ${error.rawMessage}` : String(error);
}

test.each([
  ["Connect, HTTP/1.1", () => createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" })],
  ["Connect, HTTP/2", () => createConnectTransport({ baseUrl: server.url, httpVersion: "2" })],
  ["gRPC", () => createGrpcTransport({ baseUrl: server.url })],
  ["gRPC-Web, HTTP/1.1", () => createGrpcWebTransport({ baseUrl: server.url, httpVersion: "1.1" })],
])("answers %s on its one port", async (_, connect) => {
  const client = createClient(RunnersService, connect());
  const { id } = await register();
  expect((await client.getRunner({ id })).runner?.name).toBe("rack");
  expect(await failure(client.getRunner({ id: uuid(9) }))).toBe(`NotFound: nothing has the ID ${uuid(9)}`);
});

test("validates a token by its hash only, until its runner is deleted", async () => {
  const { id, serviceToken } = await register();
  await register();
  const tokenHash = createHash("sha256").update(serviceToken).digest("hex");
  expect((await runners.validateServiceToken({ tokenHash })).runner?.meta?.id).toBe(id);
  expect(await failure(runners.validateServiceToken({ tokenHash: serviceToken }))).toMatch(
    /^InvalidArgument/,
  );
  await runners.deleteRunner({ id });
  expect(await failure(runners.validateServiceToken({ tokenHash }))).toBe("NotFound: no token has this hash");
  expect(await failure(runners.deleteRunner({ id }))).toMatch(/^NotFound/);
});

test("reports the field that is invalid", async () => {
  const { id } = await register(uuid(3));
  const good = request(id);
  const create = (change: object) => failure(runners.createWorkload({ ...good, ...change }));
  const bad = "InvalidArgument:";
  expect(await failure(runners.registerRunner({}))).toBe(`${bad} name is empty`);
  expect(await failure(register(""))).toBe(`${bad} organization_id is not a UUID`);
  expect(await create({ id: "" })).toBe(`${bad} id is empty`);
  for (const field of ["runner", "thread", "agent", "organization"]) {
    expect(await create({ [`${field}Id`]: "x" })).toBe(`${bad} ${field}_id is not a UUID`);
  }
  expect(await create({ id: "x".repeat(70_000) })).toBe(`${bad} id has more than 200 characters`);
  const grpc = createClient(RunnersService, createGrpcTransport({ baseUrl: server.url }));
  expect(await failure(grpc.getWorkload({ id: "x".repeat(70_000) }))).toMatch(/^InvalidArgument/);
  expect(await create({ status: 0 })).toBe(`${bad} status is ${WorkloadStatus[0]}`);
  const [status, role, state] = [WorkloadStatus, ContainerRole, ContainerStatus].map(unusedNumber);
  expect(await create({ status })).toBe(`${bad} status is ${status}, which is unknown`);
  expect(await create({ containers: [] })).toBe(`${bad} containers has 0 with the role MAIN, not 1`);
  expect(await create({ containers: [main, main] })).toBe(
    `${bad} containers has 2 with the role MAIN, not 1`,
  );
  expect(await create({ containers: [{ role }] })).toBe(
    `${bad} containers.role is ${role}, which is unknown`,
  );
  expect(await create({ containers: [{ ...main, status: state }] })).toBe(
    `${bad} containers.status is ${state}, which is unknown`,
  );
  expect(await create({ runnerId: uuid(9) })).toBe(`FailedPrecondition: there is no runner ${uuid(9)}`);
  expect(await create({ organizationId: uuid(4) })).toMatch(/^FailedPrecondition: .* another organization$/);
  expect(await failure(runners.listWorkloads({ pageSize: -1 }))).toBe(`${bad} page_size is negative`);
  expect(await failure(runners.listWorkloads({ pageToken: "?" }))).toMatch(/^InvalidArgument: page_token/);
  expect(await failure(runners.listWorkloads({ statuses: [0] }))).toBe(
    `${bad} statuses is ${WorkloadStatus[0]}`,
  );
  expect(await failure(runners.listWorkloadsByThread({ threadId: "x" }))).toBe(
    `${bad} thread_id is not a UUID`,
  );
  expect(await failure(runners.listRunners({ organizationId: "" }))).toBe(
    `${bad} organization_id is not a UUID`,
  );
  expect((await runners.listWorkloads({})).workloads).toEqual([]);
});

test.each([
  ['{"statuses": ["WORKLOAD_STATUS_RUNNIN"]}', "WORKLOAD_STATUS_RUNNIN"],
  ['{"pagesize": 1}', "pagesize"],
])("reports the unknown name in JSON: %s", async (body, name) => {
  const response = await fetch(`${server.url}/${RunnersService.typeName}/ListWorkloads`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining(name),
  });
});

test("updates a workload only to a later status, and deletes it only after its end", async () => {
  const { id: runnerId } = await register();
  const { id } = request(runnerId);
  await runners.createWorkload(request(runnerId));
  expect(await failure(runners.createWorkload(request(runnerId)))).toMatch(/^AlreadyExists/);
  const update = (status: WorkloadStatus, containers = [main]) =>
    runners.updateWorkloadStatus({ id, status, containers });
  const sidecar = { role: ContainerRole.SIDECAR, status: ContainerStatus.WAITING };
  const gateway = createClient(RunnersGateway, transport);
  const { workload: created } = await gateway.getWorkload({ id });
  // The clock has milliseconds.
  await new Promise((done) => setTimeout(done, 5));
  const { workload } = await update(WorkloadStatus.RUNNING, [main, sidecar]);
  expect(workload).toMatchObject({ runnerId, zitiIdentityId: "z", containers: [main, sidecar] });
  expect(workload?.meta?.createdAt).toEqual(created?.meta?.createdAt);
  const [before = 0, after = 0] = [created, workload].map((one) =>
    timestampMs(one?.meta?.updatedAt as Timestamp),
  );
  expect(after).toBeGreaterThan(before);
  expect((await gateway.getWorkload({ id })).workload).toEqual(workload);
  expect((await update(WorkloadStatus.RUNNING)).workload?.containers.length).toBe(1);
  expect(await failure(update(WorkloadStatus.STARTING))).toBe(
    `FailedPrecondition: workload ${id} is ${WorkloadStatus[WorkloadStatus.RUNNING]} already`,
  );
  expect(await failure(runners.deleteWorkload({ id }))).toMatch(/^FailedPrecondition/);
  expect(await failure(runners.deleteRunner({ id: runnerId }))).toMatch(/^FailedPrecondition/);
  await update(WorkloadStatus.STOPPED);
  await update(WorkloadStatus.FAILED);
  expect(await failure(update(WorkloadStatus.RUNNING))).toMatch(/^FailedPrecondition/);
  await runners.deleteWorkload({ id });
  expect(await failure(runners.getWorkload({ id }))).toMatch(/^NotFound/);
  expect(await failure(update(WorkloadStatus.RUNNING))).toMatch(/^NotFound/);
});

test("pages through filtered workloads, without gaps if the last workload of a page is deleted", async () => {
  const { id } = await register();
  const ids = Array.from({ length: 60 }, (_, i) => `w${i + 10}`);
  for (const [i, workload] of ids.entries()) {
    const status = i % 2 ? WorkloadStatus.STOPPED : WorkloadStatus.RUNNING;
    await runners.createWorkload({ ...request(id, workload), threadId: uuid(i % 3), status });
  }
  const stopped = { statuses: [WorkloadStatus.STOPPED], pageSize: 7 };
  const seen: (string | undefined)[] = [];
  let pageToken = "";
  do {
    const page = await runners.listWorkloads({ ...stopped, pageToken });
    seen.push(...page.workloads.map(({ meta }) => meta?.id));
    pageToken = page.nextPageToken;
    await runners.deleteWorkload({ id: seen.at(-1) });
  } while (pageToken !== "");
  expect(seen).toEqual(ids.filter((_, i) => i % 2));

  const gateway = createClient(RunnersGateway, transport);
  const { workloads } = await gateway.listWorkloadsByThread({ threadId: uuid(1) });
  expect(new Set(workloads.map(({ threadId }) => threadId))).toEqual(new Set([uuid(1)]));
});

test("returns at most 1000 workloads in a page, and 50 for page_size 0", async () => {
  const { id } = await register();
  const create = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) => runners.createWorkload(request(id, `w${from + i}`))),
    );
  await create(0, 51);
  const { workloads, nextPageToken } = await runners.listWorkloads({});
  expect(workloads.length).toBe(50);
  expect((await runners.listWorkloads({ pageToken: nextPageToken })).workloads.length).toBe(1);
  await create(51, 1001);
  expect((await runners.listWorkloads({ pageSize: 2 ** 31 - 1 })).workloads.length).toBe(1000);
});

test("outside clients reach the RPCs that the gateway declares, with a handler or without, and no others", async () => {
  const reached: string[] = [];
  for (const { name } of RunnersService.methods) {
    const url = `${server.url}/${RunnersGateway.typeName}/${name}`;
    const headers = { "Content-Type": "application/json" };
    const { status } = await fetch(url, { method: "POST", headers, body: "{}" });
    if (status !== 404) {
      reached.push(name);
    }
  }
  expect(reached.sort()).toEqual(RunnersGateway.methods.map(({ name }) => name).sort());
});

test("lists the runners of one organization, or all runners", async () => {
  await register();
  const { id } = await register(uuid(3));
  const { runners: own } = await runners.listRunners({ organizationId: uuid(3) });
  expect(own.map(({ meta }) => meta?.id)).toEqual([id]);
  expect((await runners.listRunners({})).runners.length).toBe(2);
});
