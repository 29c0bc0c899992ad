import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { readImage } from "../../scripts/lib/contract/image.ts";
import { Repository } from "../support/repository.ts";
import { expectTrueSeverities } from "./compare-severities.ts";
import { exampleFiles, examples } from "./severity-examples.ts";

test("each example breaks what real bytes and JSON show, and the gate reports it", async () => {
  const repository = Repository.empty();
  const images = ["before", "after"].map((side) => join(repository.root, `${side}.binpb`)) as [
    string,
    string,
  ];
  for (const [index, side] of (["before", "after"] as const).entries()) {
    repository.write(exampleFiles(side));
    await buildImage(repository.checkout(), images[index] as string);
  }
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
