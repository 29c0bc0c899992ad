// The conditions of the workflows, evaluated by the library of GitHub's own editor support.
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import getReleasePlan from "@changesets/get-release-plan";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkChangesets } from "../../scripts/lib/changesets/check.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { changesetText, contract, createRepository, edits } from "../changesets/repository.ts";
import { expectUserError } from "../support/errors.ts";
import { type Repository, root } from "../support/repository.ts";

type Status = "success" | "failure" | "cancelled" | "skipped";

interface Step {
  id?: string;
  name?: string;
  run?: string;
  uses?: string;
  if?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}
interface Job {
  if?: string;
  needs?: string | string[];
  concurrency?: unknown;
  outputs?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: object;
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
  github: { repository?: string; event_name?: string; sha?: string };
  /** Outputs of steps, by ID. */
  outputs?: Record<string, Record<string, string>>;
  /** Results of jobs that run; success by default. */
  results?: Record<string, Status>;
}

const nameOf = ({ name, run, uses }: Step) => name ?? run ?? uses;

/** Returns the jobs that run, each with the names or commands of its steps that run. */
function simulate({ jobs }: Workflow, { github, outputs = {}, results = {} }: Run) {
  const ran: Record<string, (string | undefined)[]> = {};
  const steps = Object.fromEntries(Object.entries(outputs).map(([id, values]) => [id, { outputs: values }]));
  const needs: Record<string, { result: Status; outputs: Record<string, string> }> = {};
  for (const [name, job] of Object.entries(jobs)) {
    const own = Object.fromEntries([job.needs ?? []].flat().map((need) => [need, needs[need]]));
    const statuses = Object.values(own).map((need) => need?.result ?? "skipped");
    const runs = holds(job.if, { github, needs: own }, statuses);
    const written = Object.entries(runs ? (job.outputs ?? {}) : {}).map(([key, expression]) => [
      key,
      evaluate(expression, { github, steps, needs: own }, []).coerceString(),
    ]);
    const result = runs ? (results[name] ?? "success") : "skipped";
    needs[name] = { result, outputs: Object.fromEntries(written) };
    if (runs) {
      ran[name] = job.steps.filter((step) => holds(step.if, { github, steps, needs: own }, [])).map(nameOf);
    }
  }
  return ran;
}

