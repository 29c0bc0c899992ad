import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import { withTemporaryFolder } from "../../scripts/lib/cli/files.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { loadBase, loadWorkingTree } from "../../scripts/lib/contract/snapshot.ts";
import { isolated, root, temporaryFolder } from "../support/repository.ts";

/**
 * The beginning of the scripts of these tests: a repository with a contract of one file, committed. `drop <file>` removes
 * a field of it; `text <name>` prints another contract.
 */
const prelude = String.raw`
commit() { git add --all; git commit --quiet --allow-empty --message=Change; }
text() { printf 'syntax = "proto3";\n\npackage %s;\n\nmessage M {\n  string id = 1; // ID.\n  string name = 2;\n}\n' $1; }
drop() { for file; do grep -v name "$file" > "$home/rest"; cat "$home/rest" > "$file"; done; }
move() { for to; do :; done; mkdir -p "$to"; git mv -k * "$to"; cd "$to"; }
submodule() { git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),$1; git commit --quiet --message=Submodule; }
hook() { printf '#!/bin/sh\nenv > %s/env; exit 1' $home > $home/hook; chmod +x $home/hook; cp $home/hook $home/top/.git/hooks/$1; }
variables() { printf '%s\n' "$@" > $home/env; }
linked() { move libs/api; commit; git worktree add --quiet ../../../linked; cd ../../../linked/libs/api; drop proto/a.proto; }
partial() {
  text b > proto/b.proto; text c > proto/c.proto; commit; git switch --quiet --create topic; drop proto/*; commit
  git config uploadpack.allowFilter true; git clone --quiet "$@" file://$PWD ../part; cd ../part
}
home=$PWD; mkdir top; cd top
git init --quiet --initial-branch=main; mkdir -p .git/hooks
printf 'version: v2\nmodules:\n  - path: proto\n' > buf.yaml
echo '{ "name": "api" }' > package.json; echo node_modules > .gitignore
mkdir proto; text a > proto/a.proto; commit
`;

/**
 * Returns what the gate reports in the folder that a script ends in: its findings and the base, or its error. The script
 * can write variables of the environment to $home/env.
 */
async function check(script: string, folder = temporaryFolder()): Promise<string> {
  const link = `ln -sfn '${join(root, "node_modules")}' node_modules; pwd -W 2> /dev/null || pwd`;
  const made = await run({ root: folder, env: isolated }, "bash", ["-euc", `${prelude}\n${script}\n${link}`]);
  if (made.code !== 0) {
    throw new Error(outputOf(made));
  }
  const variables = join(folder, "env");
  const lines = existsSync(variables) ? readFileSync(variables, "utf8").trim().split("\n") : [];
  const env = Object.fromEntries(
    lines.filter((line) => line.startsWith("GIT_")).map((line) => line.split(/=(.*)/)),
  );
  const checkout = { root: made.stdout.toString().trimEnd(), env: { ...isolated, ...env } };
  try {
    return await withTemporaryFolder(checkout.root, async (runFolder) => {
      const base = await loadBase(checkout, runFolder);
      const { image } = await loadWorkingTree(checkout, runFolder);
      const { findings, changed } = await compareWithBase(checkout, image, base);
      const rules = findings
        .flatMap(({ violations, file }) => violations.map(({ rule }) => `${rule} ${file}`))
        .join(", ");
      return `${rules || (changed ? "changed" : "unchanged")}; ${base.label}`;
    });
  } catch (error) {
    if (error instanceof UserError && error.exitCode === 2) {
      return `exit 2: ${error.message}`;
    }
    throw error;
  }
}

const share = "mkdir shared; mv proto/a.proto shared/a.txt; ln -s ../shared/a.txt proto/a.proto; commit";
const rows = (table: string) =>
  table
    .trim()
    .split("\n")
    .map((row) => row.split(/ +\| ?/));

