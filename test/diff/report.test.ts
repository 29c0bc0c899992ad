import { marked } from "marked";
import { expect, test } from "vitest";
import type { Finding } from "../../scripts/lib/breaking/findings.ts";
import { shortName } from "../../scripts/lib/contract/descriptors.ts";
import {
  type ContractDiff,
  type Entry,
  formatChangelog,
  formatMarkdown,
  formatTerminal,
  type ReportOptions,
} from "../../scripts/lib/diff/index.ts";
import { bumpOf } from "../../scripts/lib/diff/summary.ts";
import { expectUserError } from "../support/errors.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

const image = (label: string) => ({ kind: "image" as const, label, image: label });

const diffOf = (entries: Entry[]): ContractDiff => ({
  ...{ before: image("a.binpb"), after: image("b c.binpb") },
  packages: new Set(["acme.unchanged.v1", ...entries.map((entry) => entry.package)]),
  bump: bumpOf(entries),
  entries,
});

const place = { path: "a.proto", line: 1, column: 1, endLine: 1, endColumn: 1 };

const findingOf = (element: string, changes: Partial<Finding> = {}): Finding => ({
  ...{ ...place, element, severity: "wire", endsCalls: false },
  message: `Previously present field "1" with name "id" on message "${element}" was deleted.`,
  advice: `keep ${element} with [deprecated = true]; only a new version package may leave it out`,
  violations: [{ ...place, rule: "FIELD_NO_DELETE", message: "Deleted." }],
  ...changes,
});

/** Returns an added field of a message of its own. */
const fieldOf = (id: number, packageName: string, changes: Partial<Entry> = {}): Entry => ({
  ...{ kind: "field", action: "added", impact: "addition", package: packageName, public: false },
  element: [packageName, `Message${id}`, `some_field_${id}`].filter(Boolean).join("."),
  ...{
    service: `Service${id % 7}`,
    resource: `Message${id}`,
    file: "a.proto",
    number: id + 1,
    type: "string",
  },
  comment: `${"A long sentence about the field ".repeat(10)}${id}.`,
  ...changes,
});

const breakOf = (id: number, packageName: string) => {
  const field = fieldOf(id, packageName, { action: "removed", impact: "breaking" });
  return { ...field, findings: [findingOf(field.element)] };
};
const commentOf = (id: number, packageName: string) =>
  fieldOf(id, packageName, {
    ...{ kind: "comment", action: "changed", impact: "documentation", from: "Was this.", to: "Is that." },
  });
const deprecationOf = (id: number, packageName: string) => fieldOf(id, packageName, { action: "deprecated" });
const optionOf = (id: number, packageName: string) =>
  fieldOf(id, packageName, { kind: "option", property: "jstype", to: `JS_${id}` });

const makers = {
  additions: fieldOf,
  breaks: breakOf,
  comments: commentOf,
  deprecations: deprecationOf,
  options: optionOf,
};
type Maker = (id: number, packageName: string) => Entry;

const one = () => "acme.orders.v1";
const four = (id: number) => `acme.p${id % 4}.v1`;
const fifteen = (id: number) => `acme.p${id % 15}.v1`;
const hundred = (id: number) => `acme.package${id % 100}.v1`;
const deep = (id: number) => `${"acme_with_a_very_long_name_of_a_package.".repeat(4)}p${id % 90}.v1`;

/** Returns 400 changes. */
const make = (maker: Maker, packageOf: (id: number) => string) =>
  numbers(400).map((id) => maker(id, packageOf(id)));

const long: [name: string, entries: Entry[]][] = [
  ...Object.entries(makers).flatMap(([name, maker]): [string, Entry[]][] => [
    [`${name} in one package`, make(maker, one)],
    [`${name} in a hundred packages`, make(maker, hundred)],
  ]),
  ["additions in four packages", make(fieldOf, four)],
  ["additions in packages with long names", make(fieldOf, deep)],
  [
    "changes in fifteen packages",
    [breakOf, fieldOf, optionOf, deprecationOf].flatMap((maker) => make(maker, fifteen).slice(0, 100)),
  ],
  ["breaks in one package, and additions in fifteen", [...make(breakOf, one), ...make(fieldOf, fifteen)]],
  ["everything", Object.values(makers).flatMap((maker) => make(maker, hundred))],
];

