import { afterAll, describe, expect, test } from "vitest";
import { isJsonRule } from "../scripts/lib/breaking.js";
import { adviceFor } from "../scripts/lib/breaking-advice.js";
import { buf } from "../scripts/lib/buf.js";
import { api, gateway, replace } from "./support/contract-edits.js";
import { testGate } from "./support/gate.js";
import { mutations } from "./support/mutations.js";
import { Scratch } from "./support/scratch.js";

const made: Scratch[] = [];
afterAll(() => made.forEach((scratch) => void scratch.remove()));

async function repository(): Promise<Scratch> {
  const scratch = await Scratch.repository();
  made.push(scratch);
  return scratch;
}

// Every sixth, so that each kind of element is among them: test/full has all.
describe("one change at a time", () => testGate(mutations.filter((_, index) => index % 6 === 0)));

test("mutations have names of their own, and there are enough of them", () => {
  const count = (kind: string) => mutations.filter((mutation) => mutation.kind === kind).length;
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  expect(count("breaking")).toBeGreaterThanOrEqual(40);
  expect(count("harmless")).toBeGreaterThanOrEqual(20);
});

describe("every rule of buf's", async () => {
  const { stdout } = await buf(["config", "ls-breaking-rules", "--version", "v2", "--format", "json"]);
  const rules = stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; categories: string[] });

  test("has advice", () => {
    expect(rules.map(({ id }) => id)).toContain("FIELD_NO_DELETE");
    expect(rules.filter(({ id }) => adviceFor(id) === undefined)).toEqual([]);
  });

  test("that is in WIRE or WIRE_JSON is told to be about JSON only, or not", () => {
    const inEither = rules.filter(({ categories }) => categories.some((name) => name.startsWith("WIRE")));
    expect(inEither.length).toBeGreaterThan(20);
    expect(inEither.filter(({ id }) => isJsonRule(id))).toEqual(
      inEither.filter(({ categories }) => !categories.includes("WIRE")),
    );
  });
});

test("prints place, rule, what happened, how bad it is, what to do, and what was compared", async () => {
  const scratch = await repository();
  scratch.edit((files) =>
    replace(files, api("chat"), "  string sender_id = 3;\n", "", "message ChatMessage {"),
  );
  const { code, stdout, stderr } = await scratch.script(["breaking"]);
  const commit = await scratch.git("rev-parse", "--short=7", "HEAD");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^proto\/agynio\/api\/chat\/v1\/chat\.proto:\d+:1 FIELD_NO_DELETE\n/);
  expect(stdout).toContain(
    'Previously present field "3" with name "sender_id" on message "ChatMessage" was deleted.',
  );
  expect(stdout).toContain("It breaks bytes on the wire. Instead: keep the field with [deprecated = true]");
  expect(stdout).toContain(
    `1 breaking change; compared with main at ${commit} (merge base), 34 files, 1 of them changed`,
  );
  expect(code).toBe(1);
});

test("says that who calls what is gone gets no answer", async () => {
  const scratch = await repository();
  scratch.edit((files) => {
    files.delete(api("organizations"));
    files.delete(gateway("organizations"));
  });
  const { stdout, code } = await scratch.breaking();
  expect(stdout).toContain("FILE_NO_DELETE");
  expect(stdout).toContain(
    "It breaks generated code, and deployed clients that call an RPC of it. Instead: ",
  );
  expect(code).toBe(1);
});

test("annotates the changed lines in GitHub Actions", async () => {
  const scratch = await repository();
  scratch.edit((files) =>
    replace(files, api("users"), "string photo_url = 5;", "string picture = 5;", "message User {"),
  );
  const env = { GITHUB_ACTIONS: "true" };
  const text = await scratch.breaking([], env);
  const annotation =
    /^::error file=proto\/agynio\/api\/users\/v1\/users\.proto,line=(\d+),endLine=\1,col=10,endColumn=17,title=FIELD_SAME_NAME::Field "5".*%0AIt breaks JSON\. Instead: .*$/m;
  expect(text.stdout).toMatch(annotation);
  const json = await scratch.breaking(["--format", "json"], env);
  expect(JSON.parse(json.stdout)).toMatchObject({ breaking: true });
  expect(json.stderr).toMatch(annotation);
  expect((await scratch.breaking()).stdout).not.toContain("::error");
});

describe("an exception in buf.yaml", () => {
  const except = "breaking:\n  use:\n    - FILE\n  except:\n    - FIELD_NO_DELETE\n";
  const loosen = (scratch: Scratch) =>
    scratch.edit((files) =>
      files.set("buf.yaml", (files.get("buf.yaml") ?? "").replace(/^breaking:\n(?: .*\n)*/m, except)),
    );
  const breakIt = (scratch: Scratch) =>
    scratch.edit((files) =>
      replace(files, api("chat"), "  string sender_id = 3;\n", "", "message ChatMessage {"),
    );

  test("does not excuse the change that makes it", async () => {
    const scratch = await repository();
    loosen(scratch);
    expect((await scratch.breaking()).code).toBe(0);
    breakIt(scratch);
    const { code, stdout } = await scratch.breaking();
    expect(stdout).toContain("an exception counts once it is there");
    expect(stdout).toContain("It breaks bytes on the wire.");
    expect(code).toBe(1);
  });

  test("may name a file as buf's own does, by the module's folder, or as an import does", async () => {
    const scratch = await repository();
    breakIt(scratch);
    for (const path of [api("chat"), api("chat").replace("proto/", "")]) {
      scratch.edit((files) =>
        files.set(
          "buf.yaml",
          `${files.get("buf.yaml")?.replace(/^breaking:.*/ms, "")}breaking:
  use: [FILE]
  ignore:
    - "${path}"
`,
        ),
      );
      await scratch.git("commit", "--quiet", "--message=Ignore a file", "buf.yaml");
      expect(await scratch.breaking()).toMatchObject({ code: 0 });
    }
  });

  test("counts once it is on main", async () => {
    const scratch = await repository();
    loosen(scratch);
    await scratch.commit("Allow fields to go");
    breakIt(scratch);
    expect((await scratch.breaking()).code).toBe(0);
  });
});
