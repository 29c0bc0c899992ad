import type { AnyDesc, FileRegistry } from "@bufbuild/protobuf";

/** One lint rule. Its ID matches `[A-Z0-9][A-Z0-9_]*[A-Z0-9]` and has 3 to 64 characters. */
export interface Rule {
  id: string;
  /** IDs of the categories that include it. */
  categories: string[];
  /** What it holds, as a sentence: a capital first, a period last. */
  purpose: string;
  /** A function for each kind of element that the rule looks at. */
  check: Checks;
}

/** A group of rules that buf.yaml can name as one. ID and purpose are as a rule's. */
export interface Category {
  id: string;
  purpose: string;
}

/** Called with every element of its kind in the files that are linted, but not in those they import. */
export type Checks = {
  [Kind in AnyDesc["kind"]]?: (element: Extract<AnyDesc, { kind: Kind }>, context: Context) => void;
};

/** What a rule can do besides looking at an element. */
export interface Context {
  /** Everything there is: the linted files and all that they import. */
  registry: FileRegistry;
  /**
   * Says that an element breaks the rule.
   *
   * @param part Field numbers that lead from the element's descriptor (such as
   *   google.protobuf.FieldDescriptorProto) to the part of its declaration that is wrong.
   */
  report(element: AnyDesc, message: string, ...part: number[]): void;
  /** The comment above an element, or after it, as one line of text; empty when there is none. */
  comment(element: AnyDesc): string;
}