const command = ["npm", "run", "diff", "--", "a.binpb", "'b c.binpb'"];

/** Returns the commands that a report offers. */
const offersIn = (report: string): string[] =>
  [...report.replaceAll(/ \\\n\s*/g, " ").matchAll(/npm run diff -- a\.binpb 'b c\.binpb' (.*)/g)].map(
    ([, text = ""]) => text,
  );

/** Returns the options of a command. */
const optionsOf = (text: string): ReportOptions => ({
  package: /--package (\S+)/.exec(text)?.[1]?.replaceAll("'", ""),
  breaking: text.includes("--breaking"),
  comments: text.includes("--comments"),
  all: text.includes("--all"),
});

test.each(long)("a report of %s takes at most 80 lines of 110 columns, and offers the rest", (_, entries) => {
  const diff = diffOf(entries);
  const report = formatTerminal(diff, { command });
  const lines = report.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(80);
  expect(lines.filter((line) => line.length > 110)).toEqual([]);
  const offers = offersIn(report);
  expect(new Set(offers).size).toBe(offers.length);
  const others = ["--comments", ...offers].map((text) =>
    formatTerminal(diff, { command, ...optionsOf(text) }),
  );
  expect(offersIn(others.join("\n"))).toEqual([]);
  const printed = [report, ...others].join("\n");
  expect(printed.split("\n").filter((line) => line.length > 110)).toEqual([]);
  const names = entries.map(({ element }) => shortName(element));
  expect(names.filter((name) => !printed.includes(name))).toEqual([]);
});

/** Returns the lines of a section of a report. */
const sectionOf = (report: string, title: string) =>
  (report.split("\n\n").find((block) => block.startsWith(`${title}\n`)) ?? "").trimEnd().split("\n");

test("lines that other sections leave go to that which needs them", () => {
  const additions = make(fieldOf, one);
  const breaks = make(breakOf, () => "acme.sales.v1");
  for (const [entries, title, least] of [
    [[...additions, breakOf(1, one())], "Added", 60],
    [[...breaks, fieldOf(1, one())], "Breaking", 65],
    [[...breaks, ...additions], "Breaking", 35],
    [[...breaks, ...additions], "Added", 35],
  ] as const) {
    expect(sectionOf(formatTerminal(diffOf([...entries])), title).length).toBeGreaterThanOrEqual(least);
  }
});

test("a package that is too long is cut, and others are not", () => {
  const large = make(fieldOf, one);
  const lines = sectionOf(
    formatTerminal(diffOf([...large, ...numbers(6).map((id) => fieldOf(id, `acme.a${id}.v1`))])),
    "Added",
  );
  for (const id of numbers(6)) {
    expect(lines.join("\n")).toContain(
      `  acme.a${id}.v1\n    Service${id} · Message${id}\n      + field Message${id}.some_field_${id}`,
    );
  }
  const shown = lines.filter((line) => line.includes("  + field")).length;
  expect(shown).toBeGreaterThan(20);
  expect(lines).toContain(`    … ${406 - shown} more`);
});

test("a report that leaves something out ends with the command that prints everything", () => {
  const report = formatTerminal(diffOf(make(fieldOf, () => "")), { command });
  expect(report.split("\n").slice(0, 6)).toEqual([
    ...["minor: 400 fields added", "a.binpb → b c.binpb", "", "Added", "  (no package)"],
    "    Service0 · Message0",
  ]);
  expect(report.split("\n").slice(-5)).toEqual([
    ...["    … 365 more", "", "Everything: npm run diff -- a.binpb 'b c.binpb' --all"],
    ...["In place of --all: --package <name>, --breaking or --comments", ""],
  ]);
  const short = show([commentOf(1, one()), fieldOf(1, one(), { comment: undefined })]);
  expect(short).toContain("\n  acme.orders.v1: 1 comment changed (Message1.some_field_1)\n");
  expect(short.endsWith("\n\nComments in full: npm run diff -- --comments\n")).toBe(true);
  expect(show([fieldOf(1, one())])).not.toContain("npm run diff");
});

