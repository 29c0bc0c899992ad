import { expect, test } from "vitest";
import { firstSentence } from "../../scripts/lib/contract/comments.ts";

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
