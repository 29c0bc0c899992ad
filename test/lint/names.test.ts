// Precision and recall of the rules about secrets, on fields of public contracts. In test/lint/names, those that are
// secrets are marked debug_redact.
import { join } from "node:path";
import { expect, test } from "vitest";
import { markOf, secretOf } from "../../lint/rules/secrets.ts";
import { outputOf } from "../../scripts/lib/cli/process.ts";
import { buf } from "../../scripts/lib/contract/buf.ts";
import { contractMessages } from "../../scripts/lib/contract/descriptors.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { here, temporaryFolder } from "../support/repository.ts";

test("secrets are recognized by name: none by mistake, and at least 19 of 20", async () => {
  const image = join(temporaryFolder(), "names.binpb");
  expect(outputOf(await buf(here, ["build", "test/lint/names", "-o", image]))).toBe("");
  const fields = contractMessages(readImage(image)).flatMap(({ fields }) => fields);
  const secrets = fields.filter((field) => markOf(field));
  expect(fields.length).toBeGreaterThan(300);
  expect(secrets.length).toBeGreaterThan(100);
  const found = fields.filter((field) => secretOf(field));
  expect(found.filter((field) => !markOf(field)).map(String)).toEqual([]);
  const missed = secrets.filter((field) => !secretOf(field));
  expect(missed.length, missed.join("\n")).toBeLessThanOrEqual(secrets.length / 20);
});