test("a command that is too long for a line continues in lines that can be copied", () => {
  const words = ["npm", "run", "diff", "--", ...numbers(3).map((id) => `'${"long name ".repeat(5)}${id}'`)];
  const report = formatTerminal(diffOf(make(fieldOf, one)), { command: words });
  expect(report.replaceAll(/ \\\n\s*/g, " ")).toMatch(
    /\nEverything:\n {2}npm run diff -- 'long.* 2' --all\n/,
  );
  expect(report.split("\n").filter((line) => line.length > 110)).toEqual([]);
});

/** Returns a report without what was compared. */
const show = (entries: Entry[], options: ReportOptions = {}) =>
  formatTerminal(diffOf(entries), options).replace("a.binpb → b c.binpb\n", "");

const file = "acme.orders.v1.proto";

/** Returns an entry of a contract about orders. A name is within its package, unless it is a package's or a file's. */
function entryOf(
  kind: Entry["kind"],
  action: Entry["action"],
  name: string,
  changes: Partial<Entry> = {},
): Entry {
  const isWhole = kind === "package" || kind === "file";
  return {
    ...{ kind, action, public: false, package: kind === "package" ? name : one() },
    ...(isWhole ? {} : { service: "OrdersService", resource: "Order" }),
    element: isWhole ? name : `acme.orders.v1.${name}`,
    file: kind === "file" ? name : file,
    impact: kind === "comment" ? "documentation" : changes.findings ? "breaking" : "addition",
    ...changes,
  };
}

test("a renumbered field is one break, with what took its number", () => {
  const findings = [findingOf("acme.orders.v1.Order.label")];
  const report = show([
    entryOf("field", "renumbered", "Order.label", {
      ...{ property: "number", from: "1", to: "3", number: 3, reusedBy: "weight", findings },
    }),
    entryOf("field", "changed", "Order.label", { property: "type", from: "int32", to: "string", findings }),
    entryOf("field", "added", "Order.weight", { number: 1, type: "int64" }),
  ]);
  expect(report).toMatchInlineSnapshot(`
    "major: 1 breaking (1 field renumbered); 1 field added

    Breaking
      acme.orders.v1
        ~ field Order.label: number 1 → 3, type int32 → string; number 1 reused by weight
            It breaks bytes on the wire. Instead: keep acme.orders.v1.Order.label with [deprecated = true]; only a
            new version package may leave it out.
            FIELD_NO_DELETE

    Added
      acme.orders.v1
        OrdersService · Order
          + field Order.weight = 1, int64
    "
  `);
});

test("breaks with the same explanation have it once, and the worst come first", () => {
  const change = (name: string, severity: Finding["severity"]) =>
    entryOf("field", "changed", name, {
      ...{ property: "json_name", from: "a", to: name },
      findings: [findingOf(name, { severity, advice: "revert it" })],
    });
  const diff = diffOf([
    change("A.a", "code"),
    change("A.b", "wire"),
    change("B.d", "json"),
    change("B.e", "wire"),
  ]);
  expect(formatTerminal(diff)).toMatchInlineSnapshot(`
    "major: 4 breaking (4 fields changed)
    a.binpb → b c.binpb

    Breaking
      acme.orders.v1
        ~ field A.b: json_name a → A.b
        ~ field B.e: json_name a → B.e
            It breaks bytes on the wire. Instead: revert it.
            FIELD_NO_DELETE
        ~ field B.d: json_name a → B.d
            It breaks JSON. Instead: revert it.
            FIELD_NO_DELETE
        ~ field A.a: json_name a → A.a
            It breaks generated code only. Instead: revert it.
            FIELD_NO_DELETE
    "
  `);
  expect(formatMarkdown(diff)).toMatchInlineSnapshot(`
    "**major**: 4 breaking (4 fields changed)

    ### Breaking

    #### \`acme.orders.v1\`

    - field \`A.b\`: json_name \`a\` → \`A.b\`
    - field \`B.e\`: json_name \`a\` → \`B.e\`

    It breaks bytes on the wire. Instead: revert it.
    <br>\`FIELD_NO_DELETE\`

    - field \`B.d\`: json_name \`a\` → \`B.d\`
      <br>It breaks JSON. Instead: revert it.
      <br>\`FIELD_NO_DELETE\`

    - field \`A.a\`: json_name \`a\` → \`A.a\`
      <br>It breaks generated code only. Instead: revert it.
      <br>\`FIELD_NO_DELETE\`
    "
  `);
  expect(formatChangelog(diff)).toMatchInlineSnapshot(`
    "4 breaking changes (4 fields changed)

    - \`acme.orders.v1\` (bytes of other versions are misread, and code that uses it can stop compiling):
      - field \`A.b\`: json_name \`a\` → \`A.b\`.
      - field \`B.e\`: json_name \`a\` → \`B.e\`.
    - \`acme.orders.v1\` (JSON of other versions is misread, and code that uses it can stop compiling):
      - field \`B.d\`: json_name \`a\` → \`B.d\`.
    - \`acme.orders.v1\` (code that uses it can stop compiling):
      - field \`A.a\`: json_name \`a\` → \`A.a\`."
  `);
});