/** The layouts, each with its script and texts of the result. */
const links = String.raw`
a link to a file of another extension  | ${share}; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link to a link                       | ${share}; ln -s shared ../top/s; ln -sfn ../s/a.txt proto/a.proto; commit; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link that another file imports       | ${share}; printf 'syntax = "proto3";\npackage b;\nimport "a.proto";\nmessage B { a.M m = 1; }\n' > proto/b.proto; commit; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link for a module of two             | mkdir more; text b > more/b.proto; ln -s more link; printf 'version: v2\nmodules: [{ path: proto, breaking: { use: [WIRE] } }, { path: link, breaking: { use: [FILE] } }]\n' > buf.yaml; text c > more/c.proto; commit; rm more/c.proto | FILE_NO_DELETE link/c.proto
two links to one file                  | ${share}; ln -s a.proto proto/b.proto; commit; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link to a folder                     | mkdir shared; text b > shared/b.proto; ln -s ../shared proto/b; commit; drop shared/b.proto | FIELD_NO_DELETE proto/b/b.proto
a link that leads to another folder    | mkdir b c; text x > b/x.proto; text x > c/x.proto; drop c/x.proto; ln -s ../b proto/x; commit; commit; ln -sfn ../c proto/x | FIELD_NO_DELETE proto/x/x.proto; main at
no file of another folder              | move libs/api; text b > ../b.proto; commit; commit; drop ../b.proto | unchanged; HEAD^ at
a link to its own folder               | ln -s . proto/self; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
a link for the module                  | mv proto real; ln -s real proto; commit; drop real/a.proto | FIELD_NO_DELETE proto/a.proto
a workspace of another version          | mv buf.yaml proto; echo 'version: v1' > proto/buf.yaml; printf 'version: v1\ndirectories: [proto]\n' > buf.work.yaml; commit; drop proto/a.proto | FIELD_NO_DELETE
a link for buf.yaml                    | mkdir shared; mv buf.yaml shared/; ln -s shared/buf.yaml .; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
a link out of the checkout             | move libs/api; mkdir ../more; text b > ../more/b.x; ln -s ../../more/b.x proto/b.proto; commit; drop ../more/b.x | FIELD_NO_DELETE proto/b.proto
a link to a folder out of the checkout | move libs/api; mkdir ../more; text b > ../more/z; ln -s z ../more/b.proto; ln -s ../../more proto/b; commit; drop ../more/z | FIELD_NO_DELETE proto/b/b.proto
a link that became the file            | ${share}; cp proto/a.proto copy; mv copy proto/a.proto | unchanged
a file that became a link              | mkdir shared; mv proto/a.proto shared; ln -s ../shared/a.proto proto | unchanged
a link that is removed                 | text b > proto/b.proto; ${share}; rm proto/a.proto | FILE_NO_DELETE proto/a.proto
a link that leads nowhere              | ln -s nowhere proto/b.proto; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
links elsewhere out of the repository  | ln -s / root; ln -s ../../x x.proto; ln -s y y; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
an absolute link for buf.yaml          | mv buf.yaml ..; ln -s $PWD/../buf.yaml .; commit; drop proto/a.proto | buf.yaml is a symbolic link to /
an absolute link                       | text b > ../b.proto; ln -s $PWD/../b.proto proto; commit; commit | exit 2: The contract at HEAD^ at
an absolute link                       | text b > ../b.proto; ln -s $PWD/../b.proto proto; commit; drop ../b.proto; touch new.proto | proto/b.proto is a symbolic link to /
a link out of the repository           | text b > ../b.proto; ln -s ../../b.proto proto; commit; touch new.proto | proto/b.proto is a symbolic link to ../../b.proto, which is not in the commit.
a link to a folder out of the repository | mkdir ../b; text b > ../b/b.proto; ln -s ../../b proto; commit; touch new.proto | proto/b is a symbolic link to ../../b, which is not in the commit.
a link in a circle                     | ln -s b.proto proto/b.proto; commit; rm proto/b.proto; touch new.proto | proto/b.proto is a symbolic link to b.proto
a submodule in the module              | submodule proto/b; drop proto/a.proto | proto/b is a submodule, whose files are not in the commit.
a submodule for the module             | git rm -rq --cached proto; submodule proto; touch new.proto | proto is a submodule, whose files are not in the commit.
a submodule with the module            | mkdir sub; git mv proto sub; sed -i.old s:proto:sub/proto: buf.yaml; rm *.old; commit; git rm -rq --cached sub; submodule sub; touch new.proto | sub is a submodule, whose files are not in the commit.
a submodule elsewhere                  | submodule more; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
`;

test.concurrent.each(rows(links))(
  "follows %s, made by: %s; the gate reports: %s",
  async (_, script = "", text = "") => {
    expect(await check(script)).toContain(text);
  },
);

