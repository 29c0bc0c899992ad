// Handlers of RunnersService and RunnersGateway, with all resources in memory. The comments in
// proto/agynio/api/runners/v1/runners.proto define their responses and error codes.
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
import { create, type DescService } from "@bufbuild/protobuf";
import { type Timestamp, timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type ConnectRouter, type ServiceImpl } from "@connectrpc/connect";

/** The number of resources in a page: if page_size is 0, and at most. */
const pageSizes = { default: 50, max: 1000 };

/** The resources of a store. */
export interface Resources {
  runners: Runner[];
  workloads: Workload[];
}

/**
 * Registers both services, with a new store.
 *
 * @param resources What the store has from the start.
 */
export function runnersRoutes(
  router: ConnectRouter,
  resources: Resources = { runners: [], workloads: [] },
): void {
  const handlers = createHandlers(resources);
  router.service(RunnersService, { ...rejectCalls(RunnersService), ...handlers });
  // Outside clients reach only the RPCs that the gateway declares.
  router.service(RunnersGateway, { ...rejectCalls(RunnersGateway), ...handlers });
}

/** Returns handlers that answer every RPC of a service with UNIMPLEMENTED. */
export const rejectCalls = ({ methods, typeName }: DescService): Record<string, () => never> =>
  Object.fromEntries(
    methods.map(({ localName, name }) => [
      localName,
      () =>
        fail(
          Code.Unimplemented,
          `${typeName}.${name} is not implemented: the example implements RPCs of RunnersService and RunnersGateway only`,
        ),
    ]),
  );

