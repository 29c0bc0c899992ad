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
export { formatJson } from "./json.ts";
export { formatChangelog, formatMarkdown } from "./markdown.ts";
export type * from "./model.ts";
export type { ReportOptions } from "./outline.ts";
export { summarizeDiff } from "./summary.ts";
export { formatTerminal } from "./terminal.ts";
