import type { AnyDesc, FileRegistry } from "@bufbuild/protobuf";

/** A lint rule. */
export interface Rule {
  /** Matches `[A-Z0-9][A-Z0-9_]*[A-Z0-9]` and has 3 to 64 characters. */
  id: string;
  /** What the rule checks, as a sentence with a capital letter and a period. */
  purpose: string;
  /** A function for each kind of element that the rule checks. */
  check: Checks;
}

/** Functions that are called with each element of their kind in the linted files, but not in files they import. */
export type Checks = {
  [Kind in AnyDesc["kind"]]?: (element: Extract<AnyDesc, { kind: Kind }>, context: Context) => void;
};

/** The types that a rule can look up, and the function that reports findings. */
export interface Context {
  /** The linted files and all that they import. */
  registry: FileRegistry;
  /**
   * Reports that an element violates the rule.
   *
   * @param part Field numbers that lead from the element's descriptor (such as
   *   google.protobuf.FieldDescriptorProto) to the part of its declaration that is wrong.
   */
  report(element: AnyDesc, message: string, ...part: number[]): void;
}
