import { EventEmitter, once } from "node:events";
import { type DescMessage, type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { contract } from "./contract.js";
import { expectSame } from "./properties.js";
import { type Detail, failed, type Messages, type RpcClient, RpcError, rpcs, stream } from "./rpc.js";
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

/** How many messages a client hears, and the error that ends them. */
interface Ending {
  heard: number;
  error: unknown;
}

/** What a client hears until a call ends, and the error it ends with. */
async function hear(responses: Messages, each = (_count: number) => {}): Promise<Ending> {
  let heard = 0;
  try {
    for await (const _ of responses) {
      each(++heard);
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

function expectError(
  { heard, error }: Ending,
  expected: { code: number; message: string; heard: number },
): void {
  expect(error).toBeInstanceOf(RpcError);
  const { code, message, details: received } = error as RpcError;
  expect({ code, message, heard }).toEqual(expected);
  // Each side encodes anew, and a map has no order.
  const decode = ({ typeName, value }: Detail) =>
    fromBinary(contract.getMessage(typeName) as DescMessage, value);
  expectSame(received.map(decode), details.map(decode));
}

/** Declares the tests of errors that a server answers with. */
export function testErrors({ client, serve, arrivesAs }: Omit<Scene, "hidesDeadlines">): void {
  const unary = rpcs.find(({ methodKind }) => methodKind === "unary") as DescMethod;

  test("an error of every code, with its message and details", async () => {
    for (const code of codes) {
      serve(() => failed(new RpcError(code, message, details)));
      expectError(await hear(client().call(unary, requestsOf(unary))), {
        code,
        message: arrivesAs(message),
        heard: 0,
      });
    }
  });

  test("an error at the end of a stream, after its messages", async () => {
    for (const method of streamingRpcs(client())) {
      const responses = conversationOf(method).responses.slice(0, -1);
      const hearing = new EventEmitter();
      const heardAll = responses.length === 0 ? undefined : once(hearing, String(responses.length));
      serve(async function* ({ requests }) {
        for await (const _ of requests) {
          // Hears the client out.
        }
        yield* responses.map((response) => toBinary(method.output, response));
        // grpc-js lets an error overtake messages that have not been read.
        await heardAll;
        throw new RpcError(9, message, details);
      });
      expectError(
        await hear(client().call(method, requestsOf(method)), (count) => hearing.emit(String(count))),
        {
          code: 9,
          message: arrivesAs(message),
          heard: responses.length,
        },
      );
    }
  });
}

/** The RPCs with streams that a client can call. */
export function streamingRpcs(client: RpcClient): DescMethod[] {
  return rpcs.filter((rpc) => rpc.methodKind !== "unary" && client.carries(rpc));
}
