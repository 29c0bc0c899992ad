// Calls by curl that follow from the packed document alone, to the example and to servers of Connect.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import { type DescMethod, fromJson, type Message } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  type HandlerContext,
  type MethodImpl,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { describe, expect, onTestFinished, test } from "vitest";
import { exampleRoutes } from "../../examples/runners/gateway.ts";
import { serve } from "../../examples/runners/serve.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { contract, gateways, packedImage } from "../support/contract.ts";
import { checkout } from "../support/dependencies.ts";
import { createEnvelope, readEnvelopes } from "../support/envelope.ts";
import { findProgram } from "../support/needs.ts";
import { curl, type Request, type Response } from "./curl.ts";
import { document, type Operation, referredType } from "./document.ts";
import { createValidator } from "./validators.ts";

const { schemas, parameters, securitySchemes } = document.components;
const validate = createValidator(schemas);
const operations = Object.entries(document.paths).map(([path, { post }]) => ({ path, ...post }));
const isStream = (operation: Operation) => operation["x-connect-stream"] !== undefined;
const unary = operations.filter((operation) => !isStream(operation));
const streams = operations.filter(isStream);
const getWorkload = `/${RunnersGateway.typeName}/GetWorkload`;
/** RPCs for which the example has resources. Other examples, such as those that change a resource, it may refuse. */
const runners = [getWorkload, `/${RunnersGateway.typeName}/ListWorkloadsByThread`];

/** Starts a server with routes, and options of Connect, until the test ends. */
async function start(
  routes: (router: ConnectRouter) => void,
  options?: ConnectRouterOptions,
): Promise<string> {
  if (options === undefined) {
    const { url, stop } = await serve(routes, 0);
    onTestFinished(stop);
    return url;
  }
  const server = createServer(connectNodeAdapter({ routes, ...options }));
  await new Promise<void>((listening) => server.listen(0, "localhost", listening));
  onTestFinished(() => void server.close().closeAllConnections());
  return `http://localhost:${(server.address() as AddressInfo).port}`;
}

/** Returns the request of an operation, for a value of the variable in the server's URL. */
function createRequest(url: string, { path, ...operation }: Operation & { path: string }): Request {
  const [server] = document.servers;
  const base = Object.keys(server?.variables ?? {}).reduce(
    (text, variable) => text.replace(`{${variable}}`, url),
    server?.url ?? "",
  );
  const [type = "", content] = Object.entries(operation.requestBody.content)[0] ?? [];
  const headers = operation.parameters.map(({ $ref }) => {
    const { name, schema } = parameters[$ref.replace("#/components/parameters/", "")] ?? expect.fail($ref);
    return [name, schema.const ?? `${Math.min(schema.maximum ?? 0, 10_000)}`];
  });
  const schemes = document.security.flatMap(Object.keys).map((name) => securitySchemes[name]?.scheme);
  const json = Buffer.from(JSON.stringify(content?.example));
  return {
    url: base + path,
    headers: {
      "Content-Type": type,
      ...Object.fromEntries(headers),
      ...(schemes.includes("bearer") ? { Authorization: "Bearer token" } : {}),
    },
    body: isStream(operation) ? createEnvelope(0, json) : json,
    http2: operation["x-connect-stream"] === "bidi_streaming",
  };
}

/** Returns the full name of the type of an operation's successful response. */
const responseType = ({ responses }: Operation) =>
  Object.values(responses[200]?.content ?? {}).map(({ schema }) => referredType(schema))[0] ?? "";

/** Registers handlers that answer each stream with the example of its response: once, or twice if responses stream. */
function answerStreams(router: ConnectRouter): void {
  for (const { output, ...rpc } of gateways.flatMap(({ methods }) => methods)) {
    const { responses } = document.paths[`/${rpc.parent.typeName}/${rpc.name}`]?.post ?? expect.fail();
    const { example = {} } = Object.values(responses[200]?.content ?? {})[0] ?? {};
    const answer = fromJson(output, example, { registry: contract });
    const readRequests = async (requests: AsyncIterable<Message>) => {
      for await (const _ of requests) {
        // A request that cannot be read fails the call.
      }
      return answer;
    };
    async function* answerTwice(_: unknown, { responseTrailer }: HandlerContext) {
      responseTrailer.set("x-trailer", "value");
      yield* [answer, answer];
    }
    const handler = rpc.methodKind === "client_streaming" ? readRequests : answerTwice;
    if (rpc.methodKind !== "unary") {
      // The types of handlers depend on the kind of RPC, which is unknown here.
      router.rpc({ ...rpc, output }, handler as unknown as MethodImpl<DescMethod>);
    }
  }
}

