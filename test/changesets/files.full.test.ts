// The files in .changeset that count, compared with what changesets itself does.
import { readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readChangesets } from "../../scripts/lib/changesets/changesets.ts";
import { runPackage } from "../../scripts/lib/cli/process.ts";
import { expectUserError } from "../support/errors.ts";
import type { Repository } from "../support/repository.ts";
import { changesetText, createRepository, readme } from "./repository.ts";

/** Windows has no such characters in the names of files. */
const isWindows = process.platform === "win32";

describe.concurrent("as changesets itself does, readChangesets", () => {
  /** Runs `changeset version`, and returns its exit code and the files in .changeset after it. */
  async function consume(repository: Repository) {
    const { code } = await runPackage(repository.checkout(), "@changesets/cli", "changeset", ["version"]);
    return { code, files: readdirSync(join(repository.root, ".changeset")).sort() };
  }

  test("takes some files, which a release consumes, and leaves others", async () => {
    const repository = await createRepository();
    const text = changesetText("patch");
    const taken = {
      "before.md": `Text.\n${text}`,
      "crlf.md": `\uFEFF\r\n\r\n${text.replaceAll("\n", "\r\n")}`,
      "empty.md": "---\n---\n",
      "flow.md": '---\n{ "@agynio/api": minor }\n---\n',
      "none.md": changesetText("none"),
      ...(isWindows ? {} : { "two\nlines.md": text }),
    };
    const left = {
      "ReadMe.Md": readme,
      ".hidden.md": text,
      "a.MD": text,
      "a.markdown": text,
      "a.txt": "",
    };
    const files = Object.entries({ ...taken, ...left });
    repository.write(Object.fromEntries(files.map(([name, content]) => [`.changeset/${name}`, content])));
    const link = (target: string, name: string) =>
      symlinkSync(target, join(repository.root, ".changeset", name));
    link("../LICENSE", "z.text");
    link("../src", "folder");
    repository.write({ "linked.md": text });
    link("../linked.md", "link.md");
    const paths = (await readChangesets(repository.root)).map(({ path }) => path);
    expect(paths).toEqual([...Object.keys(taken), "link.md"].map((name) => `.changeset/${name}`).sort());
    const remaining = [...Object.keys(left), "z.text", "folder", "config.json"].sort();
    expect(await consume(repository)).toEqual({ code: 0, files: remaining });
  });

  const api = '"@agynio/api": patch';
  const [ignored, private_] = ['"ignored": patch', '"connect-v1": none'];
  const text = (...releases: string[]) => `---\n${releases.join("\n")}\n---\n`;
  test.each([
    [
      "a private package",
      "odd.md",
      text(private_),
      ":2 names connect-v1, which is",
      'Write "@agynio/api": none',
    ],
    [
      "an ignored package",
      "odd.md",
      text(ignored),
      ":2 names ignored, which is",
      'Write "@agynio/api": patch',
    ],
    ["a private package and another", "odd.md", text(api, private_), ":3 names connect-v1", "Remove it."],
    ["an ignored package and another", "odd.md", text(ignored, api), ":2 names ignored", "Remove it."],
    [
      "an unknown package",
      "odd.md",
      text('"@agynio/apii": major'),
      ":2 names @agynio/apii",
      '"@agynio/api": major',
    ],
    [
      "a name after its text",
      "odd.md",
      `About connect-v1.\n${text(private_)}`,
      ":3 names connect-v1",
      '"@agynio/api": none',
    ],
    ["a name within another", "odd.md", text(api, '"api": minor'), ":3 names api,", "Remove it."],
    [
      "an escaped name",
      "odd.md",
      text(api, '"connect\\u002dv1": none'),
      ":3 names connect-v1,",
      "Remove it.",
    ],
    [
      "flow style",
      "odd.md",
      text("{", "  connect-v1: none }"),
      ":3 names connect-v1,",
      '"@agynio/api": none',
    ],
    ["a package twice", "odd.md", text(api, api), " cannot be read: could not parse changeset", "Fix it."],
    [
      "an unknown bump",
      "odd.md",
      text('"@agynio/api": huge'),
      " cannot be read: could not parse changeset",
      "Fix it.",
    ],
    ["an empty file", "odd.md", "", " cannot be read: could not parse changeset", "Fix it."],
    ["text alone", "odd.md", "About.", " cannot be read: could not parse changeset", "Fix it."],
    ["invalid YAML", "odd.md", "---\n: [\n---\n", " cannot be read: could not parse changeset", "Fix it."],
    ["another name", "odd.mdx.md", text(api), " has .md inside its name", "Rename it."],
    ["a folder", "odd/file.md", text(api), " is a folder", "Move its files to another folder."],
    ["a hidden folder", ".odd/file", "", " is a folder", "Move its files to another folder."],
  ])("rejects %s, which no release consumes", async (_, name, content, ...texts) => {
    const repository = await createRepository();
    repository.edit(".changeset/config.json", "{", '{ "ignore": ["ign*"],');
    repository.edit("package.json", '"connect-v1"', '"connect-v1", "more/*"');
    repository.write({
      [`.changeset/${name}`]: content,
      "more/ignored/package.json": '{ "name": "ignored", "version": "1.0.0" }\n',
    });
    const [entry = ""] = name.split("/");
    const [problem, fix] = texts;
    await expectUserError(readChangesets(repository.root), 1, `.changeset/${entry}${problem}`, fix ?? "");
    const { files } = await consume(repository);
    expect(files).toContain(entry);
  });

  test("rejects a link to a missing file", async () => {
    const repository = await createRepository();
    symlinkSync("missing", join(repository.root, ".changeset/odd.md"));
    await expectUserError(readChangesets(repository.root), 1, ".changeset/odd.md cannot be read: ENOENT");
    expect(await consume(repository)).toMatchObject({ code: 1 });
  });
});
