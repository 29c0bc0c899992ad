import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  clone,
  create,
  createFileRegistry,
  type DescFile,
  type DescMessage,
  toBinary,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { buf, buildImage } from "../../scripts/lib/contract/buf.ts";
import { addLocations, readDescriptorSet, readImage } from "../../scripts/lib/contract/image.ts";
import fc from "../support/fast-check.ts";
import { Repository } from "../support/repository.ts";
import { createLab, expectTrueSeverities } from "./compare-severities.ts";
import { type Choice, editContract, editCount, isValid } from "./contract-edits.ts";
import { buildExamples } from "./severity-examples.ts";
import { findHarm, type Witness } from "./severity-oracle.ts";

test("the gate has the violations of buf and the severities of real bytes and JSON, for any edit", async () => {
  const repository = createLab();
  const [base, image] = ["base.binpb", "edited.binpb"].map((name) => join(repository.root, name)) as [
    string,
    string,
  ];
  await buildImage(repository.checkout(), base);
  const set = readDescriptorSet(base);
  const before = createFileRegistry(set);
  expect(isValid(set)).toBe(true);
  expect(findHarm(before, before)).toEqual([]);

  const original = Buffer.from(toBinary(FileDescriptorSetSchema, set));
  const editSet = (choices: Choice[]) => {
    const edited = clone(FileDescriptorSetSchema, set);
    return { edited, names: editContract(edited, choices) };
  };
  const picks = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });
  const one = fc.record({ edit: fc.nat({ max: editCount - 1 }), target: fc.nat(), picks });
  // Several edits mostly have one target.
  const several = fc
    .tuple(fc.nat(), fc.array(fc.tuple(one, fc.nat({ max: 3 })), { minLength: 2, maxLength: 4 }))
    .map(([target, list]) => list.map(([edit, n]) => (n > 0 ? { ...edit, target } : edit)));
  const choices = fc.oneof(
    one.map((edit) => [edit]),
    several,
  );
  const anyEdit = choices.filter((list) => {
    const { edited } = editSet(list);
    return isValid(edited) && Buffer.compare(original, toBinary(FileDescriptorSetSchema, edited)) !== 0;
  });

  const made = new Set<string>();
  const severities = new Set<string>();
  await fc.assert(
    fc.asyncProperty(anyEdit, async (list) => {
      const { edited, names } = editSet(list);
      addLocations(edited);
      writeFileSync(image, toBinary(FileDescriptorSetSchema, edited));
      const after = createFileRegistry(edited);
      try {
        const { harms } = await expectTrueSeverities(repository, [base, image], [before, after]);
        for (const { severity } of harms) {
          severities.add(severity);
        }
      } catch (cause) {
        throw new Error(`${names.join("; ")}: ${(cause as Error).message}`, { cause });
      }
      for (const name of names) {
        made.add(name);
      }
    }),
    { numRuns: 100 },
  );
  // Otherwise edits that apply nowhere would not be noticed.
  expect(made.size).toBeGreaterThan(editCount / 2);
  expect(severities).toEqual(new Set(["wire", "json"]));
});

test("Go too refuses or misreads what the oracle says is lost", async () => {
  const repository = Repository.empty();
  const images = new Map<DescFile, string>();
  const imageOf = (desc: DescFile) => {
    const known = images.get(desc);
    const path = known ?? join(repository.root, `${images.size}.binpb`);
    if (known === undefined) {
      images.set(desc, path);
      const file = [...withDependencies(desc)].map(({ proto }) => proto);
      writeFileSync(path, toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file })));
    }
    return path;
  };
  /** Converts bytes to JSON, or JSON to bytes. */
  const convert = async ({ file, typeName }: DescMessage, written: Witness["written"]) => {
    const isBinary = written instanceof Uint8Array;
    const [from, to] = isBinary ? ["binpb", "json"] : ["json", "binpb"];
    const formats = ["--from", `-#format=${from}`, "--to", `-#format=${to}`];
    const input = isBinary ? written : Buffer.from(JSON.stringify(written));
    const args = ["convert", imageOf(file), "--type", typeName, ...formats];
    const { code, stdout, stderr } = await buf(repository.checkout(), args, { input });
    return code === 0 ? stdout.toString("hex") : stderr;
  };
  const [before, after] = await buildExamples(repository);
  const harms = findHarm(readImage(before), readImage(after));
  const witnesses = harms
    // JSON does not have the defaults that are not written, and of an extension it has another form than a probe.
    .filter(({ reason, severity, element }) => {
      const isExtension = /^e\d+\.[xy]$/.test(element);
      return reason !== "has another default" && !(isExtension && severity === "json");
    })
    .flatMap(({ element, witness }) => (witness ? [{ element, ...witness }] : []));
  expect(witnesses.length).toBeGreaterThan(20);
  for (const { element, writer, reader, written } of witnesses) {
    const original = await convert(writer, written);
    expect(original, element).not.toContain("Failure");
    expect(await convert(reader, written), element).not.toBe(original);
  }
});

/** Returns a file after the files that it imports. */
function withDependencies(file: DescFile): Set<DescFile> {
  return new Set([...file.dependencies.flatMap((each) => [...withDependencies(each)]), file]);
}
