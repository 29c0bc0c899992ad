// The program of the page in browser.full.test.ts, which bundles it with the packed package.
import { NotificationsGateway, RunnersGateway } from "@agynio/api/gateway/v1";
import { RunnersService, WorkloadStatus } from "@agynio/api/runners/v1";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** Returns the error of a failed call. */
async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code: Code[code], message: rawMessage, isConnectError: error instanceof ConnectError };
  }
  return undefined;
}

/** Functions that the test calls. */
const page = {
  async unary(baseUrl: string, useBinaryFormat: boolean, threadId: string) {
    const runners = createClient(RunnersGateway, createConnectTransport({ baseUrl, useBinaryFormat }));
    const { workloads } = await runners.listWorkloadsByThread({ threadId });
    const { workload } = await runners.getWorkload({ id: workloads[0]?.meta?.id ?? "" });
    return workloads.map(({ meta, status }) => ({
      id: meta?.id,
      status: WorkloadStatus[status],
      isSame: workload?.meta?.id === meta?.id,
      seconds: typeof meta?.createdAt?.seconds,
    }));
  },

  /** Reads a stream to its end or failure. After the first message, resumes the server with a request. */
  async stream(baseUrl: string, resumeUrl: string) {
    const notifications = createClient(NotificationsGateway, createConnectTransport({ baseUrl }));
    const events: string[] = [];
    const error = await failure(
      (async () => {
        for await (const { envelope } of notifications.subscribe({})) {
          if (events.length === 0) {
            await fetch(resumeUrl, { mode: "no-cors" });
          }
          events.push(envelope?.event ?? "");
        }
      })(),
    );
    return { events, error };
  },

  error: (baseUrl: string, id: string) =>
    failure(createClient(RunnersGateway, createConnectTransport({ baseUrl })).getWorkload({ id })),

  internal: (baseUrl: string) =>
    failure(createClient(RunnersService, createConnectTransport({ baseUrl })).listWorkloads({})),
};
export type Page = typeof page;
Object.assign(globalThis, { page });
