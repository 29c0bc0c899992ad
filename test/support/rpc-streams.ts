import { EventEmitter, once } from "node:events";
import { type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { collect, failed, type Messages, RpcError, rpcs, stream } from "./rpc.js";
import { conversationOf, expectMessages } from "./rpc-conversations.js";
import { streamingRpcs } from "./rpc-errors.js";
import type { Scene } from "./rpc-tests.js";

/** A request and a response of an RPC. */
function samples(method: DescMethod) {
  const { requests, responses } = conversationOf(method);
  return {
    request: toBinary(method.input, requests[0] as Message),
    response: toBinary(method.output, responses[0] as Message),
  };
}

const clientStreams = ({ methodKind }: DescMethod) =>
  methodKind === "client_streaming" || methodKind === "bidi_streaming";
const serverStreams = ({ methodKind }: DescMethod) =>
  methodKind === "server_streaming" || methodKind === "bidi_streaming";

/** Messages without end, at a pace that leaves others their turn. */
async function* endless(message: Uint8Array, until: AbortSignal): Messages {
  while (!until.aborted) {
    yield message;
    await new Promise((done) => setTimeout(done, 5));
  }
}

/**
 * Declares the tests of streams: long ones, and calls of which one side ends early.
 *
 * @param many How many messages the long ones have.
 */
export function testStreams({ client, serve, hidesDeadlines }: Scene, many: number): void {
  /** The RPCs with streams, and one without. */
  const callable = () => [
    rpcs.find(({ methodKind }) => methodKind === "unary") as DescMethod,
    ...streamingRpcs(client()),
  ];

  /** A call that the server never ends; it sends one message where it can send many. */
  function hang(method: DescMethod, options: { timeoutMs?: number } = {}) {
    const { request, response } = samples(method);
    const over = new AbortController();
    const events = new EventEmitter();
    const server = {
      /** The deadline that it sees, when it begins. */
      begins: once(events, "begin") as Promise<[number | undefined]>,
      /** When it knows that the call is over. */
      ends: once(events, "end"),
    };
    serve(async function* (call) {
      events.emit("begin", call.timeoutMs);
      if (serverStreams(method)) {
        yield response;
      }
      if (!call.signal.aborted) {
        await once(call.signal, "abort");
      }
      events.emit("end");
      throw new RpcError(1, "nobody waits any more");
    });
    const controller = new AbortController();
    const requests = clientStreams(method) ? endless(request, over.signal) : stream(request);
    const result = collect(client().call(method, requests, { signal: controller.signal, ...options }))
      .catch((error: unknown) => error)
      .finally(() => over.abort());
    return { server, result, cancel: () => controller.abort() };
  }

  test("a call that the client cancels is over for the server", async () => {
    for (const method of callable()) {
      const { server, result, cancel } = hang(method);
      await server.begins;
      cancel();
      expect(await result, method.name).toMatchObject({ code: 1 });
      await server.ends;
    }
  });

  test("a call that reaches its deadline ends with DEADLINE_EXCEEDED, and the server knew the deadline", async () => {
    for (const method of callable()) {
      let begun: { deadline: number | undefined } | undefined;
      // A deadline may pass before a busy machine has brought the call to the server.
      for (let timeoutMs = 100; begun === undefined; timeoutMs *= 2) {
        const { server, result } = hang(method, { timeoutMs });
        begun = await Promise.race([
          server.begins.then(([deadline]) => ({ deadline })),
          result.then(() => undefined),
        ]);
        expect(await result, method.name).toMatchObject({ code: 4 });
        if (begun === undefined) {
          continue;
        }
        await server.ends;
        if (hidesDeadlines) {
          expect(begun.deadline).toBeUndefined();
        } else {
          expect(begun.deadline).toBeGreaterThan(0);
          expect(begun.deadline).toBeLessThanOrEqual(timeoutMs);
        }
      }
    }
  });

  test("a server that has heard enough ends the call of a client that goes on", async () => {
    for (const method of streamingRpcs(client()).filter(clientStreams)) {
      const { request } = samples(method);
      serve(async function* ({ requests }) {
        let heard = 0;
        for await (const _ of requests) {
          if (++heard === 3) {
            yield* failed(new RpcError(8, "enough"));
          }
        }
      });
      const over = new AbortController();
      const call = collect(client().call(method, endless(request, over.signal)));
      await expect(call, method.name).rejects.toMatchObject({ code: 8, message: "enough" });
      over.abort();
    }
  });

  test("a client that half-closes at once hears all that the server has to say", async () => {
    for (const method of streamingRpcs(client()).filter(clientStreams)) {
      const { response } = samples(method);
      const count = serverStreams(method) ? 3 : 1;
      serve(async function* ({ requests }) {
        expect(await collect(requests)).toEqual([]);
        yield* Array<Uint8Array>(count).fill(response);
      });
      expect(await collect(client().call(method, stream()))).toHaveLength(count);
    }
  });

  test(`${many} messages of a stream arrive as they were, in their order`, async () => {
    const repeated = (messages: Message[], streams: boolean) =>
      Array.from({ length: streams ? many : 1 }, (_, i) => messages[i % messages.length] as Message);
    for (const method of streamingRpcs(client())) {
      const { requests, responses } = conversationOf(method);
      const asked = repeated(requests, clientStreams(method));
      const answered = repeated(responses, serverStreams(method));
      let heard: Uint8Array[] = [];
      serve(async function* (call) {
        heard = await collect(call.requests);
        yield* answered.map((response) => toBinary(method.output, response));
      });
      const said = stream(...asked.map((request) => toBinary(method.input, request)));
      const received = await collect(client().call(method, said));
      expectMessages(method.input, heard, asked);
      expectMessages(method.output, received, answered);
    }
  });
}
