import { join } from "node:path";
import { expect, test } from "vitest";
import { buildImage } from "../../scripts/lib/contract/buf.ts";
import { diffContracts } from "../../scripts/lib/diff/index.ts";
import { Repository } from "../support/repository.ts";
import { testRandomEdits } from "./check-random-edits.ts";
import { imageSnapshot } from "./entries.ts";

testRandomEdits(200);

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Returns a file of 200 lines, in a package of its own. */
const largeFile = (id: number, type: string) => `syntax = "proto3";
package large.p${id}.v1;
// P${id}Service is large.
service P${id}Service {
${numbers(9)
  .map((rpc) => `  // Do${rpc} does.\n  rpc Do${rpc}(M${rpc}) returns (M${rpc + 1});\n`)
  .join("")}}
${numbers(10)
  .map(
    (message) =>
      `// M${message} is one of many.\nmessage M${message} {\n${fields(message === 5 ? type : "string")}  M${message} next = 9;\n}\n`,
  )
  .join("")}`;

const fields = (type: string) =>
  numbers(7)
    .map(
      (field) =>
        `  // Field. It is commented.\n  ${field === 3 ? type : "string"} field_${field} = ${field + 1};\n`,
    )
    .join("");

/** Returns a contract of 8,000 lines, with one field in each file that has the given type. */
function largeContract(type: string) {
  const repository = Repository.empty();
  const files = numbers(40).map((id) => [`proto/large/p${id}/v1/p${id}.proto`, largeFile(id, type)]);
  repository.write({ "buf.yaml": "version: v2\nmodules:\n  - path: proto\n", ...Object.fromEntries(files) });
  return { checkout: repository.checkout(), image: join(repository.root, "image.binpb") };
}

test("two contracts of 8,000 lines are compared in less than twice the time to build both", async () => {
  const [before, after] = [largeContract("string"), largeContract("bytes")];
  const times = { build: Number.POSITIVE_INFINITY, diff: Number.POSITIVE_INFINITY };
  // The best of a few, as other work on the machine only adds to it.
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    await buildImage(before.checkout, before.image);
    await buildImage(after.checkout, after.image);
    const built = performance.now();
    const { entries } = await diffContracts(
      before.checkout,
      imageSnapshot(before.image),
      imageSnapshot(after.image),
    );
    times.build = Math.min(times.build, built - start);
    times.diff = Math.min(times.diff, performance.now() - built);
    expect(entries.length).toBe(40);
  }
  console.log(`diff ${times.diff.toFixed(0)} ms, build of both ${times.build.toFixed(0)} ms`);
  expect(times.diff / times.build).toBeLessThan(2);
});
