// Documentation as CommonMark, which is what descriptions of OpenAPI are.
import type { AnyDesc } from "@bufbuild/protobuf";
import { markdownOf } from "../contract/descriptors.ts";

/**
 * Code of Markdown, fenced or as a span on one line; or what begins a tag of HTML and no link. Code that ends with the
 * list or the paragraph around it is none.
 */
const codeOrTag =
  /^( *)(`{3,})[^`\n]*\n(?:(?:\1.+)?\n)*?\1\2|(?<![`\\])(`+)(?!`).*?(?<!`)\3(?!`)|<(?=[a-z/!?])(?!https?:)/gim;

/** The beginning of a list, a table, code or another block of Markdown. */
const block = /^(```|[-*+>#|]|\d+[.)])/;

/** Returns Markdown whose HTML is text: comments of .proto files have none, but `Map<string, T>`. */
export const escapeTags = (markdown: string): string =>
  markdown.replace(codeOrTag, (match) => (match === "<" ? "&lt;" : match));

/** Returns the documentation of an element. */
export const documentationOf = (element: AnyDesc): string => escapeTags(markdownOf(element));

/** Joins paragraphs. Empty ones are left out. */
export const joinParagraphs = (...paragraphs: string[]): string =>
  paragraphs.filter((text) => text !== "").join("\n\n");

/** Returns the item of a list, whose text may have several blocks. */
export const formatItem = (term: string, text: string): string =>
  text === ""
    ? `- ${term}`
    : `- ${term}:${block.test(text) ? "\n\n  " : " "}${text.replace(/\n(?=.)/g, "\n  ")}`;
