import { expect, test } from "vitest";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { Repository } from "../support/repository.ts";
import { expectTrueSeverities } from "./compare-severities.ts";
import { buildExamples, examples } from "./severity-examples.ts";

test("each example breaks what real bytes and JSON show, and the gate reports it", async () => {
  const repository = Repository.empty();
  const images = await buildExamples(repository);
  const { harms, files } = await expectTrueSeverities(repository, images, [
    readImage(images[0]),
    readImage(images[1]),
  ]);
  const found = examples.map(({ name }, index) => {
    const severities = harms
      .filter(({ element }) => element.startsWith(`e${index}.`))
      .map(({ severity }) => severity);
    const worst = severities.includes("wire") ? "wire" : severities[0];
    return { name, severity: worst ?? (files.has(`e${index}/e.proto`) ? "code" : "none") };
  });
  expect(found).toEqual(examples.map(({ name, severity }) => ({ name, severity })));
});
