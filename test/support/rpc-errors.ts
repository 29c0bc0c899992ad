import { type DescMessage, type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { contract } from "./contract.js";
import { expectSame } from "./properties.js";
import { type Detail, type Messages, type RpcClient, RpcError, rpcs, stream } from "./rpc.js";
import { conversationOf, messagesOf } from "./rpc-conversations.js";
import type { Scene } from "./rpc-tests.js";

/** Every code but OK: CANCELLED to UNAUTHENTICATED. */
const codes = Array.from({ length: 16 }, (_, i) => i + 1);

/** Messages of the contract, as any message can be a detail. */
const details: Detail[] = [
  "agynio.api.runners.v1.Workload",
  "agynio.api.notifications.v1.NotificationEnvelope",
].map((typeName) => {
  const desc = contract.getMessage(typeName) as DescMessage;
  const [message] = messagesOf(desc, 1, "detail");
  return { typeName, value: toBinary(desc, message as Message) };
});

/** Text that headers and JSON have to escape. */
const message = 'Ein "Wörkload" fehlt:\n100 % 🙈';

/** What a client hears until a call ends, and the error it ends with. */
async function hear(responses: Messages): Promise<{ heard: number; error: unknown }> {
  let heard = 0;
  try {
    for await (const _ of responses) {
      heard++;
    }
    return { heard, error: undefined };
  } catch (error) {
    return { heard, error };
  }
}

/** A client's requests of the conversation, without waiting for answers. */
function requestsOf(method: DescMethod): Messages {
  return stream(...conversationOf(method).requests.map((request) => toBinary(method.input, request)));
}

function expectError({ heard, error }: { heard: number; error: unknown }, code: number, after: number): void {
  expect(error).toBeInstanceOf(RpcError);
  const { details: received, ...rest } = error as RpcError;
  expect({ ...rest, message: (error as RpcError).message, heard }).toEqual({ code, message, heard: after });
  // Each side encodes anew, and a map has no order.
  const decode = ({ typeName, value }: Detail) =>
    fromBinary(contract.getMessage(typeName) as DescMessage, value);
  expectSame(received.map(decode), details.map(decode));
}

/** Declares the tests of errors that a server answers with. */
export function testErrors({ client, serve }: Scene): void {
  const unary = rpcs.find(({ methodKind }) => methodKind === "unary") as DescMethod;

  test("an error of every code, with its message and details", async () => {
    for (const code of codes) {
      serve(async function* () {
        throw new RpcError(code, message, details);
      });
      expectError(await hear(client().call(unary, requestsOf(unary))), code, 0);
    }
  });

  test("an error at the end of a stream, after its messages", async () => {
    for (const method of streamingRpcs(client())) {
      const responses = conversationOf(method).responses.slice(0, -1);
      serve(async function* ({ requests }) {
        for await (const _ of requests) {
          // Hears the client out.
        }
        yield* responses.map((response) => toBinary(method.output, response));
        throw new RpcError(9, message, details);
      });
      expectError(await hear(client().call(method, requestsOf(method))), 9, responses.length);
    }
  });
}

/** The RPCs with streams that a client can call. */
export function streamingRpcs(client: RpcClient): DescMethod[] {
  return rpcs.filter((rpc) => rpc.methodKind !== "unary" && client.carries(rpc));
}
