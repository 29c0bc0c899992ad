// The program of the page in test/full/browser.test.ts, which bundles it from the packed package.
import { NotificationsGateway, RunnersGateway } from "@agynio/api/gateway/v1";
import { RunnersService, WorkloadStatus } from "@agynio/api/runners/v1";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** What a failed call says of itself. */
async function failure(call: Promise<unknown>) {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return { code: Code[code], message: rawMessage, isConnectError: error instanceof ConnectError };
  }
  return undefined;
}

/** For the test to call. */
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

  /** Reads to the end or the failure of the stream; the server goes on after the first message when told. */
  async stream(baseUrl: string, goOn: string) {
    const notifications = createClient(NotificationsGateway, createConnectTransport({ baseUrl }));
    const events: string[] = [];
    const error = await failure(
      (async () => {
        for await (const { envelope } of notifications.subscribe({})) {
          if (events.length === 0) {
            await fetch(goOn, { mode: "no-cors" });
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
