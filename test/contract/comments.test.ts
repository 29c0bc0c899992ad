import { expect, test } from "vitest";
import {
  documentationIn,
  firstSentence,
  markdownIn,
  sentencesIn,
} from "../../scripts/lib/contract/comments.ts";

test.each([
  " --- Orders ---\n",
  "////// Orders ////////\n",
  "////Orders////\n",
  " ===== Orders\n",
  " Orders ----------------\n",
  " *** Orders ***\n",
  " ### Orders ###\n",
  " ── Orders ──\n",
  " -----\n\n * * *\n ====\n",
  "///////////////\n Orders      //\n///////////////\n",
  " ==========\n Orders\n and their lines\n ==========\n",
  "****************\n Orders        *\n***************",
  " (-- api-linter: core::0131=disabled\n     aip.dev/not-precedent: It is old. --)\n",
  " [#not-implemented-hide:]\n",
  " buf:lint:ignore RPC_REQUEST_STANDARD_NAME\n",
  ' @gotags: json:"id"\n',
  " Copyright 2024 The Authors\n\n Licensed under the Apache License.\n",
  "\n * Copyright (c) 2024 The Authors.\n * All rights reserved.\n",
  " SPDX-License-Identifier: MIT\n",
  " The MIT License\n\n Permission is granted.\n",
])("a comment without documentation: %j", (comment) => {
  expect(documentationIn(comment)).toBe("");
});

test.each([
  [" --- Orders ---\n GetOrder returns an order.\n", "GetOrder returns an order."],
  [" The order.\n -----\n The rest.\n", "The order. The rest."],
  [" -----\n The order.\n -----\n", "The order."],
  [" ========\n  Orders\n ========\n\n The order.\n", "The order."],
  ["*\n The order.\n\n * one\n * two\n", "The order. * one * two"],
  ["* The order. ", "The order."],
  ["/ The order.\n/ Its lines.\n", "The order. Its lines."],
  ["/< The order.\n", "The order."],
  [" The order. [#next-free-field: 6]\n buf:lint:ignore X\n", "The order."],
])("documentation next to marks: %j", (comment, documentation) => {
  expect(documentationIn(comment)).toBe(documentation);
});

test.each([
  "# Orders",
  "**Orders**",
  "** Read-only **",
  "***Orders***",
  "- item",
  "- -1 means unlimited --",
  "| --- | --- |",
  "-----|-----",
  "/v1/orders lists them.",
  "--format and --all",
  "e.g. __init__",
  "Copyright of the image.",
  "License of the image, such as The MIT License.",
])("Markdown is documentation: %s", (text) => {
  expect(documentationIn(` ${text}\n`)).toBe(text);
});

test("code is documentation", () => {
  expect(documentationIn(" ```\n a: 1\n ---\n b: 2\n ```\n ---\n")).toBe("``` a: 1 --- b: 2 ```");
});

test.each([
  // Lines, lists, code and tables stay.
  [" The order.\n\n * one\n   * two\n", "The order.\n\n* one\n  * two"],
  [" ```\n   a: 1\n ---\n ```\n", "```\n  a: 1\n---\n```"],
  [" | a | b |\n | --- | --- |\n", "| a | b |\n| --- | --- |"],
  // Empty lines around the text do not.
  ["\n\n The order.   \n\n", "The order."],
  // What is no documentation.
  [" --- Orders ---\n The order.\n buf:lint:ignore X\n", "The order."],
  [" Copyright 2024 The Authors\n", ""],
])("the Markdown of %j", (comment, markdown) => {
  expect(markdownIn(comment)).toBe(markdown);
});

test.each([
  ["", []],
  ["Returns an order", ["Returns an order"]],
  [
    "Returns an order. Is it new? NOT_FOUND if the ID is unknown.",
    ["Returns an order.", "Is it new?", "NOT_FOUND if the ID is unknown."],
  ],
  ["Errors: - NOT_FOUND: unknown. - ABORTED", ["Errors:", "- NOT_FOUND: unknown.", "- ABORTED"]],
])("the sentences of %j", (documentation, sentences) => {
  expect(sentencesIn(documentation)).toEqual(sentences);
});

test.each([
  ["Returns an order. It is new.", "Returns an order."],
  ["Is it new? Yes.", "Is it new?"],
  ["Returns an order", "Returns an order"],
  ["", undefined],
  // Labels.
  ["Secret. Opens the locker. Keep it.", "Secret. Opens the locker."],
  ["Output only. Optional. The order. It is new.", "Output only. Optional. The order."],
  ["Secret.", "Secret."],
  // Not the end of a sentence.
  [
    "Mutes e.g. Bots, i.e. Programs, vs. Mr. Smith. For ever.",
    "Mutes e.g. Bots, i.e. Programs, vs. Mr. Smith.",
  ],
  [
    "Since v1.2, see google.rpc.Code at https://a.example/b.c?d=1. Not before.",
    "Since v1.2, see google.rpc.Code at https://a.example/b.c?d=1.",
  ],
  ["Images, tables, etc. are left out. So is text.", "Images, tables, etc. are left out."],
  // The end of a sentence.
  ["Images, tables, etc. The rest is text.", "Images, tables, etc."],
  ['Starts with "a." Never with b.', 'Starts with "a."'],
  ["Returns an order. page_size limits it.", "Returns an order."],
  ["Returns an order. `page_size` limits it.", "Returns an order."],
  // Lists.
  ["One of: - OPEN: not paid. - PAID: paid.", "One of:"],
  ["One of: 1. OPEN 2. PAID", "One of:"],
  ["Note: it is new. Try it.", "Note: it is new."],
])("the first sentence of %j", (comment, sentence) => {
  expect(firstSentence(comment)).toBe(sentence);
});

test("takes linear time", () => {
  const texts = ["(-- ", "[#a: ", "- ", "=", "-----\n", "// "].map((part) => `${part.repeat(200_000)}x`);
  const start = performance.now();
  texts.forEach(documentationIn);
  expect(performance.now() - start).toBeLessThan(20_000);
});
