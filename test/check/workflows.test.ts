// The conditions of the workflows, evaluated by the library of GitHub's own editor support.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import getReleasePlan from "@changesets/get-release-plan";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { run, runPackage } from "../../scripts/lib/cli/process.ts";
import { changesetText, createRepository } from "../changesets/repository.ts";
import { root, temporaryFolder } from "../support/repository.ts";

type Status = "success" | "failure" | "cancelled" | "skipped";

interface Step {
  id?: string;
  name?: string;
  run?: string;
  uses?: string;
  if?: string;
}
interface Job {
  if?: string;
  needs?: string | string[];
  outputs?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, Job>;
}

const readWorkflow = (name: string) =>
  parse(readFileSync(join(root, ".github/workflows", name), "utf8")) as Workflow;

/** Evaluates an expression in `${{ }}`. */
function evaluate(expression: string, contexts: object, statuses: Status[]): data.ExpressionData {
  const isSuccess = statuses.every((status) => status === "success");
  const values = {
    always: true,
    cancelled: statuses.includes("cancelled"),
    failure: statuses.includes("failure"),
    success: isSuccess,
  };
  const functions = Object.entries(values).map(([name, value]) => ({
    ...{ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) },
  }));
  const text = expression.replace(/^\$\{\{(.*)\}\}$/s, "$1");
  const tree = new Parser(new Lexer(text).lex().tokens, Object.keys(contexts), functions).parse();
  const context = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(tree, context, new Map(functions.map((item) => [item.name, item]))).evaluate();
}

/**
 * Evaluates a condition. Without a status function, it also requires success:
 * https://docs.github.com/actions/reference/workflows-and-actions/expressions#status-check-functions
 */
function holds(condition = "true", contexts: object, statuses: Status[]): boolean {
  const isFree = /\b(always|cancelled|failure|success)\(\)/.test(condition);
  const value = evaluate(condition, contexts, statuses).coerceString();
  return !["", "false", "0"].includes(value) && (isFree || statuses.every((status) => status === "success"));
}

interface Run {
  github: { repository?: string; event_name?: string };
  /** Outputs of steps, by ID. */
  outputs?: Record<string, Record<string, string>>;
  /** Results of jobs that run; success by default. */
  results?: Record<string, Status>;
}

/** Returns the jobs that run, each with the names or commands of its steps that run. */
function simulate({ jobs }: Workflow, { github, outputs = {}, results = {} }: Run): Record<string, string[]> {
  const ran: Record<string, string[]> = {};
  const needs: Record<string, { result: Status; outputs: Record<string, string> }> = {};
  const steps = Object.fromEntries(Object.entries(outputs).map(([id, values]) => [id, { outputs: values }]));
  for (const [name, job] of Object.entries(jobs)) {
    const own = Object.fromEntries([job.needs ?? []].flat().map((need) => [need, needs[need]]));
    const statuses = Object.values(own).map((need) => need?.result ?? "skipped");
    const runs = holds(job.if, { github, needs: own }, statuses);
    const result = runs ? (results[name] ?? "success") : "skipped";
    const values = Object.entries(job.outputs ?? {}).map(([key, expression]) => [
      key,
      evaluate(expression, { steps }, []).coerceString(),
    ]);
    needs[name] = { result, outputs: runs ? Object.fromEntries(values) : {} };
    if (runs) {
      ran[name] = job.steps
        .filter((step) => holds(step.if, { github, steps, needs: own }, []))
        .map((step) => step.name ?? step.run ?? step.uses ?? "");
    }
  }
  return ran;
}

