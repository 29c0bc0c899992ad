// Documentation as CommonMark, which is what descriptions of OpenAPI are.
import type { AnyDesc } from "@bufbuild/protobuf";
import { marked, type Token, type Tokens } from "marked";
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

/** Returns paragraphs as a description; nothing if all are empty. */
export function describe(...paragraphs: string[]): { description?: string } {
  const description = joinParagraphs(...paragraphs);
  return description === "" ? {} : { description };
}

/** Returns the item of a list, whose text may have several blocks. */
export const formatItem = (term: string, text: string): string =>
  text === ""
    ? `- ${term}`
    : `- ${term}:${block.test(text) ? "\n\n  " : " "}${text.replace(/\n(?=.)/g, "\n  ")}`;

/** Returns the paragraphs, headings, items of lists and rows of tables of Markdown, each as one line, without code. */
export const blocksIn = (markdown: string): string[] =>
  marked
    .lexer(markdown)
    .flatMap(textsIn)
    .map((text) => text.trim().replace(/\s+/g, " "));

function textsIn(token: Token): string[] {
  switch (token.type) {
    case "code":
    case "hr":
      return [];
    case "list":
      return token.items.flatMap(({ tokens }: Tokens.ListItem) => tokens.flatMap(textsIn));
    case "table":
      return token.rows.map((cells: Tokens.TableCell[]) => cells.map(({ text }) => text).join(": "));
    case "blockquote":
      return (token.tokens ?? []).flatMap(textsIn);
    default:
      // Lines after a colon are a list too, if they begin with a name in capital letters.
      return "text" in token ? token.text.split(/(?<=:(?:\n.*)*)\n(?=\W*[A-Z_]{5,}\b)/) : [];
  }
}
