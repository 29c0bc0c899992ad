import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AnyDesc } from "@bufbuild/protobuf";
import { groupBy } from "../cli/collections.ts";
import { UserError } from "../cli/errors.ts";
import { fileOf, placeOf, sourcePathOf } from "../contract/descriptors.ts";
import { protoRoots } from "../contract/paths.ts";

/** An element for which no code can be generated. */
export interface Refusal {
  element: AnyDesc;
  /** What is wrong, without a full stop. */
  problem: string;
  /** What to do instead. */
  fix: string;
}

/** Field number of `package` in google.protobuf.FileDescriptorProto. */
const packageNumber = 2;

/**
 * Throws a UserError that lists refused elements with their places in the .proto files, if there are any: of a file, its
 * package statement.
 *
 * @param refusals Of several for one element, the first is listed.
 */
export function refuse(root: string, refusals: Refusal[]): void {
  const annotations = [...groupBy(refusals, ({ element }) => element)].flatMap(([element, [first]]) => {
    const { name } = fileOf(element).proto;
    const folder = protoRoots.find((path) => existsSync(join(root, path, name)));
    const path = element.kind === "file" ? [packageNumber] : sourcePathOf(element);
    const { line, column } = placeOf(element, path);
    const file = folder === undefined ? name : `${folder}/${name}`;
    return first ? [{ file, line, col: column, message: `${first.problem}.\n  ${first.fix}` }] : [];
  });
  annotations.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  if (annotations.length > 0) {
    const lines = annotations.map(({ file, line, col, message }) => `${file}:${line}:${col}: ${message}\n`);
    throw new UserError(lines.join(""), { annotations });
  }
}
