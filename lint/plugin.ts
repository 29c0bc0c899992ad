import { createCheckPlugin } from "./pluginrpc/check.js";
import * as rules from "./rules/index.js";

/** The check plugin of this repository: all rules of lint/rules, in one category that buf.yaml names. */
export const plugin = createCheckPlugin(Object.values(rules), [
  { id: "AGYN", purpose: "Checks that the contract keeps to the conventions of the Agyn platform." },
]);