test.each(["release.yml", "pull-request.yml"])("no failure in %s is ignored but those on Windows", (name) => {
  const { windows, ...jobs } = readWorkflow(name).jobs;
  expect(JSON.stringify(jobs)).not.toContain("continue-on-error");
});

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
    ["a changeset that names a private package", empty, "failure", false],
    ["an unreadable changeset", {}, "failure", false],
    ["a cancelled job", {}, "cancelled", false],
  ])("publishes with %s on main", (_, changesets, version, checks) => {
    const run: Run = { github: { repository: "agynio/api" }, outputs: { changesets }, results: { version } };
    const ran = simulate(workflow, run);
    expect(Object.keys(ran)).toEqual(["version", "publish"]);
    expect(ran.publish).toEqual(workflow.jobs.publish?.steps.map(nameOf));
    expect(ran.version?.includes(startChecks)).toBe(checks);
  });

  test("does nothing in a fork", () => {
    expect(simulate(workflow, { github: { repository: "someone/api" } })).toEqual({});
  });

  const released = { published: "true", publishedPackages: '[{"name":"@agynio/api","version":"1.2.0"}]' };
  test.each<[string, changesets: object, release: object, Status, published: boolean]>([
    ["a release", released, {}, "success", true],
    ["a release that GitHub lacks", released, {}, "failure", false],
    ["the run that completes it", without, { created: "true" }, "success", true],
    ["a cancelled job", released, {}, "cancelled", false],
    ["no release", without, {}, "success", false],
    ["a failure of npm", {}, {}, "failure", false],
  ])("publishes the reference after %s", (_, changesets, release, publish, published) => {
    const run: Run = {
      github: { repository: "agynio/api" },
      outputs: { changesets: { ...changesets }, release: { ...release } },
      results: { publish, reference: "failure" },
    };
    const expected = ["version", "publish", ...(published ? ["reference"] : [])];
    expect(Object.keys(simulate(workflow, run))).toEqual(expected);
  });

  test("publishes the reference as of the newest release, in a job that no other needs", () => {
    const { publish, reference, ...others } = workflow.jobs;
    expect(JSON.stringify([publish?.needs, others])).not.toContain("reference");
    expect(reference).toMatchObject({
      needs: "publish",
      concurrency: "release-reference",
      permissions: { contents: "read", pages: "write", "id-token": "write" },
      environment: { name: "github-pages" },
    });
    const steps = reference?.steps ?? [];
    const commands = steps.map(({ id, run, uses }) =>
      uses ? uses.replace(/@[0-9a-f]{40}$/, "") : (id ?? run),
    );
    expect(commands).toEqual([
      "newest",
      "actions/checkout",
      "actions/setup-node",
      "npm ci",
      "npm run docs",
      "actions/upload-pages-artifact",
      "actions/deploy-pages",
    ]);
    expect(steps[1]?.with?.ref).toMatch(/^.{3} steps\.newest\.outputs\.tag \}\}$/);
    expect(steps[5]?.with).toEqual({ path: "site" });
  });

  test.concurrent.each([
    [0, "tag=v1.2.0\n"],
    [1, ""],
  ])("reads the newest release from GitHub, which answers with code %i", async (code, written) => {
    const repository = await createRepository("main");
    const newest = "release view --json tagName --jq .tagName";
    repository.write({ "bin/gh": `#!/bin/sh\n[ ${code} = 0 ] && [ "$*" = "${newest}" ] && echo v1.2.0\n` });
    chmodSync(join(repository.root, "bin/gh"), 0o755);
    const script = workflow.jobs.reference?.steps[0]?.run ?? "";
    const lines = `PATH="$PWD/bin:$PATH"; GITHUB_OUTPUT=output; touch output\n${script}`;
    const result = await run(repository.checkout(), "bash", ["-ec", lines]);
    expect([result.code, repository.read("output")]).toEqual([code, written]);
  });

  test("publishes what the job says, with provenance and no token of npm", () => {
    expect(workflow.on).toEqual({ push: { branches: ["main"] } });
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs).toMatchObject({
      version: {
        concurrency: "release-version",
        permissions: { contents: "write", "pull-requests": "write", actions: "write" },
        steps: expect.arrayContaining([
          expect.objectContaining({
            with: { version: "npm run version", commit: "Release", title: "Release" },
          }),
          expect.objectContaining({ run: "gh workflow run pull-request.yml --ref changeset-release/main" }),
        ]),
      },
      publish: {
        concurrency: "release-publish",
        permissions: { contents: "write", "id-token": "write" },
        steps: expect.arrayContaining([
          expect.objectContaining({
            env: expect.objectContaining({ NPM_CONFIG_PROVENANCE: true }),
            with: { publish: "npm run release" },
          }),
        ]),
      },
    });
    expect(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts).toMatchObject({
      release: "changeset publish",
      prepack: "npm run check && npm run build",
      prepublishOnly: "npm run changeset:check -- --against published",
    });
  });

  /** Runs the steps of the job that publishes, up to the action. */
  async function prepare(repository: Repository): Promise<void> {
    const { steps = [] } = workflow.jobs.publish ?? {};
    const action = steps.findIndex(({ uses }) => uses?.startsWith("changesets/action@"));
    const scripts = steps.slice(0, action).flatMap((step) => (step.run ? [step.run] : []));
    for (const script of scripts.filter((text) => text !== "npm ci")) {
      expect(outputOf(await runScript(repository, script))).not.toContain("fatal");
    }
  }

  async function runScript(repository: Repository, script: string) {
    const result = await run(repository.checkout(), "sh", ["-euc", script]);
    expect(result).toMatchObject({ code: 0 });
    return result;
  }

  const prelude = `
commit() { git add --all; git commit --quiet --message="$1"; }
edit() { sed "$1" $2 > new; mv new $2; }
release() { edit 's/"version":"[0-9.]*"/"version":"'$1'"/' package.json; printf '## %s\\n\\nAbout it.\\n' $1 | cat - CHANGELOG.md > new; mv new CHANGELOG.md; commit Release; }
released() { git tag released; }
later() { echo "$1" > .changeset/$1.md; echo > src/$1.ts; commit Later; }
echo > CHANGELOG.md; release 1.0.9; later a; git switch --quiet --create pull
`;
  const layouts = `
later commits                  | release 1.1.0; released; later b; later c
a merge of the pull request    | release 1.1.0; git switch -q main; later b; git merge -q pull; released; later c
a squash of the pull request   | release 1.1.0; later b; git switch -q main; git merge -q --squash pull; commit Squash; released; later c
a version that begins alike    | release 1.0.90; released; later b
a formatted package.json       | release 1.1.0; released; node -p 'JSON.stringify(JSON.parse(fs.readFileSync("package.json")), null, 4)' > new; mv new package.json; commit Format
a version in another field     | release 1.1.0; released; edit 's/}$/,"volta":{"version":"9.0.0"}}/' package.json; commit Field
an edit of CHANGELOG.md        | release 1.1.0; released; edit 's/About/All about/' CHANGELOG.md; commit Text
`;
  test.concurrent.each(
    layouts
      .trim()
      .split("\n")
      .map((row) => row.split(/ +\| /)),
  )("publishes the commit that set the version: %s", async (_, script) => {
    const repository = await createRepository("main");
    await runScript(repository, prelude + script);
    await prepare(repository);
    expect(await repository.git("rev-parse", "HEAD")).toBe(await repository.git("rev-parse", "released"));
  });

  /** Makes a repository whose last commit sets the version. */
  async function createRelease(files: Record<string, string>): Promise<Repository> {
    const repository = await createRepository("main");
    repository.edit("package.json", "1.0.0", "1.1.0");
    repository.write({ "CHANGELOG.md": "## 1.1.0\n", ...files });
    await repository.commit("Release");
    return repository;
  }

  // The action publishes if it finds no changeset: its library is the one that plans releases.
  test.concurrent.each([
    ["no changeset", {}],
    ["README.md", { "README.md": "# Changesets\n" }],
    ["a changeset of a later release", { "with space.md": changesetText("minor") }],
    ["a changeset that is never consumed", { "a.md": changesetText("patch", "connect-v1") }],
    ["an unreadable changeset", { "a.md": "" }],
    ["folders", { "old/changes.json": "{}", ".hidden/a.md": "" }],
  ])("shows no changeset to the action that publishes, with %s in .changeset", async (_, files) => {
    const paths = Object.entries(files).map(([name, text]) => [`.changeset/${name}`, text]);
    const repository = await createRelease(Object.fromEntries(paths));
    await prepare(repository);
    expect((await getReleasePlan(repository.root)).changesets).toEqual([]);
    expect(readdirSync(join(repository.root, ".changeset"))).toEqual(["config.json"]);
  });

  // The action creates the release in the run that creates the tag only.
  test.concurrent.each([
    ["creates the GitHub release that a failed run left out", 1, "Second", "view create"],
    ["leaves the GitHub release alone", 0, "", "view"],
  ])("%s", async (_, found, notes, commands) => {
    const repository = await createRelease({
      "CHANGELOG.md": "# @agynio/api\n\n## 1.1.0\n\nSecond\n\n## 1.0.0\n\nFirst\n",
      // Stands for GitHub's program: prints its arguments, and keeps what it reads.
      "bin/gh": `#!/bin/sh\necho "$@" >> gh.log\n[ "$2" = create ] && cat > notes || exit ${found}\n`,
    });
    chmodSync(join(repository.root, "bin/gh"), 0o755);
    const { run: script = "" } = workflow.jobs.publish?.steps.at(-1) ?? {};
    await runScript(repository, `PATH="$PWD/bin:$PATH"; GITHUB_OUTPUT=output; touch notes output\n${script}`);
    const tag = "v1.1.0";
    const head = await repository.git("rev-parse", "HEAD");
    const create = `release create ${tag} --target ${head} --title ${tag} --notes-file -\n`;
    expect(repository.read("gh.log")).toBe(
      `release view ${tag}\n${commands.includes("create") ? create : ""}`,
    );
    expect(repository.read("notes").trim()).toBe(notes);
    expect(repository.read("output")).toBe(commands.includes("create") ? "created=true\n" : "");
  });

  test("does not publish another contract than the published image", async () => {
    const repository = await createRelease({ ".changeset/later.md": changesetText("minor") });
    const check = () => checkChangesets(repository.checkout(), "published");
    await prepare(repository);
    expect(await check()).toContain("no changeset is needed");
    await repository.git("switch", "--quiet", "main");
    repository.edit(contract, ...edits.minor);
    await repository.git("commit", "--quiet", "--all", "--amend", "--no-edit");
    await prepare(repository);
    await expectUserError(
      check(),
      1,
      "minor: 1 message added\nNo changeset since the contract of the last release",
    );
  });
});

