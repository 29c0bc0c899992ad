// The gateway and the page, as the example serves them.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:http2";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { RunnersGateway } from "@agynio/api/gateway/v1";
import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Document, document, exampleRoutes } from "../../examples/runners/gateway.ts";
import { servePage } from "../../examples/runners/page.ts";
import { type Running, serve } from "../../examples/runners/serve.ts";
import { gateways } from "../support/contract.ts";
import { createEnvelope, readEnvelopes } from "../support/envelope.ts";
import { temporaryFolder } from "../support/repository.ts";

let folder: string;
let server: Running;
beforeAll(async () => {
  folder = temporaryFolder();
  for (const name of ["index.html", "page.js", "page.css", "LICENSE"]) {
    writeFileSync(join(folder, name), name);
  }
  server = await serve(exampleRoutes, 0, servePage(folder, document));
});
afterAll(async () => {
  await server.stop();
});

/** Sends a request with the path as it is, which fetch would normalize. */
const request = (path: string, method = "GET") =>
  new Promise<{ status?: number; type?: string; allow?: string; body: string }>((done, failed) => {
    get(server.url, { path, method }, (response) => {
      const { statusCode: status, headers } = response;
      text(response).then((body) =>
        done({ status, type: headers["content-type"], allow: headers.allow, body }),
      );
    }).on("error", failed);
  });

const runnersPath = (name: string) => `/${RunnersGateway.typeName}/${name}`;

/** Calls an RPC with JSON. A stream's call has an envelope, and needs HTTP/2 if both sides stream. */
async function call(url: string, path: string, message: JsonObject, isStream: boolean) {
  const json = Buffer.from(JSON.stringify(message));
  const session = connect(url);
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": isStream ? "application/connect+json" : "application/json",
  });
  stream.end(isStream ? createEnvelope(0, json) : json);
  const [[headers], body] = await Promise.all([once(stream, "response"), buffer(stream)]);
  session.close();
  const answer = isStream ? readEnvelopes(body)[0]?.json : JSON.parse(`${body}`);
  return { status: headers[":status"], answer };
}

const exampleOf = (path: string, { paths }: Document = document) =>
  Object.values(paths[path]?.post.requestBody.content ?? {})[0]?.example ?? {};

test("every RPC of the gateway answers: those of RunnersGateway, and others with a sentence", async () => {
  for (const { parent, name, methodKind } of gateways.flatMap(({ methods }) => methods)) {
    const path = `/${parent.typeName}/${name}`;
    const isStream = methodKind !== "unary";
    const { status, answer } = await call(server.url, path, exampleOf(path), isStream);
    const error = isStream ? answer.error : answer;
    if (parent.typeName !== RunnersGateway.typeName || error.code === "unimplemented") {
      const message = `${parent.typeName}.${name} is not implemented: the example implements RPCs of RunnersService and RunnersGateway only`;
      expect({ status, error }).toEqual({
        status: isStream ? 200 : 501,
        error: { code: "unimplemented", message },
      });
    }
  }
});

const [getWorkload, list] = [runnersPath("GetWorkload"), runnersPath("ListWorkloadsByThread")];

/** Returns a document of two RPCs, with other examples. */
function changeExamples(change: (json: string) => string): Document {
  const paths = [getWorkload, list].map((path) => [
    path,
    JSON.parse(change(JSON.stringify(document.paths[path]))),
  ]);
  return { ...document, paths: Object.fromEntries(paths) };
}

const [id, thread] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
test.each<[string, (json: string) => string]>([
  ["as they are", (json) => json],
  ["other IDs", (json) => json.replace(/"id":"[^"]*"/g, `"id":"${id}"`)],
  ["an ID in the request only", (json) => json.replace(/"id":"[^"]*"(?=.*"responses":)/, `"id":"${id}"`)],
  [
    "a thread in the request only",
    (json) => json.replace(/"threadId":"[^"]*"(?=.*"responses":)/, `"threadId":"${thread}"`),
  ],
])("RunnersGateway answers its examples with the resources that they show: %s", async (_, change) => {
  const changed = changeExamples(change);
  const other = await serve((router) => exampleRoutes(router, changed), 0);
  const request = exampleOf(getWorkload, changed);
  const { answer } = await call(other.url, getWorkload, request, false);
  expect(answer).toMatchObject({ workload: { meta: { id: request.id }, status: expect.any(String) } });
  const byThread = exampleOf(list, changed);
  const listed = await call(other.url, list, byThread, false);
  await other.stop();
  expect(listed.answer.workloads).toContainEqual(expect.objectContaining({ threadId: byThread.threadId }));
});

test.each([
  ["/", "text/html; charset=utf-8", "index.html"],
  ["/?tag=x", "text/html; charset=utf-8", "index.html"],
  ["/index.html", "text/html; charset=utf-8", "index.html"],
  ["/page.js", "text/javascript; charset=utf-8", "page.js"],
  ["/page.css", "text/css; charset=utf-8", "page.css"],
  ["/LICENSE", "text/plain; charset=utf-8", "LICENSE"],
])("serves the page: %s", async (path, type, body) => {
  expect(await request(path)).toMatchObject({ status: 200, type, body });
  expect(await request(path, "HEAD")).toMatchObject({ status: 200, type, body: "" });
  expect(await request(path, "POST")).toMatchObject({ status: 405, allow: "GET, HEAD" });
});

test("serves the document, with the server that serves it", async () => {
  const { type, body } = await request("/openapi.json");
  expect(type).toBe("application/json");
  expect(JSON.parse(body)).toEqual({ ...document, servers: [{ url: "/" }] });
});

test.each(["/x", "/../package.json", "/%2e%2e/package.json", "//page.js", "/page.js/", "/__proto__"])(
  "serves nothing else: %s",
  async (path) => {
    expect(await request(path)).toMatchObject({
      status: 404,
      body: `${path} is neither an RPC nor a file of the page.\n`,
    });
  },
);

test("serves an RPC for POST only", async () => {
  expect(await request(runnersPath("GetWorkload"))).toMatchObject({ status: 405 });
});

test("without the page's folder, serves the document, and / says which command writes it", async () => {
  const bare = await serve(exampleRoutes, 0, servePage(join(folder, "missing"), document));
  expect((await fetch(`${bare.url}/openapi.json`)).status).toBe(200);
  const response = await fetch(bare.url);
  await bare.stop();
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("Run: npm run docs");
});
