// RunnersService and RunnersGateway as handlers, with everything in memory. What they answer is what the
// comments of proto/agynio/api/runners/v1/runners.proto promise.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import {
  ContainerRole,
  ContainerStatus,
  type EntityMeta,
  EntityMetaSchema,
  type Runner,
  RunnerSchema,
  RunnerStatus,
  RunnersService,
  type Workload,
  WorkloadSchema,
  WorkloadStatus,
} from "@agynio/api/runners/v1";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";

/** How many resources a page has when the caller leaves it to the server, and at most. */
const pageSizes = { default: 50, max: 1000 };

/** Registers both services, with a store of their own, which starts empty. */
export function runnersRoutes(router: ConnectRouter): void {
  const handlers = createHandlers();
  router.service(RunnersService, handlers);
  // Only what the gateway's descriptor lists is reachable from outside.
  router.service(RunnersGateway, {
    listWorkloadsByThread: handlers.listWorkloadsByThread,
    getWorkload: handlers.getWorkload,
  });
}

function createHandlers(): ServiceImpl<typeof RunnersService> {
  const runners = new Map<string, Runner>();
  const workloads = new Map<string, Workload>();
  /** IDs of runners by the SHA-256 of their tokens, in hex. The tokens themselves are kept nowhere. */
  const tokenHashes = new Map<string, string>();

  return {
    registerRunner({ name, organizationId }) {
      valid(name !== "", "name is empty");
      uuids({ organization_id: organizationId });
      const id = randomUUID();
      const serviceToken = randomBytes(32).toString("base64url");
      const runner = create(RunnerSchema, {
        ...{ meta: newMeta(id), name, organizationId, identityId: randomUUID() },
        // It stays so here: what is ENROLLED has been given a network identity.
        status: RunnerStatus.PENDING,
      });
      runners.set(id, runner);
      tokenHashes.set(sha256(serviceToken), id);
      return { runner, serviceToken };
    },

    validateServiceToken({ tokenHash }) {
      valid(/^[0-9a-f]{64}$/i.test(tokenHash), "token_hash is not a SHA-256 in hex");
      // The hash is a secret: no message repeats it.
      const id = tokenHashes.get(tokenHash.toLowerCase()) ?? fail(Code.NotFound, "no token has this hash");
      return { runner: get(runners, id) };
    },

    getRunner: ({ id }) => ({ runner: get(runners, id) }),
    listRunners({ organizationId, ...page }) {
      uuids({ organization_id: organizationId });
      const isListed = (runner: Runner) => [undefined, runner.organizationId].includes(organizationId);
      const { items, nextPageToken } = paginate(runners, page, isListed);
      return { runners: items, nextPageToken };
    },

    deleteRunner({ id }) {
      get(runners, id);
      if ([...workloads.values()].some((workload) => workload.runnerId === id && !hasEnded(workload))) {
        fail(Code.FailedPrecondition, `runner ${id} has workloads that have not ended`);
      }
      runners.delete(id);
      const [tokenHash = ""] = [...tokenHashes].find(([, runnerId]) => runnerId === id) ?? [];
      tokenHashes.delete(tokenHash);
      return {};
    },

    createWorkload({ $typeName, $unknown, id, ...fields }) {
      checkId(id);
      const { runnerId, threadId, agentId, organizationId } = fields;
      uuids({ runner_id: runnerId, thread_id: threadId, agent_id: agentId, organization_id: organizationId });
      checkState(fields);
      if (workloads.has(id)) {
        fail(Code.AlreadyExists, `there is a workload ${id} already`);
      }
      const runner = runners.get(runnerId) ?? fail(Code.FailedPrecondition, `there is no runner ${runnerId}`);
      if (![undefined, organizationId].includes(runner.organizationId)) {
        fail(Code.FailedPrecondition, `runner ${runnerId} serves another organization`);
      }
      const workload = create(WorkloadSchema, { meta: newMeta(id), ...fields });
      workloads.set(id, workload);
      return { workload };
    },

    updateWorkloadStatus({ id, status, containers }) {
      checkState({ status, containers });
      const { $typeName, meta, ...before } = get(workloads, id);
      // The numbers are in the order of a workload's life, and FAILED, which can follow any, is the last.
      if (status < before.status) {
        fail(Code.FailedPrecondition, `workload ${id} is ${WorkloadStatus[before.status]} already`);
      }
      const changed = { ...newMeta(id), createdAt: meta?.createdAt };
      const workload = create(WorkloadSchema, { ...before, meta: changed, status, containers });
      workloads.set(id, workload);
      return { workload };
    },

    deleteWorkload({ id }) {
      if (!hasEnded(get(workloads, id))) {
        fail(Code.FailedPrecondition, `workload ${id} has not ended`);
      }
      workloads.delete(id);
      return {};
    },

    getWorkload: ({ id }) => ({ workload: get(workloads, id) }),
    listWorkloadsByThread({ threadId, ...page }) {
      uuids({ thread_id: threadId });
      const isListed = (workload: Workload) => workload.threadId === threadId;
      const { items, nextPageToken } = paginate(workloads, page, isListed);
      return { workloads: items, nextPageToken };
    },

    listWorkloads({ statuses, ...page }) {
      for (const status of statuses) {
        known("statuses", WorkloadStatus, status);
      }
      const isListed = ({ status }: Workload) => statuses.length === 0 || statuses.includes(status);
      const { items, nextPageToken } = paginate(workloads, page, isListed);
      return { workloads: items, nextPageToken };
    },
  };
}

