import { join } from "node:path";
import { expect, test } from "vitest";
import { compareWithBase } from "../../scripts/lib/breaking/compare.ts";
import { UserError } from "../../scripts/lib/cli/errors.ts";
import { outputOf, run } from "../../scripts/lib/cli/process.ts";
import { loadBase, loadWorkingTree } from "../../scripts/lib/contract/snapshot.ts";
import { isolated, root, temporaryFolder } from "../support/repository.ts";

/**
 * The beginning of the scripts of these tests: a repository with a contract of one file, committed. `drop <file>` removes
 * a field of it; `text <name>` prints another contract.
 */
const prelude = `
commit() { git add --all; git commit --quiet --allow-empty --message=Change; }
text() { printf 'syntax = "proto3";\\n\\npackage %s;\\n\\nmessage M {\\n  string id = 1; // ID.\\n  string name = 2;\\n}\\n' $1; }
drop() { grep -v name "$1" > ../rest; cat ../rest > "$1"; }
move() { for to; do :; done; mkdir -p "$to"; git mv -k * "$to"; cd "$to"; }
submodule() { git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),$1; git commit --quiet --message=Submodule; }
mkdir top; cd top
git init --quiet --initial-branch=main
printf 'version: v2\\nmodules:\\n  - path: proto\\n' > buf.yaml
echo '{ "name": "api" }' > package.json; echo node_modules > .gitignore
mkdir proto; text a > proto/a.proto; commit
`;