test("breaks that are too many have their effects", () => {
  const entries = numbers(100).map((id) => ({
    ...breakOf(id, one()),
    findings: [findingOf(`F${id}`, { severity: id < 2 ? "wire" : "code" })],
  }));
  const lines = sectionOf(show(entries), "Breaking");
  expect(lines.filter((line) => line.includes("It breaks"))).toEqual([
    "        It breaks bytes on the wire.",
    "        It breaks generated code only.",
  ]);
  expect(lines[4]).toBe("        It breaks bytes on the wire.");
});

test("what a removed or moved file does not imply is listed and counted with its break", () => {
  const moved = { property: "file", from: "a.proto", to: "new.proto", file: "new.proto" };
  const movedFile = { property: "path", from: "b.proto", to: "c.proto" };
  const contents = { counts: { service: 1, rpc: 13, message: 12 } };
  const renamedFrom = (from: string) => ({ property: "name", from });
  const presence = { property: "presence", from: "optional", to: "implicit" };
  const breaks: [...Parameters<typeof entryOf>, path: string][] = [
    ["file", "removed", "a.proto", { contents: { counts: { message: 3, service: 1 } } }, "a.proto"],
    ["message", "moved", "A", moved, "a.proto"],
    ["message", "moved", "B", moved, "a.proto"],
    ["service", "renamed", "NewService", { ...renamedFrom("OldService"), file: "other.proto" }, "a.proto"],
    ["message", "removed", "C", {}, "a.proto"],
    ["option", "removed", "", { element: "a.proto", property: "go_package", from: "a" }, "a.proto"],
    ["file", "moved", "c.proto", { ...movedFile, contents }, "b.proto"],
    ["file", "changed", "c.proto", { property: "package", from: "old.v1", to: one() }, "b.proto"],
    ["message", "renamed", "G", renamedFrom("old.v1.G"), "b.proto"],
    ["enum", "removed", "E", {}, "b.proto"],
    ["file", "changed", "d.proto", { property: "package", from: "old.v1", to: one() }, "d.proto"],
    ["message", "renamed", "D", renamedFrom("old.v1.D"), "d.proto"],
    ["message", "renamed", "NewF", renamedFrom("old.v1.F"), "d.proto"],
    ["option", "changed", "", { element: "o.proto", property: "java_package", to: "a" }, "o.proto"],
    ["option", "changed", "", { element: "o.proto", property: "go_package", to: "b" }, "o.proto"],
    ["file", "changed", "s.proto", { property: "syntax", from: "proto2", to: "proto3" }, "s.proto"],
    ["field", "changed", "A.a", presence, "s.proto"],
    ["field", "changed", "B.b", presence, "s.proto"],
  ];
  const entries = breaks.map(([kind, action, name, changes, path]) => {
    const findings = [findingOf(path, { advice: "keep it", severity: "code" })];
    return entryOf(kind, action, name, { file: path, findings, ...changes });
  });
  const added = ["new.proto", "other.proto"].map((path) => entryOf("file", "added", path));
  const report = show([...entries, ...added]);
  expect(report).toMatchInlineSnapshot(`
    "major: 5 breaking (1 file removed, 1 moved, 2 changed, 1 service renamed, 1 message renamed, 2 moved, 2 fields
      changed, 1 enum removed, 1 option removed, 2 changed)

    Breaking
      acme.orders.v1
        - file a.proto (1 message)
            moved to new.proto: A, B
            renamed: NewService (was OldService)
            option go_package of a.proto: a → none
        ~ file b.proto moved to c.proto, package old.v1 → acme.orders.v1 (12 messages, 1 service)
            removed: enum E
        ~ file d.proto: package old.v1 → acme.orders.v1 (1 message)
            renamed: NewF (was old.v1.F)
        ~ option java_package of o.proto: none → a
            option go_package of o.proto: none → b
        ~ file s.proto: syntax proto2 → proto3
            fields A.a, B.b: no longer optional
            It breaks generated code only. Instead: keep it.
            FIELD_NO_DELETE
    "
  `);
});

