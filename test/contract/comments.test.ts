import { expect, test } from "vitest";
import { documentationIn } from "../../scripts/lib/contract/comments.ts";

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

test("takes linear time", () => {
  const texts = ["(-- ", "[#a: ", "- ", "=", "-----\n", "// "].map((part) => `${part.repeat(200_000)}x`);
  const start = performance.now();
  texts.forEach(documentationIn);
  expect(performance.now() - start).toBeLessThan(20_000);
});
