// Two validators of OpenAPI that know nothing of each other: Redocly's, and Hyperjump's implementation of JSON Schema
// 2020-12 with the schemas that the OpenAPI Initiative publishes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDocument } from "../../scripts/lib/openapi/document.ts";
import { Consumer } from "../support/consumer.ts";
import { compile, compileEveryShape, compileLegacy, hostileContract } from "./contracts.ts";
import type { OpenApi } from "./document.ts";

const tools = { "@redocly/cli": "2.77.0", "@hyperjump/json-schema": "1.18.0", "@hyperjump/browser": "1.5.0" };

const files = {
  "redocly.yaml": `extends: [recommended]
telemetry: off
rules:
  # Every error has the response "default".
  operation-4xx-response: off
  # npm run lint refuses a service without a comment.
  tag-description: off
  # It takes code for HTML; test/openapi/document.test.ts renders the descriptions.
  no-unsafe-markdown: off
`,
  "hyperjump.mjs": `import { readFileSync } from "node:fs";
import { validate } from "@hyperjump/json-schema/openapi-3-1";
const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { valid, errors = [] } = await validate("https://spec.openapis.org/oas/3.1/schema-base", document, "BASIC");
console.log(JSON.stringify(valid ? [] : errors.map(({ instanceLocation }) => instanceLocation)));
`,
};

let consumer: Consumer;
beforeAll(async () => {
  consumer = await Consumer.install(tools, files, ["--ignore-scripts"]);
});
afterAll(() => consumer?.remove());

/** Returns the findings of both validators in a document. */
async function findProblems(document: string): Promise<{ redocly: string[]; hyperjump: string[] }> {
  consumer.write({ "openapi.json": document });
  // The first finds updates of itself on the network.
  const redocly = [
    "REDOCLY_SUPPRESS_UPDATE_NOTICE=true",
    "node_modules/.bin/redocly",
    "lint",
    "--format=json",
  ];
  const [linted, validated] = await Promise.all([
    consumer.run("env", [...redocly, "openapi.json"]),
    consumer.output("node", ["hyperjump.mjs", "openapi.json"]),
  ]);
  const { problems } = JSON.parse(linted.stdout.toString()) as {
    problems: { ruleId: string; message: string; location: { pointer: string }[] }[];
  };
  return {
    redocly: problems
      // Streams name it in words.
      .filter(({ message }) => !message.includes('"connect.EndStreamResponse" is never used'))
      .map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`),
    hyperjump: JSON.parse(validated),
  };
}

const none = { redocly: [], hyperjump: [] };

test("the packed document is valid", async () => {
  const path = join(consumer.folder, "node_modules/@agynio/api/dist/openapi.json");
  expect(await findProblems(readFileSync(path, "utf8"))).toEqual(none);
});

test.each(
  Object.entries({
    "a contract with every shape": compileEveryShape,
    "a contract in proto2 and editions": compileLegacy,
    "hostile comments": () => compile({ "acme/gateway.proto": hostileContract() }),
  }),
)("the document of %s is valid", async (_, load) => {
  expect(await findProblems(JSON.stringify(createDocument(await load())))).toEqual(none);
});

test("both validators find faults in schemas, paths and operations", async () => {
  const openapi = createDocument(await compileLegacy()) as unknown as OpenApi;
  const { schemas } = openapi.components;
  const [one, two, three, four] = ["acme.Legacy", "acme.Modern", "acme.Choice", "acme.Grade"] as const;
  const broken = {
    ...openapi,
    paths: { ...openapi.paths, path: {}, "/path": { call: {} } },
    components: {
      ...openapi.components,
      schemas: {
        ...schemas,
        [one]: { type: "text" },
        [two]: { type: "object", required: "id" },
        [three]: { type: "array", items: 1 },
        [four]: { type: "object", minProperties: -1 },
      },
    },
  };
  const { redocly, hyperjump } = await findProblems(JSON.stringify(broken));
  const places = [
    "#/paths/path",
    "#/paths/~1path/call",
    `#/components/schemas/${one}/type`,
    `#/components/schemas/${two}/required`,
    `#/components/schemas/${three}/items`,
    `#/components/schemas/${four}/minProperties`,
  ];
  for (const place of places) {
    expect(
      redocly.some((problem) => problem.endsWith(place)),
      place,
    ).toBe(true);
    expect(hyperjump, place).toContain(place);
  }
});