test("the report of a package has the breaks that are about other packages, too", () => {
  const findings = [findingOf("acme.old.v1")];
  const entries = [
    entryOf("package", "removed", "acme.old.v1", { findings, contents: { counts: { message: 2 } } }),
    entryOf("message", "renamed", "A", { property: "name", from: "acme.old.v1.A", findings }),
  ];
  for (const name of ["acme.old.v1", one()]) {
    expect(show(entries, { package: name })).toContain(
      "\n    - package acme.old.v1 (1 message)\n        moved to acme.orders.v1: A\n",
    );
  }
});

test("the same change of several elements is one item", () => {
  const comment = "Tags of the order.";
  const tags = (message: string, number: number) =>
    entryOf("field", "added", `${message}.tags`, { number, type: "repeated string", comment });
  const report = show([
    ...[tags("Order", 9), tags("CreateOrderRequest", 2), tags("UpdateOrderRequest", 2)],
    ...["A", "B"].map((name) => entryOf("value", "added", `${name}.DONE`, { number: 4 })),
    ...["A.b", "C.b"].map((name) =>
      entryOf("field", "changed", name, { property: "json_name", from: "b", to: "bee" }),
    ),
    ...["A.b", "C.d"].map((name) =>
      entryOf("option", "added", name, { property: "jstype", to: "JS_STRING" }),
    ),
    entryOf("option", "added", "Order", { property: "swift_prefix", to: "" }),
    entryOf("reserved", "added", "Order", { to: '4 to 6, "old"' }),
  ]);
  expect(report).toMatchInlineSnapshot(`
    "minor: 3 fields, 2 values added; 2 fields changed, 3 options added, 1 reservation added

    Added
      acme.orders.v1
        OrdersService · Order
          + field tags, repeated string, in Order = 9, CreateOrderRequest = 2, UpdateOrderRequest = 2
              Tags of the order.
          + value DONE = 4, in A, B

    Changed
      acme.orders.v1
        OrdersService · Order
          ~ field b in A, C: json_name b → bee
          + option jstype: none → JS_STRING, of A.b, C.d
          + option swift_prefix of Order: none → ""
          + 4 to 6, "old" reserved in Order
    "
  `);
});

test("deprecations are one item for each resource", () => {
  const comment = "Use Sale.";
  const report = show([
    ...numbers(8).map((id) => entryOf("rpc", "deprecated", `OrdersService.Do${id}`, { comment })),
    entryOf("message", "deprecated", "Order", { comment }),
    entryOf("field", "deprecated", "Line.size", { resource: "Line", comment: "Use width." }),
  ]);
  expect(report).toMatchInlineSnapshot(`
    "minor: 8 RPCs, 1 message, 1 field deprecated

    Deprecated
      acme.orders.v1
        ~ Order: 8 RPCs (Do0, Do1, Do2, 5 more), message Order deprecated
            Use Sale.
        ~ field Line.size: deprecated
            Use width.
    "
  `);
});

test("a long report has the added fields and values of one parent that have no comments in one line", () => {
  const add = (parent: string, id: number) =>
    entryOf("value", "added", `${parent}.V${id}`, { number: id, resource: parent });
  const values = numbers(90).map((id) => add(`E${id % 2}`, id));
  expect(show(values)).toContain("\n      + 45 values in E0: V0, V2, V4, ");
  expect(show(values, { all: true })).toContain("\n      + value E0.V0 = 0\n");
  expect(show(values.slice(0, 60))).toContain("\n      + value E0.V0 = 0\n");
});

