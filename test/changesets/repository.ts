import { join } from "node:path";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { publishedImage } from "../../scripts/lib/contract/snapshot.ts";
import { Repository } from "../support/repository.ts";

/** The contract of the repositories of these tests. */
export const contract = "proto/agynio/api/users/v1/users.proto";

/** Edits of the contract, by the bump that each of them needs. */
export const edits: Record<"major" | "minor" | "patch", [from: string | RegExp, to: string]> = {
  major: ["  string name = 2;\n", ""],
  minor: [/$/, "\n// Team has users.\nmessage Team {\n  string id = 1;\n}\n"],
  patch: ["User is a person.", "User is a human being."],
};

/** Returns the text of a changeset. */
export const changesetText = (bump: string, name = "@agynio/api") =>
  `---\n"${name}": ${bump}\n---\n\nAbout the change.\n`;

/** Writes `.changeset/<id>.md`. */
export const writeChangeset = (repository: Repository, bump: string, id = "change") =>
  repository.write({ [`.changeset/${id}.md`]: changesetText(bump) });

const template = createTemplate();

/** Makes a repository whose files are committed and released, and whose last commit changes nothing. */
async function createTemplate(): Promise<Repository> {
  const repository = await Repository.create(
    new Map(
      Object.entries({
        ".changeset/config.json": '{ "access": "public", "baseBranch": "main", "privatePackages": false }\n',
        ".gitignore": "node_modules\ndist\n",
        "buf.yaml": "version: v2\nmodules:\n  - path: proto\nbreaking:\n  use: [FILE]\n",
        "connect-v1/package.json": '{ "name": "connect-v1", "version": "0.0.0", "private": true }\n',
        "package.json": `${JSON.stringify({ name: "@agynio/api", version: "1.0.0", workspaces: [".", "connect-v1"] })}\n`,
        "src/redact.ts": "export {};\n",
        LICENSE: "None.\n",
        [contract]: `syntax = "proto3";

package agynio.api.users.v1;

// User is a person.
message User {
  string id = 1;
  string name = 2;
}
`,
      }),
    ),
  );
  await buildImage(repository.checkout(), join(repository.root, publishedImage));
  await repository.commit("Publish");
  await repository.commit("Something else");
  return repository;
}

/** Makes a repository on a branch without commits of its own. */
export async function createRepository(branch = "topic"): Promise<Repository> {
  const repository = (await template).duplicate();
  await repository.git("switch", "--quiet", ...(branch === "main" ? [] : ["--create"]), branch);
  return repository;
}