/** Registers a handler of GetWorkload. */
const handle = (getWorkload: ServiceImpl<typeof RunnersGateway>["getWorkload"]) => (router: ConnectRouter) =>
  router.service(RunnersGateway, { getWorkload });

const failWithCode = handle(({ id }) => {
  const details = [{ desc: DurationSchema, value: { seconds: 30n } }];
  throw new ConnectError("it failed", Number(id), undefined, details);
});

/** Returns the request of GetWorkload with other headers or another body. */
function changeRequest(url: string, headers: Record<string, string | undefined>, body?: string): Request {
  const operation = operations.find(({ path }) => path === getWorkload) ?? expect.fail(getWorkload);
  const request = createRequest(url, operation);
  const kept = Object.entries({ ...request.headers, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  return {
    ...request,
    headers: Object.fromEntries(kept),
    body: body === undefined ? request.body : Buffer.from(body),
  };
}

/** Returns the status and the code of an error, which must be valid. */
function readError({ status, body }: Response) {
  const json = JSON.parse(`${body}`);
  expect(validate("connect.Error", json)).toBeUndefined();
  return { status, code: json.code };
}

describe.skipIf(!findProgram("curl", ["curl"]))("calls by curl", () => {
  test("the example of every unary operation is answered, as its schemas state: RunnersGateway's with 200", async () => {
    const url = await start(exampleRoutes);
    const responses = await curl(unary.map((operation) => createRequest(url, operation)));
    for (const [i, operation] of unary.entries()) {
      const { status, type, body } = responses[i] ?? expect.fail();
      const json = JSON.parse(`${body}`);
      const schema = status === 200 ? responseType(operation) : "connect.Error";
      expect({ type, invalid: validate(schema, json) }, operation.path).toEqual({
        type: "application/json",
        invalid: undefined,
      });
      if (runners.includes(operation.path)) {
        expect(status, operation.path).toBe(200);
      } else if (!operation.path.startsWith(`/${RunnersGateway.typeName}/`)) {
        expect({ status, code: json.code }, operation.path).toEqual({ status: 501, code: "unimplemented" });
      }
    }
  });

  test("errors have the statuses and codes that operations list", async () => {
    const url = await start(exampleRoutes);
    const bodies = { not_found: '{"id": "missing"}', invalid_argument: "{}" };
    const responses = await curl(Object.values(bodies).map((body) => changeRequest(url, {}, body)));
    const listed = document.paths[getWorkload]?.post.responses;
    for (const [i, code] of Object.keys(bodies).entries()) {
      const { status, ...error } = readError(responses[i] ?? expect.fail());
      expect(error).toEqual({ code });
      expect(listed?.[status]?.description).toContain(code);
    }
  });

  test("requests that no server can read are errors: bad JSON, a field of another type, a bad header", async () => {
    const url = await start(exampleRoutes);
    const requests = [
      changeRequest(url, {}, '{"id'),
      changeRequest(url, {}, '{"id": 1}'),
      changeRequest(url, { "Connect-Timeout-Ms": "soon" }),
    ];
    const errors = (await curl(requests)).map(readError);
    expect(errors).toEqual(requests.map(() => ({ status: 400, code: "invalid_argument" })));
  });

  test("another content type is answered without an error's JSON", async () => {
    const url = await start(exampleRoutes);
    const [response] = await curl([changeRequest(url, { "Content-Type": "text/plain" })]);
    expect(response).toMatchObject({ status: 415, body: Buffer.alloc(0) });
  });

  test("each code has the HTTP status of the document's table, and errors with details are valid", async () => {
    const url = await start(failWithCode);
    const table = [...document.info.description.matchAll(/^\| `(\w+)` \| (\d+) \|$/gm)];
    const codes = Object.values(Code).filter((code) => typeof code === "number");
    const responses = await curl(codes.map((code) => changeRequest(url, {}, `{"id": "${code}"}`)));
    expect(responses.map(readError)).toEqual(
      table.map(([, code, status]) => ({ status: Number(status), code })),
    );
    expect(JSON.parse(`${responses[0]?.body}`).details).toEqual([
      { type: "google.protobuf.Duration", value: "CB4", debug: "30s" },
    ]);
    // buf prints errors as Connect's library for Go writes them.
    const args = ["curl", "--schema", packedImage, "--data", `{"id": "${Code.Aborted}"}`, url + getWorkload];
    const { stderr } = await buf(checkout, args);
    const error = JSON.parse(`${stderr}`);
    expect(error).toMatchObject({ code: "aborted", details: [{ type: "google.protobuf.Duration" }] });
    expect(validate("connect.Error", error)).toBeUndefined();
  });

  test("a server that requires the protocol's version takes the header of the document", async () => {
    const options = { requireConnectProtocolHeader: true };
    const url = await start(exampleRoutes, options);
    const versions = [{}, { "Connect-Protocol-Version": "2" }, { "Connect-Protocol-Version": undefined }];
    const [accepted, ...refused] = await curl(versions.map((headers) => changeRequest(url, headers)));
    expect(accepted?.status).toBe(200);
    const error = { status: 400, code: "invalid_argument" };
    expect(refused.map(readError)).toEqual([error, error]);
  });

  test("a call ends after the time of its header", async () => {
    const wait = handle(
      (_, { signal }) =>
        new Promise((_, failed) => signal.addEventListener("abort", () => failed(signal.reason))),
    );
    const [late] = await curl([changeRequest(await start(wait), { "Connect-Timeout-Ms": "1" })]);
    expect(readError(late ?? expect.fail())).toEqual({ status: 504, code: "deadline_exceeded" });
  });

  test("streams are called with envelopes: the example answers with an error in the last", async () => {
    const url = await start(exampleRoutes);
    const responses = await curl(streams.map((operation) => createRequest(url, operation)));
    expect(responses).not.toEqual([]);
    for (const { status, type, body } of responses) {
      const [last, ...others] = readEnvelopes(body);
      expect({ status, type, others }).toEqual({ status: 200, type: "application/connect+json", others: [] });
      expect(last).toMatchObject({ flags: 2, json: { error: { code: "unimplemented" } } });
      expect(validate("connect.EndStreamResponse", last?.json)).toBeUndefined();
    }
  });

  test("streams are called with envelopes: responses, and the last envelope", async () => {
    const url = await start(answerStreams);
    const requests = streams.map((operation) => {
      const request = createRequest(url, operation);
      const isMany = operation["x-connect-stream"] !== "server_streaming";
      // The second envelope is compressed.
      const data = gzipSync(request.body.subarray(5));
      const headers = { ...request.headers, "Connect-Content-Encoding": "gzip" };
      return isMany
        ? { ...request, headers, body: Buffer.concat([request.body, createEnvelope(1, data)]) }
        : request;
    });
    for (const [i, { status, body }] of (await curl(requests)).entries()) {
      const operation = streams[i] ?? expect.fail();
      const isMany = operation["x-connect-stream"] !== "client_streaming";
      const envelopes = readEnvelopes(body);
      expect({ status, flags: envelopes.map(({ flags }) => flags) }, operation.path).toEqual({
        status: 200,
        flags: isMany ? [0, 0, 2] : [0, 2],
      });
      const last = envelopes.pop();
      expect(envelopes.map(({ json }) => validate(responseType(operation), json))).toEqual(
        envelopes.map(() => undefined),
      );
      expect(validate("connect.EndStreamResponse", last?.json)).toBeUndefined();
      expect(last?.json).toEqual(isMany ? { metadata: { "x-trailer": ["value"] } } : {});
    }
  });
});