test("the same change at several places is one item only if it has a sentence", () => {
  const ofResource = (resource: string, comment?: string) =>
    entryOf("field", "added", `${resource}.tags`, { number: 1, type: "string", resource, comment });
  expect(show([ofResource("A"), ofResource("B")]).match(/\+ field/g)?.length).toBe(2);
  expect(show([ofResource("A", "Tags."), ofResource("B", "Tags.")]).match(/\+ field/g)?.length).toBe(1);
});

test("the messages and enums nested in an added message are named", () => {
  const messages = [{ name: "acme.orders.v1.Stage.Step", fields: [] }];
  const enums = [{ name: "acme.orders.v1.Stage.Value", values: [] }];
  const report = show([entryOf("message", "added", "Stage", { contents: { fields: [], messages, enums } })]);
  expect(report).toContain("+ message Stage, with Step, Value\n");
});

test("presence is described in words", () => {
  const change = (name: string, from: string, to: string) =>
    entryOf("field", "changed", name, { property: "presence", from, to, resource: undefined });
  const report = show([
    ...[change("A.a", "implicit", "optional"), change("A.b", "optional", "implicit")],
    change("A.c", "required", "optional"),
  ]);
  expect(report.match(/~ .*/g)).toEqual([
    ...["~ field A.a: now optional", "~ field A.b: no longer optional"],
    "~ field A.c: now optional, was required",
  ]);
});

test("an added element has its parts, and the package's name is left out at the start of a type only", () => {
  const type = "map<string, acme.orders.v1.Line>";
  const rpc = {
    name: "CreateOrder",
    request: "acme.orders.v1.CreateOrderRequest",
    response: "stream acme.orders.v1.Order",
  };
  const fields = [{ name: "customer_id", number: 1, type: "string" }];
  const messages = [rpc.request, "acme.orders.v1.Item"].map((name) => ({ name, fields }));
  const report = show(
    [
      entryOf("field", "added", "Order.lines", { number: 9, type, oneof: "content" }),
      entryOf("field", "added", "Order.other", { number: 10, type: "my_acme.orders.v1.Line" }),
      entryOf("extension", "added", "label", {
        ...{ number: 50001, type: "string", extendee: "google.protobuf.FieldOptions" },
      }),
      entryOf("oneof", "added", "Order.owner", { contents: { members: ["user_id", "team_id"] } }),
      entryOf("rpc", "added", "OrdersService.CreateOrder", { contents: { rpcs: [rpc], messages } }),
      entryOf("message", "added", "Order", { contents: { fields } }),
      entryOf("option", "changed", "", {
        ...{ element: file, property: "java_package", from: "acme.orders.v1.old", to: "acme.orders.v1.new" },
      }),
      entryOf("file", "added", file, { contents: { counts: { message: 1 } } }),
      entryOf("package", "added", one()),
    ],
    { npmName: "@acme/orders" },
  );
  expect(report).toMatchInlineSnapshot(`
    "minor: 1 RPC, 1 message, 2 fields, 1 extension, 1 oneof added; 1 option changed

    Added
      acme.orders.v1 (new package, import from "@acme/orders/v1")
        OrdersService · Order
          + field Order.lines = 9, map<string, Line>, in oneof content
          + field Order.other = 10, my_acme.orders.v1.Line
          + extension label = 50001, string, extends FieldOptions
          + oneof Order.owner: user_id, team_id
          + RPC CreateOrder: CreateOrderRequest (customer_id) → stream Order, with Item
          + message Order: customer_id

    Changed
      acme.orders.v1
        OrdersService · Order
          ~ option java_package of acme.orders.v1.proto: acme.orders.v1.old → acme.orders.v1.new
    "
  `);
});

test("a new package has its import path, and a changelog that of a renamed one", () => {
  const [earlier, later] = ["agynio.api.identity.v1", "agynio.api.metering.v1"];
  const entries = [entryOf("package", "added", later), fieldOf(1, later)];
  const npmName = "@agynio/api";
  const note = (path: string) => `(new package, import from ${path})\n`;
  expect(show(entries, { npmName })).toContain(`\n  ${later} ${note('"@agynio/api/metering/v1"')}`);
  expect(formatMarkdown(diffOf(entries), { npmName })).toContain(
    `#### \`${later}\` ${note("`@agynio/api/metering/v1`")}`,
  );
  expect(formatChangelog(diffOf(entries), { npmName })).toContain("- `@agynio/api/metering/v1` is new:\n");
  const renamed = entryOf("package", "renamed", later, {
    ...{ property: "name", from: earlier, findings: [findingOf(earlier)] },
  });
  expect(formatChangelog(diffOf([renamed]), { npmName })).toContain(
    "Import from `@agynio/api/metering/v1` in place of `@agynio/api/identity/v1`.",
  );
});