const moves = `
the top folder                 | move libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
the top folder, and nothing else | move libs/api | unchanged; main at ID (merge base), in its folder there: .
the top folder, committed      | move libs/api; drop proto/a.proto; commit | ID (the commit before, as HEAD is on main and the contract has no uncommitted changes), in its folder there: .
the top folder, without git mv | mkdir -p libs/api; mv [!l]* libs/api; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
another folder                 | move libs/api; commit; mkdir ../new; git mv ../api/* ../new; cd ../new; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a folder to the top            | move libs/api; commit; cd ../..; git mv libs/api/* .; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a folder to the top, with others | move libs/api; commit; cd ../..; mkdir x; text x > x/x.proto; commit; git mv libs/api/* .; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a package of another name      | move libs/api; echo '{ "name": "new" }' > package.json; drop proto/a.proto | exit 2: The contract is not in the folder libs/api at main at ID (merge base), and where it was is not clear. It may be:
a contract with other folders  | move libs/api; git mv proto protos; sed -i.old s:proto:protos: buf.yaml; rm *.old; drop protos/a.proto | FIELD_NO_DELETE protos/a.proto; main at ID (merge base), in its folder there: .
a contract that stays as well  | mkdir -p libs/api; cp -R [!l]* libs/api; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
one of two copies              | mkdir copy; cp -R [!c]* copy; commit; mkdir -p libs/api; git mv proto *.json *.yaml libs/api; cd libs/api; drop proto/a.proto | exit 2: The contract is not in the folder libs/api
a folder that was a link       | move services/api; mkdir ../../libs; ln -s ../services/api ../../libs/api; commit; cd ../..; rm libs/api; mv services/api libs; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: services/api
nothing, as another is there   | ln -s nowhere lost; mkdir -p libs/other; mv [!l]* libs/other; commit; mkdir -p libs/api/proto; cd libs/api; cp ../other/buf.yaml .; text b > proto/a.proto; echo '{ "name": "new" }' > package.json | unchanged; no commit up to main at ID (merge base) has a .proto file
a contract whose buf.yaml is above | move libs/api; git mv buf.yaml ../..; sed -i.old s:proto:libs/api/proto: ../../buf.yaml; commit; drop proto/a.proto | exit 2: There is no buf.yaml here, and buf reads ../../buf.yaml
one of two that are alike      | mkdir copy; cp -R [!c]* copy; commit; mkdir -p libs; mv copy libs/api; rm -rf proto *.json *.yaml; cd libs/api | exit 2: The contract is not in the folder libs/api at main at ID (merge base), and where it was is not clear. It may be:
a folder that was a submodule  | git rm -rq proto buf.yaml package.json; submodule api; mkdir api; cd api; git show HEAD^:buf.yaml > buf.yaml; mkdir proto; text b > proto/b.proto | exit 2: The contract is not in the folder api
`;

test.concurrent.each(rows(moves))(
  "reads the base of %s that was moved by: %s; the gate reports: %s",
  async (_, script = "", text = "") => {
    expect((await check(script)).replace(/[0-9a-f]{7}/, "ID").replace(/^.* HEAD\^ at /, "")).toContain(text);
  },
);

const environments = `
pre-commit in a linked worktree | linked; hook pre-commit; ! git commit -qam Change
pre-commit with -c              | linked; hook pre-commit; ! git -c core.quotePath=true commit -qam Change
pre-commit with literal paths   | drop proto/a.proto; hook pre-commit; ! git --literal-pathspecs commit -qam Change
pre-commit of one file          | move libs/api; commit; drop proto/a.proto; hook pre-commit; ! git commit -qm Change proto/a.proto
pre-push in a linked worktree   | linked; hook pre-push; git init -q --bare $home/bare; ! git push -q $home/bare HEAD
an alias in a linked worktree   | linked; git config alias.dump "! env > $home/env"; git dump
rebase in a linked worktree     | linked; git commit -qam Change; hook none; ! git rebase -q --exec $home/hook HEAD^ 2> $home/log
a hook with a relative folder   | move libs/api; commit; drop proto/a.proto; variables GIT_DIR=.git GIT_INDEX_FILE=.git/index
a repository elsewhere          | drop proto/a.proto; mv .git ../store; variables GIT_DIR=../store GIT_WORK_TREE=.
a repository elsewhere, from a folder | move libs/api; commit; drop proto/a.proto; mv $home/top/.git $home/store; variables GIT_DIR=$home/store GIT_WORK_TREE=$home/top
another repository's hook       | git init -q ../other; drop proto/a.proto; variables GIT_DIR=$home/other/.git GIT_WORK_TREE=$home/other
`;