describe("the workflow of pull requests", () => {
  const workflow = readWorkflow("pull-request.yml");
  const { gate, newest, push, ...others } = workflow.jobs;
  const repository = "agynio/api";

  test.each([
    ["pull_request", true],
    ["merge_group", true],
    ["push", false],
    ["workflow_dispatch", false],
  ])("runs every job before the gate for %s", (event, checksChangesets) => {
    expect(workflow.on[event]).toEqual(event === "push" ? { branches: ["main"] } : null);
    const ran = simulate(workflow, { github: { event_name: event, repository } });
    expect(Object.keys(ran)).toEqual(expect.arrayContaining([...Object.keys(others), "gate"]));
    expect(ran.check).toContain("Report the contract's difference");
    expect(ran.check?.includes("npm run changeset:check")).toBe(checksChangesets);
  });

  test.each([
    ["pull_request", true],
    ["merge_group", false],
    ["push", false],
    ["workflow_dispatch", false],
  ])("uploads the package for %s: %s", (event, uploads) => {
    const ran = simulate(workflow, { github: { event_name: event } })["test-full"] ?? [];
    expect(ran.filter((name) => /Pack the package|upload-artifact/.test(name ?? ""))).toHaveLength(
      uploads ? 2 : 0,
    );
  });

  test("uploads the package with the name that its installation has, before the tests can fail", () => {
    const { steps = [] } = workflow.jobs["test-full"] ?? {};
    const upload = steps.find(({ uses }) => uses?.startsWith("actions/upload-artifact@"));
    expect(upload?.with).toEqual({
      ...{ name: "package", path: "agynio-api-*-pr.*.tgz" },
      ...{ "if-no-files-found": "error", overwrite: true },
    });
    expect(steps.find(({ name }) => name === "Pack the package of the pull request")?.env).toEqual({
      NUMBER: expect.stringMatching(/^.{3} github.event.pull_request.number \}\}$/),
      COMMIT: expect.stringMatching(/^.{3} github.event.pull_request.head.sha \}\}$/),
    });
    const commands = steps.flatMap(({ run: command = "upload" }) => command.split(" -- ")[0] ?? []);
    expect(commands.slice(commands.indexOf("npm run build"))).toMatchObject([
      "npm run build",
      "npm run --silent pack:pull-request",
      "upload",
      "npm run test:full",
      "npm run test:node",
    ]);
  });

  test("has a gate that needs every job but the one on Windows and those that push", () => {
    expect([...(gate?.needs ?? []), "windows"].sort()).toEqual(Object.keys(others).sort());
  });

  test.each<[what: string, github: Run["github"], gate: Status, tip: string, pushed: boolean]>([
    ["the newest commit of main", { event_name: "push", repository }, "success", "a1", true],
    ["an earlier commit of main", { event_name: "push", repository }, "success", "b2", false],
    ["a fork", { event_name: "push", repository: "someone/api" }, "success", "a1", false],
    ["a failed gate", { event_name: "push", repository }, "failure", "a1", false],
    ["a cancelled gate", { event_name: "push", repository }, "cancelled", "a1", false],
    ["a pull request", { event_name: "pull_request", repository }, "success", "a1", false],
    ["the merge queue", { event_name: "merge_group", repository }, "success", "a1", false],
    ["a release's pull request", { event_name: "workflow_dispatch", repository }, "success", "a1", false],
  ])("considers a push to the schema registry for %s", (_, github, result, sha, pushed) => {
    const run: Run = {
      github: { ...github, sha: "a1" },
      outputs: { main: { sha } },
      results: { gate: result },
    };
    expect(Object.keys(simulate(workflow, run)).includes("push")).toBe(pushed);
  });

  test("pushes one commit at a time, and gives the token to that step only", () => {
    expect(newest?.concurrency).toBeUndefined();
    expect([newest?.needs, push?.needs]).toEqual(["gate", "newest"]);
    expect(push?.concurrency).toBe("registry-push");
    const env = { BUF_TOKEN: expect.stringContaining(" secrets.BUF_TOKEN ") };
    expect(push?.steps).toContainEqual({ run: "npm run push", env });
    const texts = readdirSync(join(root, ".github/workflows")).map((name) =>
      JSON.stringify(readWorkflow(name)),
    );
    expect(texts.join("").split("secrets").length - 1).toBe(1);
  });

  test("reads the newest commit of main", async () => {
    const origin = await createRepository("main");
    const output = join(origin.root, "output");
    const env = { GITHUB_SERVER_URL: dirname(origin.root), GITHUB_REPOSITORY: basename(origin.root) };
    const [step] = newest?.steps ?? [];
    const read = (more: NodeJS.ProcessEnv) =>
      run(origin.checkout({ ...env, ...more, GITHUB_OUTPUT: output }), "bash", ["-ec", step?.run ?? ""]);
    expect(await read({})).toMatchObject({ code: 0 });
    expect(readFileSync(output, "utf8")).toBe(`sha=${await origin.git("rev-parse", "main")}\n`);
    expect(await read({ GITHUB_REPOSITORY: "missing" })).not.toMatchObject({ code: 0 });
  });

  test.each<[Status, code: number]>([
    ["success", 0],
    ["failure", 1],
    ["cancelled", 1],
    ["skipped", 1],
  ])("reports the gate after %s of a job", async (status, code) => {
    const ran = simulate(workflow, { github: { event_name: "merge_group" }, results: { test: status } });
    expect(ran.gate).toHaveLength(1);
    const needs = [gate?.needs ?? []]
      .flat()
      .map((name) => [name, { result: name === "test" ? status : "success" }]);
    const [step] = gate?.steps ?? [];
    const results = evaluate(step?.env?.RESULTS ?? "", { needs: Object.fromEntries(needs) }, []);
    const checkout = { root, env: { ...process.env, RESULTS: results.coerceString() } };
    expect((await run(checkout, "sh", ["-ec", step?.run ?? ""])).code).toBe(code);
  });
});
