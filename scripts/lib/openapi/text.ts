// Documentation as CommonMark, which is what descriptions of OpenAPI are.
import type { AnyDesc } from "@bufbuild/protobuf";
import { markdownOf } from "../contract/descriptors.ts";

/** Code of Markdown, as a span or fenced; or what begins a tag of HTML and no link. */
const codeOrTag = /(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)|<(?=[a-z/!?])(?!https?:)/gi;

/** Returns the documentation of an element. Its HTML is text: comments of .proto files have none, but `Map<string, T>`. */
export const documentationOf = (element: AnyDesc): string =>
  markdownOf(element).replace(codeOrTag, (match) => (match === "<" ? "&lt;" : match));

/** Joins paragraphs. Empty ones are left out. */
export const joinParagraphs = (...paragraphs: string[]): string =>
  paragraphs.filter((text) => text !== "").join("\n\n");

/** Returns the item of a list, whose text may have several paragraphs. */
export const formatItem = (term: string, text: string): string =>
  `- ${term}${text === "" ? "" : `: ${text.replace(/\n(?=.)/g, "\n  ")}`}`;
