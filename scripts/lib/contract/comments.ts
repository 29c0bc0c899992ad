// The text of comments, without what is not documentation.

const rule = "[-=/~\\u2010-\\u2015\\u2500-\\u257f]";
const mark = `(?:${rule}|[*#_])`;
/** A line of marks, as above and below the title of a boxed banner. */
const edge = new RegExp(`^${mark}{3,}$`);
/** Markdown has two of these marks at most around `**text**`, and one before a heading or the item of a list. */
const decorations = [
  `${mark}(\\s*${mark})+`, // -----
  `(${rule}{2,}|[*#_]{3,})\\s[^|]*\\s(${rule}{2,}|[*#_]{3,})`, // --- Orders ---
  `(${rule}{3}|[*#_]{4})[^|]*(${rule}{3}|[*#_]{4})`, // ////Orders////
  `${rule}{5,}\\s.*[^.!?:]`, // ===== Orders
  `(?!${rule}).*\\s${rule}{5,}`, // Orders =====
];
const decoration = new RegExp(`^(?:${decorations.join("|")})$`);
/** The first or last marks of every decoration: a line without them needs no further test. */
const decorationHint = new RegExp(`^${mark}|${rule}{3}$`);

/**
 * What tools read and documentation leaves out: internal comments (https://google.aip.dev/192), annotations of Envoy's
 * protodoc, and directives of linters, formatters and generators.
 */
const directives =
  /\(--(?:(?!\(--)[\s\S])*?--\)|\[#[\w-]+:(?:(?!\[#)[^\]])*\]|^\s*(@(gotags|inject_tag):|buf:lint:ignore|clang-format o|protolint:).*$/gm;

/** The beginning of a license, as above the syntax of a file. */
const license =
  /^\W*(Copyright\b.*\d{4}|SPDX-License-Identifier:|Licensed under|(The )?(Apache|BSD|MIT) License)/i;

/** Returns the documentation in a comment, as one line: that of `markdownIn` with its lines joined. */
export const documentationIn = (comment: string): string => markdownIn(comment).trim().replace(/\s+/g, " ");

/**
 * Returns the documentation in a comment, with its lines. Lines of marks, titles between them (`--- Orders ---`),
 * directives of tools and licenses are none. Markdown is, with its lists, tables, headings and code.
 *
 * @param comment Text as in google.protobuf.SourceCodeInfo.
 */
export function markdownIn(comment: string): string {
  if (license.test(comment)) {
    return "";
  }
  const lines = comment
    .replace(directives, "")
    .split("\n")
    // The compiler takes off only two of the marks of /// and /**.
    .map((line, index) => (index === 0 ? line.replace(/^[*!]{1,2}<?(?=\s|$)/, "") : line).trimEnd())
    .map((line) => line.replace(/^(\s*)\/+<?\s+/, "$1"));
  const banner = sizeOfBanner(lines.map((line) => line.trim()).filter((line) => line !== ""));
  let isCode = false;
  let size = 0;
  const documentation = lines.filter((line) => {
    const text = line.trim();
    if (text === "") {
      return true;
    }
    size += 1;
    isCode = text.startsWith("```") ? !isCode : isCode;
    return size > banner && (isCode || !(decorationHint.test(text) && decoration.test(text)));
  });
  const indents = documentation.filter((line) => line !== "").map((line) => line.search(/\S/));
  const indent = Math.min(...indents, 1);
  return documentation
    .map((line) => line.slice(indent))
    .join("\n")
    .replace(/^\n+|\n+$/g, "");
}

/** Returns the number of lines of the boxed title that lines begin with: at most three between edges, without a sentence. */
function sizeOfBanner(lines: string[]): number {
  const end = lines.slice(0, 5).findIndex((line, index) => index > 1 && edge.test(line));
  const isBanner = edge.test(lines[0] ?? "") && lines.slice(1, end).every((line) => !/[.!?:]$/.test(line));
  return isBanner ? end + 1 : 0;
}

/** Abbreviations that more words follow. */
const abbreviations = "e\\.[gx]|i\\.e|a\\.k\\.a|approx|cf|Dr|excl|Fig|incl|max|min|Mr|Mrs|Ms|resp|viz|vs";
/**
 * The end of a sentence, which a capital letter, a figure, a mark or the name of a field follows; also the colon before a
 * list, whose lines the comment has joined.
 */
const sentenceEnd = new RegExp(
  `(?<!\\b(?:${abbreviations}))[.!?]["')\\]]*(?=$| (?:[^a-z]|\\w+_))|:(?= (?:[-*+•]|\\d[.)]) )`,
  "g",
);

/** Returns the sentences of documentation that is one line. */
export function sentencesIn(documentation: string): string[] {
  const ends = [...documentation.matchAll(sentenceEnd)].map(({ index, 0: mark }) => index + mark.length);
  return [0, ...ends].flatMap((start, i) => documentation.slice(start, ends[i]).trim() || []);
}

/** Returns the first sentence of documentation that is more than a label, as in "Secret. The …" and "Output only. The …". */
export function firstSentence(documentation: string): string | undefined {
  const sentences = sentencesIn(documentation);
  const first = sentences.findIndex((sentence) => !/^\S+( only)?\.$/.test(sentence));
  return first < 0 ? documentation || undefined : sentences.slice(0, first + 1).join(" ");
}
