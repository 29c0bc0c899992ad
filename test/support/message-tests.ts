import { readFileSync } from "node:fs";
import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, test } from "vitest";
import { arbitraryMessage } from "./arbitrary.js";
import { extremeMessages } from "./extremes.js";
import { type Flavour, type FlavourName, json } from "./flavours.js";
import { testGoImplementation } from "./go-tests.js";
import { InstalledFlavours } from "./installed-flavours.js";
import { withoutKnownLosses, withoutMinusZero } from "./known-losses.js";
import { contractMessages, packedImage } from "./messages.js";
import { newerContract } from "./newer-contract.js";
import { type Effort, expectSame, forAll, forEach } from "./properties.js";

/**
 * Declares the tests of every message of the contract against every implementation.
 *
 * @param effort How many messages of each type to try, beside the extremes.
 */
export function testMessages(effort: Effort): void {
  const descs = contractMessages();
  const newer = newerContract(readFileSync(packedImage));
  const everyMessage = descs.map((desc) => [desc.typeName, desc] as const);

  let installed: InstalledFlavours;
  let flavours: Record<FlavourName, Flavour>;
  beforeAll(async () => {
    installed = await InstalledFlavours.install();
    flavours = await installed.load(descs);
  });
  afterAll(() => installed?.remove());

  const es = (desc: DescMessage) => flavours.es.codec(desc);

  /** What gen/es reads of a message that a flavour has read from gen/es's bytes and written again. */
  function through(name: FlavourName, desc: DescMessage, message: Message): unknown {
    const { decode, encode } = flavours[name].codec(desc);
    return es(desc).decode(encode(decode(es(desc).encode(message))));
  }

  /** The same for JSON. */
  function throughJson(name: FlavourName, desc: DescMessage, message: Message): unknown {
    const { parse, print } = json(flavours[name].codec(desc));
    return json(es(desc)).parse(print(parse(json(es(desc)).print(message))));
  }

  describe.each(["es", "connect-v1", "ts-proto"] as const)("gen/%s, given what gen/es wrote", (name) => {
    const lossless = withoutKnownLosses[name];

    test.each(everyMessage)("returns %s: empty, full, and each field at its extremes", (_, desc) => {
      const messages = [...extremeMessages(desc)].map(lossless);
      return forEach(desc, messages, (message) => expectSame(through(name, desc, message), message));
    });

    test.each(everyMessage)("returns any %s", (_, desc) => {
      const messages = arbitraryMessage(desc, { unknownFields: true }).map(lossless);
      return forAll(desc, messages, effort, (message) => expectSame(through(name, desc, message), message));
    });

    test.each(everyMessage)(
      "returns any newer %s, with fields, branches and enum values it lacks",
      (_, desc) => {
        const newerDesc = newer.getMessage(desc.typeName) as DescMessage;
        const { decode, encode } = flavours[name].codec(desc);
        const messages = arbitraryMessage(newerDesc).map(lossless);
        return forAll(newerDesc, messages, effort, (message) =>
          expectSame(fromBinary(newerDesc, encode(decode(toBinary(newerDesc, message)))), message),
        );
      },
    );
  });

  describe.each(["es", "connect-v1"] as const)("JSON of gen/%s, given what gen/es printed", (name) => {
    const lossless = (message: Message) => withoutMinusZero(withoutKnownLosses[name](message));

    test.each(everyMessage)("returns %s: empty, full, and each field at its extremes", (_, desc) => {
      const messages = [...extremeMessages(desc)].map(lossless);
      return forEach(desc, messages, (message) => expectSame(throughJson(name, desc, message), message));
    });

    test.each(everyMessage)("returns any %s", (_, desc) => {
      const messages = arbitraryMessage(desc).map(lossless);
      return forAll(desc, messages, effort, (message) =>
        expectSame(throughJson(name, desc, message), message),
      );
    });
  });

  testGoImplementation(descs, es, effort);
}
