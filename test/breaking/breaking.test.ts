import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adviceFor } from "../../scripts/lib/breaking/advice.ts";
import { compareWithBase, isJsonRule } from "../../scripts/lib/breaking/compare.ts";
import { formatComparison, toAnnotations } from "../../scripts/lib/breaking/report.ts";
import { toImageRules } from "../../scripts/lib/breaking/rules.ts";
import { formatAnnotations } from "../../scripts/lib/cli/github.ts";
import { run } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { loadBase, loadWorkingTree } from "../../scripts/lib/contract/snapshot.ts";
import { here, Repository, root, temporaryFolder } from "../support/repository.ts";
import { paths, smallContract } from "../support/small-contract.ts";

let repository: Repository;
let initial: string;
beforeAll(async () => {
  repository = await Repository.create(smallContract);
  initial = await repository.git("rev-parse", "HEAD");
});
beforeEach(async () => {
  await repository.restore();
  await repository.git("reset", "--quiet", "--hard", initial);
});

/** Compares the working tree with its base, as `npm run breaking` does. */
async function compare() {
  const checkout = repository.checkout();
  const base = await loadBase(checkout, temporaryFolder());
  const { image } = await loadWorkingTree(checkout, temporaryFolder());
  return compareWithBase(checkout, image, base);
}

const deleteField = () => repository.edit(paths.orders, "  string customer_id = 2;\n", "");

describe("every rule of buf", async () => {
  const { stdout } = await buf(here, ["config", "ls-breaking-rules", "--version", "v2", "--format", "json"]);
  const rules = stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; categories: string[] });

  test("has advice", () => {
    expect(rules.map(({ id }) => id)).toContain("FIELD_NO_DELETE");
    expect(rules.filter(({ id }) => adviceFor(id) === undefined)).toEqual([]);
  });

  test("of the categories WIRE and WIRE_JSON is about JSON only if it is not in WIRE", () => {
    const compatibility = rules.filter(({ categories }) =>
      categories.some((name) => name.startsWith("WIRE")),
    );
    expect(compatibility.length).toBeGreaterThan(20);
    expect(compatibility.filter(({ id }) => isJsonRule(id))).toEqual(
      compatibility.filter(({ categories }) => !categories.includes("WIRE")),
    );
  });
});

test("the report has place, rule, message, severity and advice, and what was compared", async () => {
  deleteField();
  expect(formatComparison(await compare())).toBe(
    `${paths.orders}:27:1 FIELD_NO_DELETE
  Previously present field "2" with name "customer_id" on message "Order" was deleted.
  It breaks bytes on the wire. Instead: ${adviceFor("FIELD_NO_DELETE")}.

1 breaking change; compared with main at ${initial.slice(0, 7)} (merge base), 6 files, 1 of them changed
`,
  );
});

test("a deleted file is reported where it was, and breaks deployed clients", async () => {
  repository.write({ "third_party/geo/place/v1/place.proto": repository.read(paths.geo) });
  repository.edit(paths.orders, "geo/v1/geo.proto", "place/v1/place.proto");
  // Its folder as well, so that nothing in the working tree shows where the file was.
  repository.delete("third_party/geo/geo");
  const report = formatComparison(await compare());
  expect(report).toContain(`${paths.geo}:1:1 FILE_NO_DELETE\n`);
  expect(report).toContain(
    "It breaks generated code, and deployed clients that call an RPC of it. Instead: ",
  );
});

test("the command prints valid JSON and exits with 1, and GitHub Actions gets annotations", async () => {
  repository.edit(paths.orders, "customer_id", "buyer_id");
  const comparison = await compare();
  const annotations = formatAnnotations(toAnnotations(comparison), { GITHUB_ACTIONS: "true" });
  expect(annotations.split("\n")[1]).toMatch(
    `::error file=${paths.orders},line=30,endLine=30,col=10,endColumn=18,title=FIELD_SAME_NAME::Field "2" on message "Order" changed name from "customer_id" to "buyer_id".%0AIt breaks JSON. Instead: `,
  );

  const checkout = repository.checkout({ GITHUB_ACTIONS: "true" });
  const script = join(root, "scripts/breaking.ts");
  const { code, stdout, stderr } = await run(checkout, "jiti", [script, "--format", "json"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: annotations });
  const findings = comparison.findings.map((finding) => expect.objectContaining(finding));
  expect(JSON.parse(stdout.toString())).toMatchObject({ breaking: true, files: 6, changed: 1, findings });
});

describe("an exception in buf.yaml", () => {
  const writeRules = (rules: string) =>
    repository.edit("buf.yaml", /^breaking:.*/ms, `breaking:\n  use: [FILE]\n  ${rules}\n`);

  test("does not excuse the change that adds it, and counts once it is on the base", async () => {
    writeRules("except: [FIELD_NO_DELETE]");
    expect((await compare()).findings).toEqual([]);
    deleteField();
    const { findings } = await compare();
    expect(findings).toMatchObject([{ rule: "FIELD_NO_DELETE", severity: "wire" }]);
    expect(findings[0]?.message).toContain("an exception counts once it is there");

    await repository.git("commit", "--quiet", "--message=Allow to delete fields", "buf.yaml");
    expect(await compare()).toMatchObject({ changed: 1, findings: [] });
  });

  test("can ignore a file", async () => {
    writeRules(`ignore: [${paths.orders}]`);
    await repository.commit("Ignore a file");
    deleteField();
    expect(await compare()).toMatchObject({ changed: 1, findings: [] });
  });
});

describe("the rules for images", () => {
  test.each([
    ["", "version: v2\n"],
    ["version: v2\nlint:\n  use: [STANDARD]\nplugins:\n  - plugin: x\n", "version: v2\n"],
    [
      `version: v2
modules:
  - name: buf.build/acme/api
    path: 'proto' # The contract.
  - { path: "third_party/geo", breaking: { use: [WIRE] } }
breaking: { use: ["FILE"], ignore: [proto/a.proto, 'third_party/geo/b'], ignore_only: { RPC_NO_DELETE: [c] } }
`,
      `version: v2
breaking:
  use:
    - FILE
  ignore:
    - a.proto
    - b
  ignore_only:
    RPC_NO_DELETE:
      - c
`,
    ],
  ])("are `breaking` of buf.yaml, with import paths: case %#", (bufYaml, rules) => {
    expect(toImageRules(bufYaml)).toBe(rules);
  });
});
