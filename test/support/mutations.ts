import { type BreakingMutation, breakingMutations } from "./breaking-mutations.js";
import { type HarmlessMutation, harmlessMutations } from "./harmless-mutations.js";

/**
 * One change of the real contract, of a kind of its own. Its `edit` takes the contract's files, as
 * `readContract` reads them, and changes them in place.
 */
export type Mutation = BreakingMutation | HarmlessMutation;

/** All of them, for whoever judges changes. */
export const mutations: Mutation[] = [...breakingMutations, ...harmlessMutations];
