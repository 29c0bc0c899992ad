// A page with a gateway client, bundled from the packed package, in headless Chromium, against the example.
import { copyFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { NotificationsGateway } from "@agynio/api/gateway/v1";
import { ContainerRole, ContainerStatus, RunnersService, WorkloadStatus } from "@agynio/api/runners/v1";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import type { Browser, Page as Tab } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runnersRoutes } from "../../examples/runners/runners.ts";
import { type Running, serve } from "../../examples/runners/serve.ts";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { Consumer } from "../support/consumer.ts";
import type { Page } from "./page.ts";

const uuid = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;

describe.skipIf(chromiumPath === undefined)("in headless Chromium", () => {
  let consumer: Consumer;
  let server: Running;
  let pages: Server;
  let browser: Browser;
  let tab: Tab;
  /** The origin of the page, which differs from that of the server. */
  let origin: string;
  let resume = () => {};
  const resumed = new Promise<void>((resolve) => {
    resume = resolve;
  });

  beforeAll(async () => {
    consumer = Consumer.create("es");
    copyFileSync(join(import.meta.dirname, "page.ts"), join(consumer.folder, "page.ts"));
    const bundle = await rolldown({ input: join(consumer.folder, "page.ts"), platform: "browser" });
    const { output } = await bundle.generate({ format: "esm" });
    pages = createServer(({ url }, response) => {
      if (url === "/resume") {
        resume();
      }
      const [type, body] = url === "/page.js" ? ["text/javascript", output[0].code] : ["text/html", html];
      response.writeHead(200, { "content-type": type }).end(body);
    }).listen(0, "localhost");
    await new Promise((listening) => pages.once("listening", listening));
    origin = `http://localhost:${(pages.address() as AddressInfo).port}`;

    server = await serve((router) => {
      runnersRoutes(router);
      router.service(NotificationsGateway, {
        async *subscribe() {
          yield { envelope: { event: "first" } };
          // Without streaming, the page would never receive the first message.
          await resumed;
          for (let i = 1; i < 100; i++) {
            yield { envelope: { event: `event ${i}` } };
          }
          throw new ConnectError("the source is unavailable", Code.Unavailable);
        },
      });
    }, 0);
    const runners = createClient(
      RunnersService,
      createConnectTransport({ baseUrl: server.url, httpVersion: "1.1" }),
    );
    const { runner } = await runners.registerRunner({ name: "rack-1" });
    await runners.createWorkload({
      ...{
        id: "w1",
        runnerId: runner?.meta?.id,
        threadId: uuid(1),
        agentId: uuid(2),
        organizationId: uuid(3),
      },
      status: WorkloadStatus.RUNNING,
      containers: [{ role: ContainerRole.MAIN, status: ContainerStatus.RUNNING }],
    });

    browser = await launchChromium();
    tab = await browser.newPage();
    await tab.goto(origin);
    await tab.waitForFunction("globalThis.page");
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    pages?.close();
    consumer?.remove();
  });

  /** Calls a function of the page, in the page. */
  function inPage<Name extends keyof Page & string>(name: Name, ...args: Parameters<Page[Name]>) {
    const call = `page.${name}(...${JSON.stringify(args)})`;
    return tab.evaluate(call) as ReturnType<Page[Name]>;
  }

  test.each([
    ["JSON", false],
    ["binary", true],
  ])("unary calls return their responses, in %s", async (_, useBinaryFormat) => {
    expect(await inPage("unary", server.url, useBinaryFormat, uuid(1))).toEqual([
      { id: "w1", status: "RUNNING", isSame: true, seconds: "bigint" },
    ]);
  });

  test("a server stream delivers each message at once, and an error after the messages", async () => {
    const { events, error } = await inPage("stream", server.url, `${origin}/resume`);
    expect(events).toEqual(["first", ...Array.from({ length: 99 }, (_, i) => `event ${i + 1}`)]);
    expect(error).toEqual({
      code: "Unavailable",
      message: "the source is unavailable",
      isConnectError: true,
    });
  });

  test("errors arrive with code and message", async () => {
    expect(await inPage("error", server.url, "w2")).toEqual({
      code: "NotFound",
      message: "nothing has the ID w2",
      isConnectError: true,
    });
    expect(await inPage("error", server.url, "")).toMatchObject({
      code: "InvalidArgument",
      message: "id is empty",
    });
  });

  test("a page of another origin reaches the gateway only", async () => {
    expect(await inPage("internal", server.url)).toMatchObject({
      code: "Unknown",
      message: "Failed to fetch",
    });
  });
});

const html = '<!doctype html><title>Agyn</title><script type="module" src="/page.js"></script>';