test("a changelog only counts comments", () => {
  expect(formatChangelog(diffOf([entryOf("comment", "changed", "Order")]))).toBe(
    "1 comment changed\n\n- `acme.orders.v1`: 1 comment changed",
  );
});

test("files that have no package are named so", () => {
  const rename = (name: string, from: string) =>
    show([entryOf("package", "renamed", name, { property: "name", from })]);
  expect(rename(one(), "")).toContain("~ package acme.orders.v1: renamed from (no package)\n");
  expect(rename("", "a.v1")).toContain("~ package (no package): renamed from a.v1\n");
  const [findings, contents] = [[findingOf("")], { counts: { message: 2 } }];
  expect(show([entryOf("package", "removed", "", { findings, contents })])).toContain(
    "\nBreaking\n  (no package)\n    - files without a package (2 messages)\n",
  );
  const renamed = { element: "A", package: "", property: "name", from: "old.v1.A", findings };
  expect(
    show([entryOf("package", "removed", "old.v1", { findings }), entryOf("message", "renamed", "", renamed)]),
  ).toContain("- package old.v1\n        moved to (no package): A\n");
});

test("a package says what breaks most, though its first finding is about a declaration", () => {
  const findings = [false, true].map((endsCalls) =>
    findingOf(String(endsCalls), { severity: "code", endsCalls }),
  );
  expect(show([entryOf("package", "removed", one(), { findings })]).match(/It breaks.*/g)).toEqual([
    "It breaks generated code, and deployed clients that call an RPC of it. Instead: keep true with",
  ]);
});

test("a package without declarations is listed by its files", () => {
  const name = "acme.a.v1";
  const report = show([
    entryOf("package", "added", name),
    entryOf("file", "added", "a.proto", { package: name }),
  ]);
  expect(report).toBe("minor: 1 file added\n\nAdded\n  acme.a.v1 (new package)\n    + file a.proto\n");
});

test("the sentence of buf is quoted only if the text does not state what is wrong", () => {
  const quote = (changes: Partial<Entry>) => {
    const findings = [findingOf("acme.orders.v1.A.b", { message: "The sentence of buf." })];
    const { action = "changed" } = changes;
    return show([entryOf("field", action, "A.b", { findings, ...changes })]).includes("The sentence of buf.");
  };
  expect(quote({ action: "added" })).toBe(true);
  expect(quote({ action: "removed" })).toBe(false);
  expect(quote({ property: "type", from: "int32", to: "string" })).toBe(false);
});

const mixed = [breakOf(1, "acme.a.v1"), fieldOf(2, "acme.b.v1"), commentOf(3, "acme.b.v1")];

test("a part of the report can be selected", () => {
  const head = "major: 1 breaking (1 field removed); 1 field added; 1 comment changed\n";
  for (const [options, titles] of [
    [{}, "Breaking Added Comments"],
    [{ all: true }, "Breaking Added Comments"],
    [{ breaking: true }, "Breaking"],
    [{ comments: true }, "Comments"],
    [{ breaking: true, comments: true }, "Breaking Comments"],
    [{ package: "acme.b.v1" }, "Added Comments"],
    [{ package: "acme.b.v1", breaking: true }, ""],
  ] as const) {
    const report = show(mixed, options);
    expect(report.startsWith(head)).toBe(true);
    expect(report.match(/^[A-Z]\w+$/gm)?.join(" ") ?? "").toBe(titles);
  }
  const comments = show(mixed, { comments: true });
  expect(comments).toContain("~ Message3.some_field_3\n          was: Was this.\n          is: Is that.\n");
});

test("an unknown package is refused, and one that is unchanged has no changes", async () => {
  const refused = (async () => show(mixed, { package: "acme.c.v1" }))();
  await expectUserError(refused, 2, "acme.c.v1", "have these:\n  acme.a.v1\n  acme.b.v1");
  expect(show(mixed, { package: "acme.unchanged.v1" })).toMatch(
    /^major: .*\n\nThe selected part has no changes\.\n$/,
  );
});

