import type { DescMessage, Message } from "@bufbuild/protobuf";
import { beforeAll, describe, expect, test } from "vitest";
import { arbitraryMessage } from "../messages/arbitrary.ts";
import { extremeMessages } from "../support/extremes.ts";
import fc from "../support/fast-check.ts";
import { Go } from "../support/go.ts";
import { type Case, cases, loadKinds } from "./kinds.ts";
import { withRequired } from "./schema-tests.ts";
import { examplesIn, type Subject, subjectNames, subjects } from "./subjects.ts";

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

  test("the examples of operations are read by Go", async () => {
    await go.read(
      examplesIn(subject.document).map(([typeName, json]): [DescMessage, string] => [
        subject.registry.getMessage(typeName) as DescMessage,
        JSON.stringify(json),
      ]),
    );
  });
});

describe("JSON that is not canonical:", () => {
  let kinds: Awaited<ReturnType<typeof loadKinds>>;
  let go: Go;
  beforeAll(async () => {
    kinds = await loadKinds();
    go = new Go(kinds.registry, [kinds.desc]);
  });
  const isTaken = ({ json }: Case) =>
    go.read([[kinds.desc, json]]).then(
      () => true,
      () => false,
    );

  test("Go takes what is valid, and more", async () => {
    const taken = cases.filter(({ expected }) => ["valid", "both", "go"].includes(expected));
    await go.read(taken.map(({ json }): [DescMessage, string] => [kinds.desc, json]));
  });

  test("Go refuses what the lists say", async () => {
    const refused = cases.filter(({ expected }) => ["refused", "es"].includes(expected));
    const taken = await Promise.all(refused.map(isTaken));
    expect(refused.filter((_, i) => taken[i])).toEqual([]);
  });

  test("protobuf-es or Go refuses what breaks a rule that JSON Schema cannot express", async () => {
    const breaking = cases.filter(({ expected }) => expected === "unexpressed");
    const taken = await Promise.all(breaking.map(isTaken));
    expect(breaking.filter(({ json }, i) => taken[i] && kinds.isReadByEs(json))).toEqual([]);
  });
});
