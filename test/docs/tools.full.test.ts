// Bundlers and test runners, with the settings that docs/recipes.md prints.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Consumer, manifestWith } from "../support/consumer.ts";
import { versionsOf } from "../support/dependencies.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippet } from "../support/snippets.ts";

/** Returns the setting of a tool in the table of docs/recipes.md, as an object. */
function readSetting(tool: string): object {
  const [, setting] =
    new RegExp(`^\\| ${tool}\\b[^|]*\\| \`([^\`]+)\``, "m").exec(readFileSync("docs/recipes.md", "utf8")) ??
    [];
  return JSON.parse(`{${setting}}`);
}

/** Calls README's server, and encodes and decodes the response. */
const call = `
const runners = createClient(RunnersGateway, createConnectTransport({ baseUrl: "http://localhost:8080" }));
const called = runners
  .listWorkloadsByThread({ threadId: "b3e0" })
  .then((response) => toBinary(ListWorkloadsByThreadResponseSchema, response))
  .then((bytes) => fromBinary(ListWorkloadsByThreadResponseSchema, bytes).workloads[0].meta.id);
`;
const imports = {
  "@agynio/api/gateway/v1/runners": "RunnersGateway",
  "@agynio/api/runners/v1": "ListWorkloadsByThreadResponseSchema",
  "@bufbuild/protobuf": "fromBinary, toBinary",
  "@connectrpc/connect": "createClient",
  "@connectrpc/connect-web": "createConnectTransport",
};
const list = (write: (names: string, from: string) => string) =>
  Object.entries(imports)
    .map(([from, names]) => write(names, from))
    .join("\n");

let consumer: Consumer;
let server: Consumer;
let stop: () => Promise<void>;
beforeAll(async () => {
  const port = await freePort();
  server = Consumer.create("es");
  server.write({ "server.mts": readSnippet("README.md: A server 0", { 8080: port }) });
  await server.compile(["server.mts"]);
  stop = await serve(server.folder, ["server.mjs"], port);

  const tools = {
    parcel: "^2.16.0",
    jest: "^30.0.0",
    "jest-environment-jsdom": "^30.0.0",
    "jest-fixed-jsdom": "^0.0.11",
  };
  const runtime = versionsOf(["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"]);
  const fields = { private: true, ...readSetting("Parcel"), jest: readSetting("Jest with jsdom") };
  const code = call.replace("8080", `${port}`);
  consumer = await Consumer.install(
    {},
    {
      "package.json": manifestWith({ ...runtime, ...tools }, fields),
      "page.js": `${list((names, from) => `import { ${names} } from "${from}";`)}${code}called.then(console.log);\n`,
      "page.test.js": `${list((names, from) => `const { ${names} } = require("${from}");`)}${code}
test("works", async () => expect([typeof document, await called]).toEqual(["object", "w1"]));
`,
    },
    ["--ignore-scripts"],
  );
});
afterAll(async () => {
  await stop?.();
  server?.remove();
  consumer?.remove();
});

test("Parcel bundles a client that calls README's server", async () => {
  await consumer.output("node_modules/.bin/parcel", ["build", "page.js", "--no-cache", "--dist-dir", "out"]);
  expect(await consumer.output("node", ["out/page.js"])).toBe("w1\n");
});

test("Jest runs a client that calls README's server in a page of jsdom", async () => {
  const { code, stderr } = await consumer.run("node_modules/.bin/jest", []);
  expect({ code, stderr: `${stderr}` }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("1 passed, 1 total"),
  });
});
