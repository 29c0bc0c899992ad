import { pathOf, type RpcClient, rpcs } from "./rpc.js";
import { converseWith } from "./rpc-conversations.js";

/** How the calls of a client went. */
export interface Outcome {
  /** Paths of the RPCs that were called, in their order. */
  called: string[];
  /** What went wrong, by path. */
  wrong: Record<string, string>;
}

/** Has a client converse by every RPC of the contract that its protocol carries. */
export async function converseByEveryRpc(client: RpcClient): Promise<Outcome> {
  const outcome: Outcome = { called: [], wrong: {} };
  for (const method of rpcs.filter((rpc) => client.carries(rpc))) {
    outcome.called.push(pathOf(method));
    try {
      await converseWith(client, method);
    } catch (error) {
      outcome.wrong[pathOf(method)] = String(error);
    }
  }
  return outcome;
}
