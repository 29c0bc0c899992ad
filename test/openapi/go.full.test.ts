import type { DescMessage, Message } from "@bufbuild/protobuf";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { arbitraryMessage } from "../messages/arbitrary.ts";
import { extremeMessages } from "../support/extremes.ts";
import { Go } from "./go.ts";
import { withRequired } from "./schema-tests.ts";
import { type Subject, subjectNames, subjects } from "./subjects.ts";

describe.each(subjectNames)("%s:", (name) => {
  let subject: Subject;
  let go: Go;
  beforeAll(async () => {
    subject = await subjects[name]();
    go = new Go(subject.registry, subject.messages);
  });

  test("what Go prints is valid", async () => {
    const messages = subject.messages.flatMap((desc) =>
      withRequired(desc, [...extremeMessages(desc), ...fc.sample(arbitraryMessage(desc), 10)]).map(
        (message): [DescMessage, Message] => [desc, message],
      ),
    );
    const printed = await go.print(messages);
    expect(printed).toHaveLength(messages.length);
    for (const [i, [{ typeName }]] of messages.entries()) {
      const problem = subject.validate(typeName, printed[i]);
      expect(problem, `${typeName}: ${JSON.stringify(printed[i])}`).toBeUndefined();
    }
  });

  test("what is generated from a schema is read by Go", async () => {
    await go.read(
      subject.messages.flatMap((desc) =>
        fc
          .sample(subject.arbitrary(desc.typeName), 20)
          .map((json): [DescMessage, string] => [desc, JSON.stringify(json)]),
      ),
    );
  });
});
