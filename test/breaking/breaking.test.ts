import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { adviceForRule } from "../../scripts/lib/breaking/advice.ts";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { readExceptions, readModules } from "../../scripts/lib/breaking/config.ts";
import { formatComparison, toAnnotations } from "../../scripts/lib/breaking/report.ts";
import { formatAnnotations } from "../../scripts/lib/cli/github.ts";
import { runPackage } from "../../scripts/lib/cli/process.ts";
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
    const fallback = adviceForRule("NEW_RULE");
    expect(rules.map(({ id }) => id)).toContain("FIELD_NO_DELETE");
    expect(rules.filter(({ id }) => adviceForRule(id) === fallback)).toEqual([]);
  });
});

test("the report has place, rule, message, severity and advice, and what was compared", async () => {
  deleteField();
  expect(formatComparison(await compare())).toBe(
    `${paths.orders}:27:1 FIELD_NO_DELETE
  Previously present field "2" with name "customer_id" on message "Order" was deleted.
  It breaks bytes on the wire. Instead: ${adviceForRule("FIELD_NO_DELETE")}. A removal without \`reserved 2; reserved "customer_id";\` is worse: a later declaration could take its number, and would misread earlier bytes; with it, only generated code breaks.

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
  expect(annotations).toMatch(
    `::error file=${paths.orders},line=30,endLine=30,col=3,endColumn=23,title=FIELD_SAME_JSON_NAME%2C FIELD_SAME_NAME::Order.customer_id: renamed to buyer_id%0AIt breaks JSON. Instead: `,
  );

  const checkout = repository.checkout({ GITHUB_ACTIONS: "true" });
  const script = join(root, "scripts/breaking.ts");
  const { code, stdout, stderr } = await runPackage(checkout, "jiti", "jiti", [script, "--format", "json"]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: annotations });
  const violations = ["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME"].map((rule) => ({ rule, own: false }));
  const element = "acme.orders.v1.Order.customer_id";
  const finding = { element, severity: "json", file: paths.orders, line: 30, dependency: null, violations };
  expect(JSON.parse(stdout.toString())).toMatchObject({
    breaking: true,
    files: 6,
    changed: 1,
    findings: [finding],
  });
});

describe("an exception in buf.yaml", () => {
  const writeRules = (rules: string) =>
    repository.edit("buf.yaml", /^breaking:.*/ms, `breaking:\n  use: [FILE]\n  ${rules}\n`);

  test("does not excuse the change that adds it, and counts once it is on the base", async () => {
    writeRules("except: [FIELD_NO_DELETE]");
    expect((await compare()).findings).toEqual([]);
    deleteField();
    const { findings, excepted } = await compare();
    expect(findings).toMatchObject([{ severity: "wire", violations: [{ rule: "FIELD_NO_DELETE" }] }]);
    expect(findings[0]?.message).toContain("an exception counts once it is there");
    expect(excepted).toEqual([]);

    await repository.git("commit", "--quiet", "--message=Allow to delete fields", "buf.yaml");
    expect(await compare()).toMatchObject({ changed: 1, findings: [], unused: [] });
  });

  test("is listed with what it permits, each time", async () => {
    writeRules(`ignore_only: { FIELD_NO_DELETE: [${paths.orders}] }`);
    await repository.commit("Allow to delete fields of a file");
    for (const field of ["  string customer_id = 2;\n", "  int64 total_cents = 7;\n"]) {
      repository.edit(paths.orders, field, "");
      const comparison = await compare();
      expect(comparison).toMatchObject({ findings: [], excepted: [{ severity: "wire" }], unused: [] });
      const report = formatComparison(comparison);
      expect(report).toContain("It breaks bytes on the wire. It is excepted by buf.yaml.\n");
      expect(report).toContain("no breaking changes; 1 break, excepted by buf.yaml; compared with ");
      const annotations = formatAnnotations(toAnnotations(comparison), { GITHUB_ACTIONS: "true" });
      expect(annotations).toMatch(`::notice file=${paths.orders},line=27,`);
      await repository.commit("Delete a field");
    }
  });

  test("that permits nothing is named, unless the change removes it", async () => {
    writeRules(`except: [RPC_NO_DELETE, FIELD_NO_DELETE]\n  ignore: [proto/acme/nothing]`);
    await repository.commit("Allow");
    await repository.commit("Change nothing");
    const unused = ["except: RPC_NO_DELETE", "except: FIELD_NO_DELETE", "ignore: proto/acme/nothing"];
    expect(await compare()).toMatchObject({ findings: [], unused });
    deleteField();
    const comparison = await compare();
    expect(comparison).toMatchObject({ findings: [], excepted: [{}], unused: [unused[0], unused[2]] });
    const notice =
      'buf.yaml: the exception "except: RPC_NO_DELETE" in `breaking` permits no change. Remove it.';
    expect(formatComparison(comparison)).toContain(`${notice}\n`);
    writeRules("except: [FIELD_NO_DELETE]");
    expect(await compare()).toMatchObject({ findings: [], unused: [] });
  });

  // Each permits to delete a field of orders.proto, and nothing else.
  const file = paths.orders;
  const modules = "modules:\n  - path: proto\n  - path: third_party/geo\n";
  test.each([
    ["in flow style", `${modules}breaking: { ignore: ["${file}"] }`],
    [
      "with comments and quotes",
      `# Rules.\n${modules}'breaking':\n  "ignore": # A file.\n    - '${file}' # This.\n`,
    ],
    [
      "with a name before the path",
      `modules:\n  - name: buf.build/acme/orders\n    path: proto\n  - path: third_party/geo\nbreaking:\n  ignore_only:\n    FIELD_NO_DELETE:\n      - ${file}\n`,
    ],
    ["of a folder", `${modules}breaking: { ignore: [./proto/acme/orders/] }`],
    ["of a module's folder", `${modules}breaking: { ignore: [proto] }`],
    ["of a category", `${modules}breaking: { except: [CSR] }`],
    [
      "in a module",
      `modules:\n  - path: ./proto/\n    breaking: { except: [FIELD_NO_DELETE] }\n  - path: third_party/geo\n`,
    ],
    [
      "with merged keys",
      `modules:\n  - path: third_party/geo\n    breaking: &rules { use: [FILE], except: [FIELD_NO_DELETE] }\n  - path: proto\n    breaking: { <<: *rules }\n`,
    ],
  ])("is read as buf reads it: %s", async (_, text) => {
    repository.write({ "buf.yaml": `version: v2\n${text}` });
    await repository.commit("Rules");
    deleteField();
    const { stdout } = await buf(repository.checkout(), [
      "breaking",
      "--exclude-imports",
      "--against",
      ".git",
    ]);
    expect(stdout.toString()).toBe("");
    expect(await compare()).toMatchObject({ findings: [], excepted: [{}], unused: [] });
  });

  test("of another module or file does not count", async () => {
    for (const text of [
      `${modules}breaking: { ignore: [third_party/geo, proto/acme/audit] }`,
      "modules:\n  - path: proto\n  - path: third_party/geo\n    breaking: { except: [FIELD_NO_DELETE] }\n",
      "modules:\n  - path: proto\n    breaking: { use: [FILE] }\n  - path: third_party/geo\nbreaking: { except: [FIELD_NO_DELETE] }\n",
    ]) {
      repository.write({ "buf.yaml": `version: v2\n${text}` });
      await repository.commit("Rules");
      deleteField();
      expect(await compare()).toMatchObject({ findings: [{ element: "acme.orders.v1.Order.customer_id" }] });
      await repository.restore();
    }
  });
});

test("the exceptions of a buf.yaml have the rules of each module without the others", () => {
  expect(readExceptions("")).toEqual([]);
  expect(readModules("")).toEqual([{ folder: ".", isDependency: false, rules: { use: ["FILE"] } }]);
  const text = `deps: [buf.build/acme/geo:v1]
modules: [{ path: a, name: buf.build/acme/geo }, { path: b }]
breaking: { use: [WIRE], except: [X], ignore: [a/c, b] }
`;
  const rules = { use: ["WIRE"], except: ["X"] };
  expect(readModules(text)).toEqual([
    { folder: "a", name: "buf.build/acme/geo", isDependency: true, rules: { ...rules, ignore: ["c"] } },
    { folder: "b", isDependency: false, rules: undefined },
  ]);
  const [except, ignore] = readExceptions(text);
  expect(except).toMatchObject({ text: "except: X", scopes: [{ excepted: rules }, { excepted: rules }] });
  expect(ignore).toMatchObject({ scopes: [{ excepted: { use: ["WIRE"], ignore: ["c"] } }, { folder: "b" }] });
});
