import { readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import * as rules from "../../lint/rules/index.ts";
import { groupBy } from "../../scripts/lib/cli/collections.ts";
import { listFiles } from "../../scripts/lib/cli/files.ts";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { here, root } from "../support/repository.ts";

const ids = Object.values(rules).map(({ id }) => id);

/** Has a folder for each rule, in which each file and each folder is a case. */
const folder = "test/lint/rules";

/** Returns the ID of the rule that a file is about. */
const ruleOf = (path: string) => `AGYN_${path.split("/")[0]?.toUpperCase()}`;

/** What a rule reports about a file. */
interface Finding {
  path: string;
  /** As `line:column message`. */
  finding: string;
}

/**
 * Reads the findings that a file expects of its rule. `//! 3 Message.` expects one at column 3 of the line, or of the
 * last line above it that has code.
 */
function readExpected(path: string): Finding[] {
  const lines = readFileSync(join(root, folder, path), "utf8").split("\n");
  let codeLine = 0;
  return lines.flatMap((line, index) => {
    const [code = "", ...expected] = line.split("//! ");
    codeLine = code.trim() === "" ? codeLine : index + 1;
    return expected.map((finding) => ({ path, finding: `${codeLine}:${finding}` }));
  });
}

const paths = listFiles(join(root, folder)).filter((path) => path.endsWith(".proto"));
const cases = [...groupBy(paths, (path) => path.split("/", 2).join("/"))].map(([name, files]) => {
  const expected = files.flatMap(readExpected);
  const verb = expected.length > 0 ? "rejects" : "accepts";
  return { rule: ruleOf(name), verb, title: basename(name, ".proto").replaceAll("_", " "), files, expected };
});

let findings: Finding[];

beforeAll(async () => {
  const { code, stdout, stderr } = await buf(here, ["lint", folder, "--error-format", "json"]);
  expect({ code, stderr }).toEqual({ code: 100, stderr: "" });
  const lines = stdout.toString().trim().split("\n");
  findings = lines.flatMap((line) => {
    const { path: fullPath, start_line, start_column, type, message } = JSON.parse(line);
    const path = relative(folder, fullPath);
    return type === ruleOf(path) ? { path, finding: `${start_line}:${start_column} ${message}` } : [];
  });
});

test.each(["accepts", "rejects"])("each rule has a case that it %s", (wanted) => {
  expect(new Set(cases.filter(({ verb }) => verb === wanted).map(({ rule }) => rule))).toEqual(new Set(ids));
});

for (const { rule, verb, title, files, expected } of cases) {
  test(`${rule} ${verb} ${title}`, () => {
    expect(findings.filter(({ path }) => files.includes(path))).toEqual(expected);
  });
}

describe("the contract", () => {
  test("follows the rules", async () => {
    const result = await buf(here, ["lint"]);
    expect(outputOf(result)).toBe("");
    expect(result.code).toBe(0);
  });

  test("is checked by every rule, and OpenTelemetry's protocol by the rule about its syntax", async () => {
    const configured = async (module: string) => {
      const args = ["config", "ls-lint-rules", "--configured-only", "--module-path", module];
      const { stdout } = await buf(here, [...args, "--format", "json"]);
      return stdout.toString().match(/AGYN_\w+/g) ?? [];
    };
    expect(await configured("proto")).toEqual(ids);
    expect(await configured("third_party/opentelemetry")).toEqual([rules.syntax.id]);
  });
});