function get<T>(resources: Map<string, T>, id: string): T {
  checkId(id);
  return resources.get(id) ?? fail(Code.NotFound, `nothing has the ID ${id}`);
}

/** Lists in the order of IDs. A page's token is the last ID of the page before, so deletions skip nothing. */
function paginate<T>(
  resources: Map<string, T>,
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  isListed: (resource: T) => boolean,
) {
  const after = Buffer.from(pageToken, "base64url").toString();
  valid(pageSize >= 0, "page_size is negative");
  valid(tokenOf(after) === pageToken, "page_token is not one of this server's");
  const size = Math.min(pageSize || pageSizes.default, pageSizes.max);
  const ids = [...resources.keys()].filter((id) => id > after && isListed(get(resources, id))).sort();
  const page = ids.slice(0, size);
  return {
    items: page.map((id) => get(resources, id)),
    nextPageToken: ids.length > size ? tokenOf(page.at(-1) ?? "") : "",
  };
}

const tokenOf = (id: string) => Buffer.from(id).toString("base64url");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hasEnded = ({ status }: Workload) => status >= WorkloadStatus.STOPPED;

function newMeta(id: string, updatedAt = timestampNow()): EntityMeta {
  return create(EntityMetaSchema, { id, createdAt: updatedAt, updatedAt });
}

function fail(code: Code, message: string): never {
  throw new ConnectError(message, code);
}

// What is wrong with a request is said in the contract's names for its fields.

function valid(isSo: boolean, otherwise: string): void {
  if (!isSo) {
    fail(Code.InvalidArgument, otherwise);
  }
}

/** Messages repeat IDs, and go into HTTP headers, of which clients take only so much. */
function checkId(id: string): void {
  valid(id !== "", "id is empty");
  valid(id.length <= 200, "id has more than 200 characters");
}

function uuids(fields: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(fields)) {
    const isUuid = value === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
    valid(isUuid, `${name} is not a UUID`);
  }
}

function known(field: string, values: Record<number, string>, value: number): void {
  valid(value !== 0 && value in values, `${field} is ${values[value] ?? `${value}, which is unknown`}`);
}

function checkState({ status, containers }: Pick<Workload, "status" | "containers">): void {
  known("status", WorkloadStatus, status);
  for (const container of containers) {
    known("containers.role", ContainerRole, container.role);
    known("containers.status", ContainerStatus, container.status);
  }
  const main = containers.filter(({ role }) => role === ContainerRole.MAIN).length;
  valid(main === 1, `containers has ${main} with the role MAIN, not 1`);
}
