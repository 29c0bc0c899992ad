/**
 * The semantic difference of two contracts:
 *
 *     await withTemporaryFolder(async (folder) => {
 *       const { before, after } = await loadSides([], folder);
 *       const diff = await diffContracts(before, after);
 *       console.log(summary(diff), weight(diff), toMarkdown(diff));
 *     });
 */
export { diffContracts } from "./compare.ts";
export * from "./model.ts";
export { toJson, toMarkdown, toTerminal } from "./report.ts";
export { loadSides, retold, sideOf, workingTree } from "./sides.ts";
export { summary, weight } from "./summary.ts";