test("a sentence has at most 200 characters", () => {
  const [line = ""] = /A long sentence.*/.exec(formatMarkdown(diffOf([fieldOf(1, one())]))) ?? [];
  expect(line.length).toBeLessThanOrEqual(200);
  expect(line.endsWith(" about the…") || line.endsWith("…")).toBe(true);
});

test("Markdown keeps links and addresses, and text that reorders others is shown as it is", () => {
  const comment = "See https://a.org/b_c_/0123456789abcdef0123?x=1#_y, me@a_b.org, __init__ \u202eevil.";
  const entries = [entryOf("field", "added", "Order.a", { number: 1, type: "int32", comment })];
  const text = "See https://a.org/b_c_/0123456789abcdef0123?x=1#_y, me@a_b.org, ";
  expect(formatMarkdown(diffOf(entries))).toContain(`<br>${text}\\_\\_init\\_\\_ \\\\u202eevil.\n`);
  expect(show(entries)).toContain(`${text}__init__ \\u202eevil.\n`);
});

test("Markdown contains the contract's text as it is", () => {
  const comment =
    "- <b>Not</b> `code` *bold* _it_ a_b @bob, #12, owner/repo#3, UP_LOW, [x](y), 1 &lt; 2 | `open.";
  const markdown = formatMarkdown(
    diffOf([entryOf("field", "added", "Order.a", { number: 1, type: "a`b", comment })]),
  );
  expect(markdown).toMatchInlineSnapshot(`
    "**minor**: 1 field added

    ### Added

    #### \`acme.orders.v1\`

    **OrdersService · Order**

    - field \`Order.a\` = 1, \`\` a\`b \`\`
      <br>- \\<b>Not\\</b> \`code\` \\*bold\\* \\_it\\_ a_b \`@bob\`, \`#12\`, \`owner/repo#3\`, \`UP_LOW\`, \\[x\\](y), 1 \\&lt; 2 \\| \\\`open.
    "
  `);
  const text = String(marked.parse(markdown)).replaceAll(/<[^>]*>/g, "");
  expect(text).toContain(
    "- &lt;b&gt;Not&lt;/b&gt; code *bold* _it_ a_b @bob, #12, owner/repo#3, UP_LOW, [x](y), 1 &amp;lt; 2 | `open.",
  );
});

test("long sections of Markdown are folded, and a long report fits a comment on GitHub", () => {
  for (const [, entries] of long) {
    const markdown = formatMarkdown(diffOf(entries), { command });
    expect(markdown.length).toBeLessThanOrEqual(65_536);
    expect(markdown.match(/<details>/g)?.length ?? 0).toBe(markdown.match(/<\/details>/g)?.length ?? 0);
  }
  const many = numbers(20_000).map((id) => fieldOf(id, four(id)));
  const markdown = formatMarkdown(diffOf(many), { command });
  expect(markdown.length).toBeLessThanOrEqual(65_536);
  expect(markdown).toMatch(
    /\n… \d+ more\n(?:.*\n)*Everything: `npm run diff -- a\.binpb 'b c\.binpb' --all`\n$/,
  );
});

test("the changelog tells consumers what to use, without advice to contributors", () => {
  const findings = [findingOf("acme.orders.v1.Order.label")];
  const text = formatChangelog(
    diffOf([
      entryOf("field", "renamed", "Order.title", { property: "name", from: "label", to: "title", findings }),
      entryOf("field", "removed", "Order.size", { number: 3, type: "int32", findings: [findingOf("b")] }),
      entryOf("field", "added", "Order.weight", { number: 1, type: "int64", comment: "Grams." }),
      entryOf("comment", "changed", "Order.id"),
    ]),
  );
  expect(text).toMatchInlineSnapshot(`
    "2 breaking changes (1 field removed, 1 renamed); 1 field added; 1 comment changed

    **Breaking**

    - \`acme.orders.v1\` (bytes of other versions are misread, and code that uses it can stop compiling):
      - field \`Order.title\`: renamed from \`label\`.
      - removed field \`Order.size\` = 3, \`int32\`.

    **Added**

    - \`acme.orders.v1\`:
      - field \`Order.weight\` = 1, \`int64\`. Grams."
  `);
});
