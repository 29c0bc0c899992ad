/**
 * The semantic difference of two contracts:
 *
 *     await withTemporaryFolder(async (folder) => {
 *       const { before, after } = await loadSides([], folder);
 *       const diff = await diffContracts(before, after);
 *       console.log(summary(diff), weight(diff), toMarkdown(diff));
 *     });
 */
export { diffContracts } from "./compare.js";
export * from "./model.js";
export { toJson, toMarkdown, toTerminal } from "./report.js";
export { loadSides, sideOf, workingTree } from "./sides.js";
export { summary, weight } from "./summary.js";
