import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compareTrees, listFiles } from "../../scripts/lib/cli/files.ts";
import { writeSite } from "../../scripts/lib/docs/docs.ts";
import { expectUserError } from "../support/errors.ts";
import { root, temporaryFolder } from "../support/repository.ts";

const checkoutOf = (path: string) => ({ root: path, env: process.env });

test("the same input gives the same site, with paths that are relative", () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  writeSite(checkoutOf(root), first);
  writeSite(checkoutOf(root), second);
  expect(compareTrees(first, second)).toEqual({ stale: [], missing: [], leftOver: [] });
  const files = listFiles(first);
  expect(files).toEqual([
    ...["LICENSE", "index.html", "openapi.json", "page.css", "page.js"],
    ...["swagger-ui-bundle.js", "swagger-ui.css"],
  ]);
  const html = readFileSync(join(first, "index.html"), "utf8");
  const links = [...html.matchAll(/(?:href|src)="(?!data:)([^"]*)"/g)].map(([, link]) => link);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((link = "") => !files.includes(link))).toEqual([]);
});

test.each([
  ["page/page.ts", "git restore page"],
  ["gen/openapi/openapi.json", "npm run generate"],
  ["node_modules/swagger-ui-dist/swagger-ui.css", "npm ci"],
])("without %s, %s is the fix", async (missing, command) => {
  const checkout = checkoutOf(temporaryFolder());
  for (const path of ["page", "gen/openapi", "node_modules/swagger-ui-dist"]) {
    cpSync(join(root, path), join(checkout.root, path), { recursive: true });
  }
  rmSync(join(checkout.root, missing), { recursive: true });
  const written = async () => writeSite(checkout, join(checkout.root, "site"));
  await expectUserError(written(), 2, `${missing} is missing`, `Run: ${command}`);
});