/** Returns what the gate reports in the folder that a script ends in: its findings and the base, or its error. */
async function check(script: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const folder = temporaryFolder();
  const link = `ln -sfn '${join(root, "node_modules")}' node_modules; printf '%s' "$PWD"`;
  const made = await run({ root: folder, env: isolated }, "bash", ["-euc", `${prelude}\n${script}\n${link}`]);
  if (made.code !== 0) {
    throw new Error(outputOf(made));
  }
  const checkout = { root: made.stdout.toString(), env: { ...isolated, ...env } };
  try {
    const base = await loadBase(checkout, temporaryFolder(), { compareWith: "npm run diff --" });
    const { image } = await loadWorkingTree(checkout, temporaryFolder());
    const { findings, changed } = await compareWithBase(checkout, image, base);
    const rules = findings.map(({ rule, file }) => `${rule} ${file}`).join(", ");
    return `${rules || (changed ? "changed" : "unchanged")}; ${base.label}`;
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
const links = `
a link to a file of another extension  | ${share}; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link to a link                       | ${share}; ln -s shared ../top/s; ln -sfn ../s/a.txt proto/a.proto; commit; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
two links to one file                  | ${share}; ln -s a.proto proto/b.proto; commit; drop shared/a.txt | FIELD_NO_DELETE proto/a.proto
a link to a folder                     | mkdir shared; text b > shared/b.proto; ln -s ../shared proto/b; commit; drop shared/b.proto | FIELD_NO_DELETE proto/b/b.proto
a link to its own folder               | ln -s . proto/self; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
a link for the module                  | mv proto real; ln -s real proto; commit; drop real/a.proto | FIELD_NO_DELETE proto/a.proto
a link for buf.yaml                    | mkdir shared; mv buf.yaml shared/; ln -s shared/buf.yaml .; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
a link out of the checkout             | move libs/api; mkdir ../more; text b > ../more/b.x; ln -s ../../more/b.x proto/b.proto; commit; drop ../more/b.x | FIELD_NO_DELETE proto/b.proto
a link to a folder out of the checkout | move libs/api; mkdir ../more; text b > ../more/z; ln -s z ../more/b.proto; ln -s ../../more proto/b; commit; drop ../more/z | FIELD_NO_DELETE proto/b/b.proto
a link that became the file            | ${share}; cp proto/a.proto copy; mv copy proto/a.proto | unchanged
a file that became a link              | mkdir shared; mv proto/a.proto shared; ln -s ../shared/a.proto proto | unchanged
a link that is removed                 | text b > proto/b.proto; ${share}; rm proto/a.proto | FILE_NO_DELETE proto/a.proto
a link that leads nowhere              | ln -s nowhere proto/b.proto; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
links elsewhere out of the repository  | ln -s / root; ln -s ../../x x.proto; ln -s y y; commit; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto
an absolute link                       | text b > ../b.proto; ln -s $PWD/../b.proto proto; commit; commit | exit 2: The contract at HEAD^ at
an absolute link                       | text b > ../b.proto; ln -s $PWD/../b.proto proto; commit; drop ../b.proto; touch new.proto | proto/b.proto is a symbolic link to /
a link out of the repository           | text b > ../b.proto; ln -s ../../b.proto proto; commit; touch new.proto | proto/b.proto is a symbolic link to ../../b.proto, which is not in the commit.
a link to a folder out of the repository | mkdir ../b; text b > ../b/b.proto; ln -s ../../b proto; commit; touch new.proto | proto/b is a symbolic link to ../../b, which is not in the commit.
a link in a circle                     | ln -s b.proto proto/b.proto; commit; rm proto/b.proto | proto/b.proto is a symbolic link to b.proto
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
the top folder, committed      | move libs/api; drop proto/a.proto; commit | ID (the commit before, as HEAD is on main and the contract has no uncommitted changes), in its folder there: .
the top folder, without git mv | mkdir -p libs/api; mv [!l]* libs/api; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
another folder                 | move libs/api; commit; mkdir ../new; git mv ../api/* ../new; cd ../new; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a folder to the top            | move libs/api; commit; cd ../..; git mv libs/api/* .; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a folder to the top, with others | move libs/api; commit; cd ../..; mkdir x; text x > x/x.proto; commit; git mv libs/api/* .; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: libs/api
a package of another name      | move libs/api; echo '{ "name": "new" }' > package.json; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
a contract with other folders  | move libs/api; git mv proto protos; sed -i.old s:proto:protos: buf.yaml; rm *.old; drop protos/a.proto | FIELD_NO_DELETE protos/a.proto; main at ID (merge base), in its folder there: .
a contract that stays as well  | mkdir -p libs/api; cp -R [!l]* libs/api; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
one of two copies              | mkdir copy; cp -R [!c]* copy; commit; mkdir -p libs/api; git mv proto *.json *.yaml libs/api; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: .
a folder that was a link       | move services/api; mkdir ../../libs; ln -s ../services/api ../../libs/api; commit; cd ../..; rm libs/api; mv services/api libs; cd libs/api; drop proto/a.proto | FIELD_NO_DELETE proto/a.proto; main at ID (merge base), in its folder there: services/api
nothing, as another is there   | mkdir -p libs/other; mv [!l]* libs/other; commit; mkdir -p libs/api/proto; cd libs/api; cp ../other/buf.yaml .; text b > proto/a.proto; echo '{ "name": "new" }' > package.json | unchanged; no commit up to main at ID (merge base) has a .proto file
one of two that are alike      | mkdir copy; cp -R [!c]* copy; commit; mkdir -p libs; mv copy libs/api; rm -rf proto *.json *.yaml; cd libs/api | exit 2: The contract is not in the folder libs/api at main at ID (merge base), and where it was is not clear. It may be:
a folder that was a submodule  | git rm -rq proto buf.yaml package.json; submodule api; mkdir api; cd api; git show HEAD^:buf.yaml > buf.yaml; mkdir proto; text b > proto/b.proto | exit 2: The contract is not in the folder api
what has other names as well   | move libs/api; echo '{ "name": "new" }' > package.json; git mv proto new; sed -i.old s:proto:new: buf.yaml; rm *.old; drop new/a.proto | exit 2: The contract is not in the folder libs/api at main at ID (merge base), and where it was is not clear. It may be:
`;

test.concurrent.each(rows(moves))(
  "reads the base of %s that was moved by: %s; the gate reports: %s",
  async (_, script = "", text = "") => {
    expect((await check(script)).replace(/[0-9a-f]{7}/, "ID").replace(/^.* HEAD\^ at /, "")).toContain(text);
  },
);