test.concurrent.each(rows(environments))(
  "finds the repository in %s, made by: %s",
  async (_, script = "") => {
    const folder = temporaryFolder();
    expect((await check(script, folder)).replace(/[0-9a-f]{7}/, "ID")).toBe(
      "FIELD_NO_DELETE proto/a.proto; main at ID (merge base)",
    );
    expect(readFileSync(join(folder, "env"), "utf8")).toContain("GIT_");
  },
);

describe.concurrent("a partial clone", () => {
  const rows = ["blob:none", "tree:0"];

  test.each(rows)("with --filter=%s fetches what it lacks", async (filter) => {
    const folder = temporaryFolder();
    const script = `partial --branch topic --filter=${filter}; variables GIT_TRACE=$home/trace`;
    const dropped = ["a", "b", "c"].map((name) => `FIELD_NO_DELETE proto/${name}.proto`).join(", ");
    expect(await check(script, folder)).toContain(`${dropped}; origin/main at `);
    const fetches = readFileSync(join(folder, "trace"), "utf8").match(/run_command: git .*fetch origin/g);
    // The trees one after another, the files at once.
    expect(fetches).toHaveLength(filter === "tree:0" ? 2 : 1);
  });

  test.each(rows)("with --filter=%s and without its remote is refused", async (filter) => {
    const script = `partial --branch topic --filter=${filter}; git remote set-url origin file:///missing`;
    const report = await check(script);
    expect(report).toContain("exit 2: This is a partial clone, which lacks objects that are needed");
    expect(report).toContain("Run: git fetch --refetch --no-filter");
    const complete = `git remote set-url origin file://$home/top; git fetch --quiet --refetch --no-filter; git remote set-url origin file:///missing`;
    expect(await check(`${script}; ${complete}`)).toContain("FIELD_NO_DELETE proto/a.proto");
  });
});

test.concurrent.each(["HEAD:proto/a.proto", "HEAD:proto", "HEAD^{tree}", "HEAD"])(
  "refuses a repository without its object %s",
  async (object) => {
    const report = await check(
      `drop proto/a.proto; id=$(git rev-parse ${object}); rm -f .git/objects/$(echo $id | cut -c1-2)/$(echo $id | cut -c3-)`,
    );
    expect(report).toMatch(/^exit 2: git .*\n {2}Run: git fsck/s);
  },
);

const conversions = String.raw`
CRLF by core.autocrlf       | git config core.autocrlf true; rm proto/a.proto; git checkout -q proto; touch new.proto; grep -q $'\r' proto/a.proto | unchanged
CRLF by an editor           | sed -i.old $'s/$/\r/' proto/a.proto; rm proto/*.old | unchanged
CRLF on main                | sed -i.old $'s/$/\r/' proto/a.proto; rm proto/*.old; commit; text a > proto/a.proto | unchanged
UTF-16                      | echo '*.proto working-tree-encoding=UTF-16LE' > .gitattributes; git add .gitattributes; git commit -qm Encode; rm proto/a.proto; git checkout -q proto; touch new.proto | MESSAGE_NO_DELETE proto/a.proto
bytes of an encryption       | printf '\0GITCRYPT\0' > proto/a.proto; commit; text a > proto/a.proto | proto/a.proto is not UTF-8 text in the commit.
UTF-16 on main              | printf '\377\376a' > proto/a.proto; commit; text a > proto/a.proto | proto/a.proto is not UTF-8 text in the commit.
bytes elsewhere             | printf '\0' > x.proto; commit; drop proto/a.proto | FIELD_NO_DELETE
a pointer of Git LFS        | printf 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n' > proto/a.proto; commit; text a > proto/a.proto | exit 2: The contract at main at
a name with odd characters  | text b > $'proto/b "\té, #.proto'; commit; drop proto/b*; git config core.quotePath true | FIELD_NO_DELETE proto/b "
a folder with odd characters | move $'a #b?c%41 "\n[é'; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at
a folder with odd characters, moved | move $'a #b?c%41 "\n[é/-x'; commit; mkdir ../../b; git mv ./* ../../b; cd ../../b; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at
`;

test.concurrent.each(rows(conversions))(
  "reads %s, made by: %s; the gate reports: %s",
  async (_, script = "", text = "") => {
    expect(await check(script)).toContain(text);
  },
);
