import * as rules from "../rules/index.ts";
import { createCheckPlugin } from "./check.ts";

/** The plugin of this repository: all rules of lint/rules, in the category that buf.yaml names. */
export const plugin = createCheckPlugin(Object.values(rules), {
  id: "AGYN",
  purpose: "Checks that the contract follows the conventions of the Agyn platform.",
});
