import { readdirSync } from "node:fs";
import { join } from "node:path";
import { marked } from "marked";
import { expect, test } from "vitest";
import { checkChangesets } from "../../scripts/lib/changesets/check.ts";
import { draftChangeset } from "../../scripts/lib/changesets/draft.ts";
import { updateVersion } from "../../scripts/lib/changesets/version.ts";
import { publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { expectUserError } from "../support/errors.ts";
import type { Repository } from "../support/repository.ts";
import { changesetText, contract, createRepository, edits, writeChangeset } from "./repository.ts";

const changesetsOf = ({ root }: Repository) =>
  readdirSync(join(root, ".changeset")).filter((name) => name.endsWith(".md"));

test.concurrent("changeset:new writes a changeset that covers all changes, once", async () => {
  const repository = await createRepository();
  repository.edit(contract, ...edits.minor);
  repository.write({ "src/more.ts": "" });
  const output = await draftChangeset(repository.checkout());
  const [name] = changesetsOf(repository);
  expect(output).toContain(`\n.changeset/${name} is new, and requests minor.\n  Edit its text`);
  expect(repository.read(`.changeset/${name}`)).toBe(`---
"@agynio/api": minor
---

1 message added

- \`@agynio/api/users/v1\`:
  - message \`Team\`: \`id\`. Team has users.

In addition: \`src/more.ts\`.
`);
  expect(await checkChangesets(repository.checkout())).toContain(`.changeset/${name} requests minor`);
  const again = `Nothing is written, as .changeset/${name} already requests minor.`;
  expect(await draftChangeset(repository.checkout())).toContain(again);
  expect(changesetsOf(repository)).toEqual([name]);
});

test.concurrent.each([
  "---\r\n'@agynio/api':   \"patch\" # small\r\n---\r\n\r\n@agynio/api: patch\r\n",
  '---\n{ "@agynio\\u002fapi": patch }\n---\n',
  "About @agynio/api: patch\n---\n'@agynio/api' : &bump patch\n---",
])(
  "changeset:new raises the bump of a changeset that requests too little; its text is unchanged: %j",
  async (text) => {
    const repository = await createRepository();
    repository.edit(contract, ...edits.minor);
    writeChangeset(repository, "none", "a");
    repository.write({ ".changeset/b.md": text });
    const output = await draftChangeset(repository.checkout());
    expect(output).toContain(
      ".changeset/b.md requested patch, and requests minor now; its text is unchanged.",
    );
    expect(output).toContain("`Team`");
    expect(repository.read(".changeset/b.md")).toBe(text.replace(/(?<!About.*)patch/, "minor"));
    expect(repository.read(".changeset/a.md")).toBe(changesetText("none"));
    expect(changesetsOf(repository)).toEqual(["a.md", "b.md"]);
    expect(await checkChangesets(repository.checkout())).toContain(".changeset/b.md requests minor");
  },
);

test.concurrent("changeset:new rejects a changeset that it cannot edit safely, and leaves it unchanged", async () => {
  const repository = await createRepository();
  repository.edit(contract, ...edits.minor);
  const text = '---\n<<: { "@agynio/api": patch }\n---\n\nAbout it.\n';
  repository.write({ ".changeset/odd.md": text });
  const problem = '.changeset/odd.md: its bump could not be set.\n  Set it there to: "@agynio/api": minor';
  await expectUserError(draftChangeset(repository.checkout()), 1, problem);
  expect(repository.read(".changeset/odd.md")).toBe(text);
});

test.concurrent("changeset:new -- --against published covers the changes since the last release", async () => {
  const repository = await createRepository("main");
  repository.edit(contract, ...edits.minor);
  await repository.commit("Not covered");
  await repository.commit("Something else");
  expect(await draftChangeset(repository.checkout())).toMatch(
    /^Nothing is written, as no changeset is needed: /,
  );
  expect(await draftChangeset(repository.checkout(), "published")).toContain(" is new, and requests minor.");
});

test.concurrent("version rejects a release smaller than the contract needs, before it writes anything", async () => {
  const repository = await createRepository("main");
  repository.edit(contract, ...edits.major);
  await repository.commit("Change");
  const version = () => updateVersion(repository.checkout());
  const comparison = `compared with the contract of the last release (${publishedImage}), the contract is\nmajor: 1 `;
  const fix = "Run: npm run changeset:new -- --against published ";
  await expectUserError(version(), 1, "The changesets make no release, but", comparison, fix);
  writeChangeset(repository, "patch", "a");
  writeChangeset(repository, "minor", "b");
  await repository.commit("Too little");
  await expectUserError(version(), 1, "The changesets make a minor release of 1.0.0, but", comparison, fix);
  writeChangeset(repository, "major", "c");
  repository.edit(contract, "User {", "User {{");
  await repository.commit("Damage");
  await expectUserError(version(), 2, "The contract does not compile");
  expect(await repository.git("status", "--porcelain")).toBe("");
});

test.concurrent("version consumes changesets that request no release, and publishes no image with them", async () => {
  const repository = await createRepository("main");
  // npm writes the list of installed packages.
  repository.separateModules();
  repository.edit(contract, "  string name", "    string name");
  writeChangeset(repository, "none");
  await repository.commit("Change");
  await updateVersion(repository.checkout());
  expect(changesetsOf(repository)).toEqual([]);
  const changed = await repository.git("diff", "--name-only", "HEAD", "--", ":!package.json");
  expect(changed).toBe(".changeset/change.md");
});

test.concurrent("the draft renders in CHANGELOG.md as one item, without headings", async () => {
  const repository = await createRepository("main");
  repository.separateModules();
  repository.edit(contract, ...edits.minor);
  repository.edit(contract, "Team has users.", "# Team\n// - has users.");
  repository.edit(contract, ...edits.patch);
  await draftChangeset(repository.checkout());
  const [name = ""] = changesetsOf(repository);
  repository.edit(`.changeset/${name}`, /$/, "\n```proto\nmessage A {\n\n  int32 b = 1;\n}\n```\n");
  await updateVersion(repository.checkout());
  const html = String(marked.parse(repository.read("CHANGELOG.md")));
  expect([...html.matchAll(/<h\d.*?>(.*?)</g)].map(([, heading]) => heading)).toEqual([
    "@agynio/api",
    "1.1.0",
    "Minor Changes",
  ]);
  expect(html).toContain("message A {\n\n  int32 b = 1;\n}\n</code>");
  const lists = [...html.matchAll(/<(\/?(?:ul|li|pre))\b/g)].map(([, tag]) => tag).join(" ");
  // The list of packages has the list of their changes.
  expect(lists).toBe("ul li ul li ul li /li /ul /li /ul pre /pre /li /ul");
});
