import type { ContractDiff } from "./model.js";
import { summary } from "./summary.js";

export function toMarkdown(diff: ContractDiff): string {
  return `${summary(diff)}\n`;
}

export function toTerminal(diff: ContractDiff): string {
  return `${summary(diff)}\n`;
}

export function toJson(diff: ContractDiff): string {
  return `${JSON.stringify(diff, null, 2)}\n`;
}
