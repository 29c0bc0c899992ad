// The reference of the gateway in headless Chromium: as the server of the gateway serves it, and as static files of
// another host, below a path.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser, Locator, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { document as example, exampleRoutes } from "../../examples/runners/gateway.ts";
import { servePage } from "../../examples/runners/page.ts";
import { type Running, serve } from "../../examples/runners/serve.ts";
import { writeSite } from "../../scripts/lib/docs/docs.ts";
import { type OpenApi, type Operation, referredType } from "../openapi/document.ts";
import { chromiumPath, launchChromium } from "../support/chromium.ts";
import { root, temporaryFolder } from "../support/repository.ts";

type Scheme = "light" | "dark";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const getWorkload = "/agynio.api.gateway.v1.RunnersGateway/GetWorkload";
const types: Record<string, string> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json" },
};

describe.skipIf(chromiumPath === undefined)("in headless Chromium", () => {
  const folder = temporaryFolder();
  let document: OpenApi;
  /** Sent instead of the document below /hostile/. */
  let hostile: OpenApi;
  /** The static page at /api/, with a hostile document at /hostile/. It is no gateway. */
  let host: Server;
  /** The example, which serves the page at /, and allows pages of every origin. */
  let gateway: Running;
  let browser: Browser;
  let port: number;
  /** What went wrong on the pages of a test. */
  let problems: string[] = [];
  let pages: Page[] = [];

  beforeAll(async () => {
    writeSite({ root, env: process.env }, folder);
    document = JSON.parse(readFileSync(join(folder, "openapi.json"), "utf8"));
    hostile = makeHostile(document);
    host = createServer(({ url = "" }, response) => {
      const [, place, name] = /^\/(api|hostile)\/([\w.-]*)$/.exec(url) ?? [];
      const file = join(folder, name || "index.html");
      if (place === undefined || !existsSync(file)) {
        response.writeHead(404).end();
        return;
      }
      const isHostile = place === "hostile" && name === "openapi.json";
      const content = isHostile ? JSON.stringify(hostile) : readFileSync(file);
      response.writeHead(200, { "content-type": types[extname(file)] }).end(content);
    }).listen(0, "localhost");
    await new Promise((listening) => host.once("listening", listening));
    port = (host.address() as AddressInfo).port;
    gateway = await serve(exampleRoutes, 0, servePage(folder, example));

    browser = await launchChromium("--host-resolver-rules=MAP docs.test 127.0.0.1");
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    host?.close();
    host?.closeAllConnections();
  });
  afterEach(async () => {
    const found = problems;
    await Promise.all(pages.map((page) => page.context().close()));
    [problems, pages] = [[], []];
    expect(found).toEqual([]);
  });

  /** Returns the path of an operation whose request has a oneof. */
  const withOneof = () => {
    const has = ({ requestBody }: Operation) => {
      const schema = requestBody.content["application/json"]?.schema;
      return schema && document.components.schemas[referredType(schema)]?.dependentSchemas;
    };
    return Object.entries(document.paths).find(([, { post }]) => has(post))?.[0] ?? "";
  };
  const served = () => `${gateway.url}/`;
  const published = (place = "api") => `http://docs.test:${port}/${place}/`;

  /** Opens a page and records errors, warnings, dialogs and requests to hosts that the test does not expect. */
  async function openPage(url: string, { scheme = "light" as Scheme, width = 1280, allowed = "" } = {}) {
    const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    pages.push(page);
    page.setDefaultTimeout(30_000);
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) {
        problems.push(`${message.type()}: ${message.text()}`);
      }
    });
    page.on("pageerror", ({ message }) => problems.push(`exception: ${message}`));
    page.on("dialog", (dialog) => problems.push(`dialog: ${dialog.message()}`));
    // A request that the page's policy blocks fails with "csp", and is not sent.
    const report = (request: Request) => {
      const { origin, protocol } = new URL(request.url());
      const isExpected = protocol === "data:" || [new URL(url).origin, allowed].includes(origin);
      if (!isExpected && request.failure()?.errorText !== "csp") {
        problems.push(`request: ${request.url()}`);
      }
    };
    page.on("requestfinished", report);
    page.on("requestfailed", report);
    await page.goto(url);
    await page.getByRole("status").waitFor();
    return page;
  }

  const operationOf = (page: Page, path: string) =>
    page.locator(".opblock", { has: page.locator(`[data-path="${path}"]`) });
  const toggleOf = (operation: Locator) => operation.locator("button.opblock-summary-control");

  /** Opens an operation, sends its example or another body with its button, and returns the operation. */
  async function call(page: Page, body?: object, path = getWorkload): Promise<Locator> {
    // A list of 100 RPCs or more is drawn as far as it is visible.
    await search(page).fill(path);
    const operation = operationOf(page, path);
    if ((await toggleOf(operation).getAttribute("aria-expanded")) === "false") {
      await toggleOf(operation).click();
    }
    if (body !== undefined) {
      await operation.getByRole("textbox", { name: "Request body" }).fill(JSON.stringify(body));
    }
    await operation.getByRole("button", { name: "Execute" }).click();
    return operation;
  }

  /** Shows the schemas of an operation, and all that they refer to. */
  async function expandSchemas(operation: Locator): Promise<void> {
    for (const tab of await operation.getByRole("tab", { name: "Schema" }).all()) {
      await tab.click();
    }
    const closed = operation.getByText("Expand all", { exact: true });
    const expandFirst = async () => {
      await closed.evaluateAll(([first]) => first?.click());
      return closed.count();
    };
    while ((await expandFirst()) > 0) {
      // More of them come with what the last one shows.
    }
  }

  const hasFocus = (element: Locator) =>
    element.evaluate((item) => item === item.ownerDocument.activeElement);
  const liveResponse = (operation: Locator) => operation.locator(".live-responses-table .response").first();
  const search = (page: Page) => page.getByRole("searchbox");
  const namesOf = (page: Page) =>
    page
      .locator(".opblock [data-path]")
      .evaluateAll((all) => all.map((item) => item.getAttribute("data-path")));
  const widthOf = (page: Page) => page.evaluate("document.documentElement.scrollWidth");
  /** Returns the serious faults that axe-core finds, by rule. */
  async function findFaults(page: Page): Promise<string[]> {
    // The policy of the page allows no inline script.
    const session = await page.context().newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
    const violations = await page.evaluate(
      "axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html]))",
    );
    return (violations as [string, string, string][])
      .filter(([, impact]) => ["serious", "critical"].includes(impact))
      .map((violation) => violation.join(" "));
  }

  test("has a title, a language, a heading and a landmark, below a path of another host", async () => {
    const page = await openPage(published());
    expect(await page.title()).toContain("Agyn gateway");
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toContain(document.info.title);
    expect(await page.getByRole("main").count()).toBe(1);
    expect(await page.getByRole("status").textContent()).toBe(`${Object.keys(document.paths).length} RPCs`);
  });

  test("search finds an RPC by its name, its service and its description, or says that none matches", async () => {
    const page = await openPage(served());
    const all = Object.entries(document.paths);
    // What a search finds is visible in a service that the reader closed.
    const [first = ""] = Object.keys(document.paths);
    await page.locator("[data-tag]").first().click();
    await expect.poll(() => namesOf(page)).not.toContain(first);
    for (const words of [first, "GetWorkload", "runnersgateway", "containers workload"]) {
      await search(page).fill(words);
      const expected = all.filter(([path, { post }]) => {
        const text = `${path} ${post.summary} ${post.description}`.toLowerCase();
        return words
          .toLowerCase()
          .split(" ")
          .every((word) => text.includes(word));
      });
      expect(expected.length).toBeGreaterThan(0);
      await expect
        .poll(() => page.getByRole("status").textContent())
        .toMatch(new RegExp(`^${expected.length} RPCs?$`));
      expect(await namesOf(page)).toEqual(expected.map(([path]) => path));
    }
    for (const words of ["no such unicorn", "true"]) {
      await search(page).fill(words);
      await expect.poll(() => page.getByRole("status").textContent()).toBe("No RPC has all of these words.");
      expect(await namesOf(page)).toEqual([]);
    }
    expect(await page.getByText("No operations").count()).toBe(0);
    await search(page).fill("");
    await expect.poll(async () => (await namesOf(page)).length).toBeGreaterThan(0);
    await page.locator("[data-tag]").first().click();
    await expect.poll(() => namesOf(page)).toContain(first);
  });

  test("calls the server that serves it, shows responses and errors, and sends a token that only the memory has", async () => {
    const page = await openPage(served());
    expect(await page.getByRole("textbox", { name: /^Server/ }).inputValue()).toBe(gateway.url);
    await page.getByLabel(/^Token/).fill(" Bearer secret-1 ");
    const sent = page.waitForRequest(`${gateway.url}${getWorkload}`);
    const answered = liveResponse(await call(page));
    await expect.poll(() => answered.textContent()).toContain('"workload"');
    expect(await answered.textContent()).toMatch(/^200/);
    expect(await (await sent).allHeaders()).toMatchObject({
      "content-type": "application/json",
      "connect-protocol-version": "1",
      authorization: "Bearer secret-1",
    });
    const stored =
      "JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])";
    expect(await page.evaluate(stored)).not.toContain("secret-1");
  });

  test("calls a gateway of another host, if it allows the page, or says what it has to allow", async () => {
    const page = await openPage(published(), { allowed: gateway.url });
    await page.getByRole("textbox", { name: /^Server/ }).fill(`${gateway.url}/`);
    await page.getByLabel(/^Token/).fill("secret-1");
    const operation = await call(page);
    await expect.poll(() => liveResponse(operation).textContent()).toContain('"workload"');

    const closed = await openPage(published(), { allowed: `http://localhost:${port}` });
    await closed.getByRole("textbox", { name: /^Server/ }).fill(`http://localhost:${port}`);
    const alert = (await call(closed)).getByRole("alert");
    await alert.waitFor();
    expect(await alert.textContent()).toContain(`must allow the origin http://docs.test:${port} `);
    expect(problems.splice(0).join()).toMatch(/CORS/);

    // The alert is not about a call that has no response yet.
    await closed.route(`**${getWorkload}`, () => {});
    await call(closed);
    await expect.poll(() => alert.isVisible()).toBe(false);
  });

  test("sends no call, and no token, if a field at the top cannot be used", async () => {
    const page = await openPage(published(), { allowed: gateway.url });
    const sent: string[] = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    const [server, token] = [page.getByRole("textbox", { name: /^Server/ }), page.getByLabel(/^Token/)];
    await token.fill("secret-1");
    for (const unusable of ["", "gateway.example", "http://", "http://[", "localhost:8080"]) {
      await server.fill(unusable);
      await expect.poll(() => page.getByRole("alert").textContent()).toContain("http://");
      await call(page);
      expect(await hasFocus(server)).toBe(true);
      expect(await server.inputValue()).toBe(unusable);
    }
    await server.fill(gateway.url);
    await token.fill("t\u2603k");
    await call(page);
    expect(await hasFocus(token)).toBe(true);
    await token.fill("secret-1");
    const operation = await call(page);
    await expect.poll(() => liveResponse(operation).textContent()).toContain('"workload"');
    expect(sent).toEqual([`${gateway.url}${getWorkload}`]);
  });

  test("marks streams, and offers no call of them", async () => {
    const page = await openPage(served());
    const [path, { post }] =
      Object.entries(document.paths).find(([, { post }]) => post["x-connect-stream"]) ?? expect.fail();
    await search(page).fill(path);
    const operation = operationOf(page, path);
    await toggleOf(operation).click();
    const [kind] = post["x-connect-stream"]?.split("_") ?? [];
    expect(await toggleOf(operation).getByText(`${kind} stream`, { exact: true }).count()).toBe(1);
    await operation.getByRole("heading", { name: "Responses" }).waitFor();
    expect(await operation.getByRole("button", { name: "Execute" }).count()).toBe(0);
  });

  test("needs no mouse, and shows where the focus is", async () => {
    const page = await openPage(served());
    /** Moves on until an element has the focus. Every element on the way must show that it has it. */
    async function tabTo(target: Locator) {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press("Tab");
        const outline = "getComputedStyle(document.activeElement).outlineStyle";
        expect(await page.evaluate(outline)).not.toBe("none");
        if (await hasFocus(target)) {
          return;
        }
      }
      throw new Error(`${target} cannot be reached`);
    }
    const operation = operationOf(page, getWorkload);
    await tabTo(search(page));
    await page.keyboard.type("GetWorkload");
    await expect.poll(() => page.getByRole("status").textContent()).toMatch(/^\d RPCs?$/);
    await tabTo(toggleOf(operation));
    await page.keyboard.press("Enter");
    const body = operation.getByRole("textbox", { name: "Request body" });
    await body.waitFor();
    await tabTo(body);
    const text = await body.inputValue();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(text);
    await tabTo(operation.getByRole("button", { name: "Execute" }));
    await page.keyboard.press("Enter");
    await expect.poll(() => liveResponse(operation).textContent()).toContain('"workload"');
  });

  test.each<[Scheme, number]>([
    ["light", 1280],
    ["dark", 390],
  ])("is accessible and fits, %s, at %i pixels", async (scheme, width) => {
    const page = await openPage(published(), { scheme, width, allowed: gateway.url });
    const color = await page.evaluate("getComputedStyle(document.querySelector('h1')).color");
    expect(Number(/\d+/.exec(String(color))) > 127).toBe(scheme === "dark");
    expect([await findFaults(page), await widthOf(page)]).toEqual([[], width]);

    await page.getByRole("textbox", { name: /^Server/ }).fill(gateway.url);
    await page.getByText("How calls work").click();
    for (const [path, ...words] of [
      [getWorkload, "A time in UTC", "CONTAINER_STATUS_WAITING", "State of the container"],
      [withOneof(), "At most one of"],
    ] as const) {
      const operation = await call(page, undefined, path);
      await liveResponse(operation).waitFor();
      // No button covers text of the body.
      const body = liveResponse(operation).locator(".highlight-code");
      const findCovering = () =>
        body.evaluate((element) => {
          const range = element.ownerDocument.createRange();
          range.selectNodeContents(element.querySelector(".microlight") ?? element);
          const { bottom } = range.getBoundingClientRect();
          return [...element.querySelectorAll("button")].map(
            (button) => button.getBoundingClientRect().top < bottom,
          );
        });
      await expect.poll(findCovering).toEqual([false, false]);

      // Schemas have rules in words, also where a field has a comment of its own.
      await expandSchemas(operation);
      const texts = operation.locator(".json-schema-2020-12:not(.json-schema-2020-12--embedded)");
      const text = (await texts.allInnerTexts()).join();
      expect(words.filter((word) => !text.includes(word))).toEqual([]);
      expect(text).not.toMatch(/\| never|Dependent schemas|matches \^/);
      // The alternatives of enums, one of which has exceptions. Those of a double may be shown.
      expect(await operation.locator(".json-schema-2020-12-keyword--not").count()).toBe(0);
      // Descriptions of nested fields have room, and end within the window.
      const cramped = operation
        .locator(".json-schema-2020-12 p")
        .evaluateAll(
          (all, edge) =>
            all
              .map((item) => item.getBoundingClientRect())
              .filter((box) => box.right > edge || box.width < edge / 4).length,
          width,
        );
      expect(await cramped).toBe(0);
      expect(await operation.getByText("No links").filter({ visible: true }).count()).toBe(0);
      expect([await findFaults(page), await widthOf(page)]).toEqual([[], width]);
    }
    // The example answers calls of the other gateways with an error.
    problems = problems.filter((problem) => !problem.includes("501"));
  });

  test("a hostile comment runs no script, loads nothing, and widens no page", async () => {
    const page = await openPage(published("hostile"), { width: 390 });
    await page.getByText("How calls work").click();
    await search(page).fill(getWorkload);
    const operation = operationOf(page, getWorkload);
    await toggleOf(operation).click();
    await operation.getByRole("tab", { name: "Schema" }).first().click();
    expect(await widthOf(page)).toBe(390);
    expect(await page.locator("[href^='javascript:' i], [onerror], #page script, iframe, form").count()).toBe(
      0,
    );
    // Chromium reports what the page's policy blocks, even where Swagger UI only sanitizes it.
    const rest = problems.splice(0).filter((problem) => !problem.includes("Content Security Policy"));
    // The image x.
    expect(new Set(rest)).toEqual(new Set([expect.stringContaining("404 (Not Found)")]));
    expect(await page.evaluate("window.hacked")).toBeUndefined();
  });
});

/** Returns the document with text of an attacker in place of each summary and description. */
function makeHostile(document: OpenApi): OpenApi {
  const text = [
    "# Heading </script><script>window.hacked = 1</script>",
    '<img src="x" onerror="window.hacked = 2"><iframe src="javascript:window.parent.hacked = 3"></iframe>',
    "[link](javascript:window.hacked=4) <a href='javascript:window.hacked=5'>link</a> ![image](http://evil.test/a.png)",
    "<style>* { display: none }</style><video src='http://evil.test/a.mp4'></video><form action='http://evil.test'><input></form><svg onload=window.hacked=6>",
    `| a | b |\n| --- | --- |\n| ${"y".repeat(400)} | \`${"z".repeat(400)}\` |`,
    `\`\`\`\n${"w".repeat(400)}\n\`\`\`\n${"x".repeat(400)}`,
  ].join("\n\n");
  return JSON.parse(JSON.stringify(document), (key, value) =>
    ["summary", "description"].includes(key) && typeof value === "string" ? text : value,
  );
}