/** Returns handlers of the RPCs that the example implements. */
function createHandlers(resources: Resources) {
  const runners = new Map(resources.runners.map((runner) => [idOf(runner), runner]));
  const workloads = new Map(resources.workloads.map((workload) => [idOf(workload), workload]));
  /** IDs of runners by the SHA-256 of their tokens, in hex. The tokens are not stored. */
  const tokenHashes = new Map<string, string>();

  return {
    registerRunner({ name, organizationId }) {
      expectValid(name !== "", "name is empty");
      expectUuids({ organization_id: organizationId });
      const id = randomUUID();
      const serviceToken = randomBytes(32).toString("base64url");
      const runner = create(RunnerSchema, {
        ...{ meta: newMeta(id), name, organizationId, identityId: randomUUID() },
        // The example has no network identities, so no runner becomes ENROLLED.
        status: RunnerStatus.PENDING,
      });
      runners.set(id, runner);
      tokenHashes.set(sha256(serviceToken), id);
      return { runner, serviceToken };
    },

    validateServiceToken({ tokenHash }) {
      expectValid(/^[0-9a-f]{64}$/i.test(tokenHash), "token_hash is not a SHA-256 in hex");
      // The hash is a secret, so no error message contains it.
      const id = tokenHashes.get(tokenHash.toLowerCase()) ?? fail(Code.NotFound, "no token has this hash");
      return { runner: get(runners, id) };
    },

    getRunner: ({ id }) => ({ runner: get(runners, id) }),
    listRunners({ organizationId, ...page }) {
      expectUuids({ organization_id: organizationId });
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

    createWorkload({ id, runnerId, threadId, agentId, organizationId, zitiIdentityId, status, containers }) {
      checkId(id);
      expectUuids({
        runner_id: runnerId,
        thread_id: threadId,
        agent_id: agentId,
        organization_id: organizationId,
      });
      checkState({ status, containers });
      if (workloads.has(id)) {
        fail(Code.AlreadyExists, `there is a workload ${id} already`);
      }
      const runner = runners.get(runnerId) ?? fail(Code.FailedPrecondition, `there is no runner ${runnerId}`);
      if (![undefined, organizationId].includes(runner.organizationId)) {
        fail(Code.FailedPrecondition, `runner ${runnerId} serves another organization`);
      }
      const workload = create(WorkloadSchema, {
        ...{ meta: newMeta(id), runnerId, threadId, agentId, organizationId, zitiIdentityId },
        ...{ status, containers },
      });
      workloads.set(id, workload);
      return { workload };
    },

    updateWorkloadStatus({ id, status, containers }) {
      checkState({ status, containers });
      const before = get(workloads, id);
      // The numbers are in the order of a workload's life. FAILED can follow any status and is the last.
      if (status < before.status) {
        fail(Code.FailedPrecondition, `workload ${id} is ${WorkloadStatus[before.status]} already`);
      }
      const meta = newMeta(id, before.meta?.createdAt);
      const workload = { ...before, meta, status, containers };
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
      expectUuids({ thread_id: threadId });
      const isListed = (workload: Workload) => workload.threadId === threadId;
      const { items, nextPageToken } = paginate(workloads, page, isListed);
      return { workloads: items, nextPageToken };
    },

    listWorkloads({ statuses, ...page }) {
      for (const status of statuses) {
        expectKnown("statuses", WorkloadStatus, status);
      }
      const isListed = ({ status }: Workload) => statuses.length === 0 || statuses.includes(status);
      const { items, nextPageToken } = paginate(workloads, page, isListed);
      return { workloads: items, nextPageToken };
    },
  } satisfies Partial<ServiceImpl<typeof RunnersService>>;
}

function get<T>(resources: Map<string, T>, id: string): T {
  checkId(id);
  return resources.get(id) ?? fail(Code.NotFound, `nothing has the ID ${id}`);
}

/** Lists resources in the order of IDs. A page token is the last ID of the previous page, so that deletions skip nothing. */
function paginate<T>(
  resources: Map<string, T>,
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  isListed: (resource: T) => boolean,
) {
  const after = Buffer.from(pageToken, "base64url").toString();
  expectValid(pageSize >= 0, "page_size is negative");
  expectValid(tokenOf(after) === pageToken, "page_token is not one of this server's");
  const size = Math.min(pageSize || pageSizes.default, pageSizes.max);
  const ids = [...resources.keys()].filter((id) => id > after && isListed(get(resources, id))).sort();
  const page = ids.slice(0, size);
  return {
    items: page.map((id) => get(resources, id)),
    nextPageToken: ids.length > size ? tokenOf(page.at(-1) ?? "") : "",
  };
}

const idOf = ({ meta }: Runner | Workload) => meta?.id ?? "";
const tokenOf = (id: string) => Buffer.from(id).toString("base64url");
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const hasEnded = ({ status }: Workload) => [WorkloadStatus.STOPPED, WorkloadStatus.FAILED].includes(status);

function newMeta(id: string, createdAt?: Timestamp): EntityMeta {
  const updatedAt = timestampNow();
  return create(EntityMetaSchema, { id, createdAt: createdAt ?? updatedAt, updatedAt });
}

function fail(code: Code, message: string): never {
  throw new ConnectError(message, code);
}

/** Fails with a message that uses the contract's names of fields, unless a request is valid. */
function expectValid(isValid: boolean, message: string): void {
  if (!isValid) {
    fail(Code.InvalidArgument, message);
  }
}

/** Checks an ID. Error messages contain IDs, and are sent in HTTP headers, whose size clients limit. */
function checkId(id: string): void {
  expectValid(id !== "", "id is empty");
  expectValid(id.length <= 200, "id has more than 200 characters");
}

function expectUuids(fields: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(fields)) {
    const isUuid = value === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
    expectValid(isUuid, `${name} is not a UUID`);
  }
}

function expectKnown(field: string, values: Record<number, string>, value: number): void {
  expectValid(value !== 0 && value in values, `${field} is ${values[value] ?? `${value}, which is unknown`}`);
}

function checkState({ status, containers }: Pick<Workload, "status" | "containers">): void {
  expectKnown("status", WorkloadStatus, status);
  for (const container of containers) {
    expectKnown("containers.role", ContainerRole, container.role);
    expectKnown("containers.status", ContainerStatus, container.status);
  }
  const main = containers.filter(({ role }) => role === ContainerRole.MAIN).length;
  expectValid(main === 1, `containers has ${main} with the role MAIN, not 1`);
}