describe("the release workflow", () => {
  const workflow = readWorkflow("release.yml");
  const startChecks = "Start the checks of that pull request";

  // Outputs that changesets/action 1.9.0 wrote when it ran with such files in .changeset. It creates no pull request if
  // every changeset is empty, and fails if one cannot be read.
  const nothing = { published: "false", publishedPackages: "[]" };
  const without = { ...nothing, hasChangesets: "false" };
  const empty = { ...nothing, hasChangesets: "true" };
  const pending = { ...empty, pullRequestNumber: "7" };
  test.each<[string, Record<string, string>, Status, checks: boolean]>([
    ["no changeset", without, "success", false],
    ["changesets of a later release", pending, "success", true],
    ["empty changesets only", empty, "success", false],
    ["a changeset that is never consumed", pending, "success", true],
    ["a changeset that names a private package too", empty, "failure", false],
    ["an unreadable changeset", {}, "failure", false],
    ["a cancelled job", {}, "cancelled", false],
  ])("publishes with %s on main", (_, changesets, version, checks) => {
    const run: Run = { github: { repository: "agynio/api" }, outputs: { changesets }, results: { version } };
    const ran = simulate(workflow, run);
    expect(Object.keys(ran)).toEqual(["version", "publish"]);
    expect(ran.version?.includes(startChecks)).toBe(checks);
  });

  test("does nothing in a fork", () => {
    expect(simulate(workflow, { github: { repository: "someone/api" } })).toEqual({});
  });

  const actionOf = (job?: Job) => job?.steps.findIndex(({ uses }) => uses?.startsWith("changesets/action@"));

  // The action publishes if it finds no changeset: its library is the one that plans releases.
  test.each([
    ["no changeset", {}],
    ["README.md", { "README.md": "# Changesets\n" }],
    ["a changeset of a later release", { "with space.md": changesetText("minor") }],
    ["a changeset that is never consumed", { "a.md": changesetText("patch", "connect-v1") }],
    ["an unreadable changeset", { "a.md": "" }],
    ["folders", { "old/changes.json": "{}", ".hidden/a.md": "" }],
  ])("shows no changeset to the action that publishes, with %s in .changeset", async (_, files) => {
    const repository = await createRepository();
    repository.write(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`.changeset/${name}`, text])),
    );
    const { publish } = workflow.jobs;
    const steps = publish?.steps.slice(0, actionOf(publish)) ?? [];
    for (const step of steps.filter(({ run }) => run !== "npm ci")) {
      const result = await run(repository.checkout(), "sh", ["-euc", step.run ?? ""]);
      expect(result).toMatchObject({ code: 0, stderr: "" });
    }
    expect((await getReleasePlan(repository.root)).changesets).toEqual([]);
    expect(readdirSync(join(repository.root, ".changeset"))).toEqual(["config.json"]);
  });

  test.each([
    ["0.9.0", ["/@agynio%2fapi"]],
    ["1.0.0", []],
  ])("publishes 1.0.0 if npm has only %s", async (released, published) => {
    const puts: (string | undefined)[] = [];
    const server = createServer(({ method, url }, response) => {
      if (method === "PUT") {
        puts.push(url);
      }
      const version = { name: "@agynio/api", version: released, dist: { tarball: "http://localhost/x.tgz" } };
      const packument = { "dist-tags": { latest: released }, versions: { [released]: version } };
      response.end(JSON.stringify({ name: "@agynio/api", ...packument }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const registry = `//127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const repository = await createRepository();
    repository.edit("package.json", "{", `{ "publishConfig": { "registry": "http:${registry}" },`);
    repository.write({ ".npmrc": `${registry}:_authToken=x\n` });
    const env = { npm_config_cache: temporaryFolder() };
    const { code } = await runPackage(repository.checkout(env), "@changesets/cli", "changeset", ["publish"]);
    server.close();
    expect(code).toBe(0);
    expect(puts).toEqual(published);
  });
});

describe("the workflow of pull requests", () => {
  const workflow = readWorkflow("pull-request.yml");
  const { gate, ...others } = workflow.jobs;

  test.each([
    ["pull_request", true],
    ["merge_group", true],
    ["push", false],
    ["workflow_dispatch", false],
  ])("runs every job for %s", (event, checksChangesets) => {
    expect(Object.keys(workflow.on)).toContain(event);
    const ran = simulate(workflow, { github: { event_name: event } });
    expect(Object.keys(ran)).toEqual(Object.keys(workflow.jobs));
    expect(ran.check).toContain("Report the contract's difference");
    expect(ran.check?.includes("npm run changeset:check")).toBe(checksChangesets);
  });

  test("has a gate that needs every job but the one on Windows", () => {
    expect([...(gate?.needs ?? []), "windows"].sort()).toEqual(Object.keys(others).sort());
  });

  test.each<[Status, code: number]>([
    ["success", 0],
    ["failure", 1],
    ["cancelled", 1],
    ["skipped", 1],
  ])("reports the gate after %s of a job", async (status, code) => {
    const ran = simulate(workflow, { github: { event_name: "merge_group" }, results: { test: status } });
    expect(ran.gate).toHaveLength(1);
    const checkout = { root, env: { ...process.env, RESULTS: `success ${status} success` } };
    expect((await run(checkout, "sh", ["-ec", gate?.steps[0]?.run ?? ""])).code).toBe(code);
  });
});
