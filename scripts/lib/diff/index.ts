/**
 * The semantic difference of two contracts:
 *
 *     await withTemporaryFolder(checkout.root, async (folder) => {
 *       const [before, after] = await loadPair(checkout, folder, []);
 *       const diff = await diffContracts(checkout, before, after);
 *       console.log(diff.bump, summarizeDiff(diff), formatMarkdown(diff));
 *     });
 */
export { diffContracts } from "./compare.ts";
export type * from "./model.ts";
export { formatJson, formatMarkdown, formatTerminal } from "./report.ts";
export { summarizeDiff } from "./summary.ts";
