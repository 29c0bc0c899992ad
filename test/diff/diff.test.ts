import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ViolationFinder } from "../../scripts/lib/breaking/violations.ts";
import { type Checkout, runPackage } from "../../scripts/lib/cli/process.ts";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { loadPair, loadWorkingTree, publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import {
  type ContractDiff,
  diffContracts,
  formatJson,
  formatMarkdown,
  formatTerminal,
  summarizeDiff,
} from "../../scripts/lib/diff/index.ts";
import { expectUserError } from "../support/errors.ts";
import { here, Repository, root, temporaryFolder } from "../support/repository.ts";
import { paths, smallContract } from "../support/small-contract.ts";
import { testRandomEdits } from "./check-random-edits.ts";

/** Images of releases, which never change. */
const releases = ["releases/1.0.0.binpb", "releases/1.1.0.binpb"];

let repository: Repository;
/** The diff of the releases. */
let added: ContractDiff;
beforeAll(async () => {
  repository = await Repository.create(smallContract);
  await buildImage(repository.checkout(), join(repository.root, publishedImage));
  await repository.git("commit", "--quiet", "--amend", "--all", "--message=Everything");
  added = await diff(releases, here);
});
beforeEach(() => repository.restore());

/** Compares two contracts as `npm run diff` does. */
async function diff(names: string[] = [], checkout: Checkout = repository.checkout()) {
  return diffContracts(checkout, ...(await loadPair(checkout, temporaryFolder(), names)));
}

const addField = () =>
  repository.edit(
    paths.orders,
    "repeated int32 ratings = 11;",
    "$&\n  // UUID of the order that this one repeats. Empty if none.\n  string repeats_id = 20;",
  );

test("compares the working tree, revisions, the last release and images", async () => {
  addField();
  const changed = (await repository.commit("A field")).slice(0, 7);
  await repository.git("tag", "v2");
  await repository.git("branch", "topic");
  await repository.git("reset", "--quiet", "--hard", "HEAD^");
  const main = (await repository.git("rev-parse", "HEAD")).slice(0, 7);
  repository.edit(paths.audit, /$/, "message Topic {\n  string id = 1;\n}\n");

  const odd = "a#format=json.binpb";
  repository.write({ [odd]: readFileSync(join(repository.root, publishedImage)) });

  const cases: [names: string[], title: string, summary: string][] = [
    [[odd, "v2"], `${odd} → v2 at ${changed}`, "minor: 1 field added"],
    [[], `main at ${main} (merge base) → the working tree`, "minor: 1 message added"],
    [["topic"], `topic at ${main} (merge base) → the working tree`, "minor: 1 message added"],
    [["main", "v2"], `main at ${main} → v2 at ${changed}`, "minor: 1 field added"],
    [["v2", "main"], `v2 at ${changed} → main at ${main}`, "major: 1 breaking (1 field removed)"],
    [["main", "main"], `main at ${main} → main at ${main}`, "no changes"],
    [
      ["published"],
      `the contract of the last release (${publishedImage}) → the working tree`,
      "minor: 1 message added",
    ],
    [[publishedImage, "v2"], `${publishedImage} → v2 at ${changed}`, "minor: 1 field added"],
  ];
  for (const [names, title, summary] of cases) {
    expect(
      formatTerminal(await diff(names))
        .split("\n")
        .slice(0, 2),
    ).toEqual([summary, title]);
  }
});

test("without an earlier contract, everything is added", async () => {
  const report = JSON.parse(formatJson(await diff()));
  expect(report.before).toMatch(/^nothing: HEAD at \w+ is the first commit$/);
  expect(report.summary).toBe("minor: 5 services (11 RPCs), 6 messages, 3 enums added");
});

test("formats the diff for a terminal, as Markdown and as JSON", async () => {
  addField();
  repository.edit(paths.orders, "customer_id", "buyer_id");
  const result = await diff();

  const [summary, , ...lines] = formatTerminal(result).split("\n");
  expect([summary, ...lines].join("\n")).toMatchInlineSnapshot(`
    "major: 1 breaking (1 field renamed); 1 field added

    Breaking
      acme.orders.v1
        ~ field Order.buyer_id: renamed from customer_id · public
            It breaks JSON. Instead: leave it unchanged and deprecate it; add another field with the next free
            number.
            FIELD_SAME_JSON_NAME, FIELD_SAME_NAME

    Added
      acme.orders.v1
        OrdersService · Order
          + field Order.repeats_id = 20, string · public
              UUID of the order that this one repeats.
    "
  `);
  expect(formatMarkdown(result)).toMatchInlineSnapshot(`
    "**major**: 1 breaking (1 field renamed); 1 field added

    ### Breaking

    #### \`acme.orders.v1\`

    - field \`Order.buyer_id\`: renamed from \`customer_id\` · public
      <br>It breaks JSON. Instead: leave it unchanged and deprecate it; add another field with the next free number.
      <br>\`FIELD_SAME_JSON_NAME\`, \`FIELD_SAME_NAME\`

    ### Added

    #### \`acme.orders.v1\`

    **OrdersService · Order**

    - field \`Order.repeats_id\` = 20, \`string\` · public
      <br>UUID of the order that this one repeats.
    "
  `);

  const report = JSON.parse(formatJson(result));
  expectValid(report);
  expect(report).toMatchObject({
    after: "the working tree",
    bump: "major",
    summary: "major: 1 breaking (1 field renamed); 1 field added",
    schemaVersion: 2,
  });
  expect(report.entries).toContainEqual({
    kind: "field",
    action: "added",
    impact: "addition",
    element: "acme.orders.v1.Order.repeats_id",
    package: "acme.orders.v1",
    service: "OrdersService",
    resource: "Order",
    public: true,
    file: "acme/orders/v1/orders.proto",
    number: 20,
    type: "string",
    comment: "UUID of the order that this one repeats.",
  });
  const renaming = { action: "renamed", impact: "breaking", from: "customer_id", to: "buyer_id" };
  expect(report.entries).toContainEqual(expect.objectContaining(renaming));
});

test("escapes the contract's text in Markdown, and does not end a sentence after e.g.", async () => {
  repository.edit(paths.audit, /$/, 'option php_namespace = "a`<img>\\nb";\n');
  repository.edit(
    paths.audit,
    "returns (AddRecordResponse);",
    "$&\n  // Mute silences e.g. <b>Bots</b>. For ever.\n  rpc Mute(AddRecordRequest) returns (AddRecordResponse);",
  );
  const result = await diff();
  const markdown = formatMarkdown(result);
  expect(markdown).toContain(
    "- option `php_namespace` of `acme/audit/v1/audit.proto`: none → `` a`<img> b ``",
  );
  expect(markdown).toContain("<br>Mute silences e.g. \\<b>Bots\\</b>.\n");
  const rpcs = result.entries.flatMap(({ contents }) => contents?.rpcs ?? []);
  expect(rpcs.map(({ comment }) => comment)).toEqual(["Mute silences e.g. <b>Bots</b>."]);
});

const schema = JSON.parse(readFileSync(join(root, "scripts/lib/diff/schema.json"), "utf8"));
const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

function expectValid(report: unknown): void {
  validate(report);
  expect(validate.errors).toBeNull();
}

test("the JSON of additions and removals conforms to the schema, which is strict", async () => {
  for (const result of [added, await diff(releases.toReversed(), here)]) {
    const report = JSON.parse(formatJson(result));
    expectValid(report);
    const [entry] = report.entries;
    expect(validate({ ...report, entries: [{ ...entry, more: 1 }] })).toBe(false);
    expect(validate({ ...report, entries: [{ ...entry, kind: "thing" }] })).toBe(false);
    expect(validate({ ...report, schemaVersion: 1 })).toBe(false);
  }
});

describe("refuses, with exit code 2 and a fix,", () => {
  const refuse = (names: string[], ...texts: string[]) => expectUserError(diff(names), 2, ...texts);

  test.each([
    [["nonesuch"], 'no revision called "nonesuch"', "git branch --all"],
    [["main", "nonesuch"], 'no revision called "nonesuch"', "git branch --all"],
    [["nonesuch.binpb"], "no descriptor image nonesuch.binpb", "buf build"],
    [["package.json"], "package.json is not a descriptor image", "buf build"],
  ])("the unknown contract %j", async (names, ...texts) => {
    await refuse(names, ...texts);
  });

  test("a contract that does not compile", async () => {
    repository.edit(paths.stock, "message Level {", "message Level {{");
    await refuse([], "does not compile", `${paths.stock}:`);
    const commit = await repository.commit("Damage");
    await repository.git("reset", "--quiet", "--hard", "HEAD^");
    await refuse([commit, "published"], "does not compile", "stock.proto:");
  });

  test("revisions outside of a git repository, but not images", async () => {
    const copy = Repository.empty();
    copy.write({
      ...Object.fromEntries(smallContract),
      [publishedImage]: readFileSync(join(root, publishedImage)),
    });
    const refused = diff([], copy.checkout({ npm_lifecycle_event: "diff" }));
    const fix = "CONTRACT_BASE=published npm run diff";
    await expectUserError(refused, 2, "is not in a git repository", fix);
    expect(summarizeDiff(await diff(["published", publishedImage], copy.checkout()))).toBe("no changes");
  });
});

test("the command prints the diff only, in the format asked for, or a part of it", async () => {
  const selection = { package: "agynio.api.agents.v1" };
  const command = ["npm", "run", "diff", "--", ...releases];
  const expected: [args: string[], output: string][] = [
    [["--format=json"], formatJson(added)],
    [
      ["--package", selection.package, "--breaking", "--comments", "--all"],
      formatTerminal(added, { ...selection, breaking: true, comments: true, all: true, command }),
    ],
  ];
  await Promise.all(
    expected.map(async ([args, output]) => {
      const all = ["scripts/diff.ts", ...releases, ...args];
      const { code, stdout, stderr } = await runPackage(here, "jiti", "jiti", all);
      expect({ code, stderr, stdout: stdout.toString() }).toEqual({ code: 0, stderr: "", stdout: output });
    }),
  );
});

test("docs/versions.md shows the diff from 1.0.0 to 1.1.0", async () => {
  const { name: npmName } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const output = formatTerminal(added, { npmName, command: ["npm", "run", "diff", "--", ...releases] });
  expect(output).toContain("minor: ");
  expect(readFileSync(join(root, "docs/versions.md"), "utf8")).toContain(
    `$ npm run -s diff -- ${releases.join(" ")}\n${output}\`\`\``,
  );
});

// The exceptions in buf.yaml and the published image do not matter here.
test("the contract breaks nothing of earlier releases", async () => {
  const { image } = await loadWorkingTree(here, temporaryFolder());
  for (const release of releases) {
    expect(await new ViolationFinder(here, { image }, { image: join(root, release) }).find()).toEqual([]);
  }
});

testRandomEdits(5);
