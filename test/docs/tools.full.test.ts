// Bundlers and test runners, with the settings that docs/recipes.md prints.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Consumer, manifestWith } from "../support/consumer.ts";
import { versionsOf } from "../support/dependencies.ts";
import { freePort, serve } from "../support/serve.ts";
import { readSnippet } from "../support/snippets.ts";

/** Returns the setting of a tool in the table of docs/recipes.md. */
function readSetting(tool: string): string {
  const row = new RegExp(`^\\| ${tool}\\b[^|]*\\| \`([^\`]+)\``, "m");
  return row.exec(readFileSync("docs/recipes.md", "utf8"))?.[1] ?? "";
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
    metro: "~0.81.0",
    parcel: "^2.16.0",
    jest: "^30.0.0",
    "jest-environment-jsdom": "^30.0.0",
    "jest-fixed-jsdom": "^0.0.11",
  };
  const runtime = versionsOf(["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-web"]);
  const jest = JSON.parse(`{${readSetting("Jest with jsdom")}}`);
  const fields = { private: true, ...JSON.parse(`{${readSetting("Parcel")}}`), jest };
  const code = call.replace("8080", `${port}`);
  consumer = await Consumer.install(
    {},
    {
      "package.json": manifestWith({ ...runtime, ...tools }, fields),
      "page.js": `${list((names, from) => `import { ${names} } from "${from}";`)}${code}called.then(console.log);\n`,
      "metro.config.js": `module.exports = {
  ${readSetting("Metro before 0.82")},
  // Metro then needs no Babel plugin for imports and exports.
  transformer: { getTransformOptions: () => ({ transform: { experimentalImportSupport: true } }) },
  // Its caches are deleted with the folder.
  cacheStores: [],
  fileMapCacheDirectory: __dirname,
};
`,
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

test("Metro before 0.82 bundles a client that calls README's server", async () => {
  const args = ["page.js", "--out", "metro.bundle", "--platform", "ios", "--max-workers", "1"];
  await consumer.output("node_modules/.bin/metro", ["build", ...args]);
  expect(await consumer.output("node", ["metro.bundle.js"])).toBe("w1\n");
});

test("Jest runs a client that calls README's server in a page of jsdom", async () => {
  const { code, stderr } = await consumer.run("node_modules/.bin/jest", []);
  expect({ code, stderr: `${stderr}` }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("1 passed, 1 total"),
  });
});
