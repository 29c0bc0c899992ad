import { readFileSync } from "node:fs";
import {
  type DescMessage,
  fromBinary,
  fromJsonString,
  type Message,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { beforeAll, describe, inject, test } from "vitest";
import { messages, packedImage } from "../support/contract.ts";
import { expectSame } from "../support/expect-same.ts";
import { extremeMessages } from "../support/extremes.ts";
import { type Flavours, flavourNames, loadFlavours } from "../support/flavours.ts";
import { withoutKnownLosses } from "../support/known-losses.ts";
import { arbitraryMessage } from "./arbitrary.ts";
import { newerContract } from "./newer-contract.ts";
import { forAll } from "./properties.ts";

/**
 * Declares the tests of every message of the contract with every flavour.
 *
 * @param runs How many messages of each type to check, in addition to the extremes.
 */
export function testMessages(runs: number): void {
  let flavours: Flavours;
  beforeAll(async () => {
    flavours = await loadFlavours(inject("flavours"));
  });

  describe.each(flavourNames)("%s returns what protobuf-es encodes:", (name) => {
    const lossless = withoutKnownLosses[name].binary;
    /** Fails unless a message stays the same when the flavour decodes and encodes it. */
    const expectReturned = (desc: DescMessage, message: Message, schema = desc) => {
      const { decode, encode } = flavours[name].codec(desc);
      expectSame(fromBinary(schema, encode(decode(toBinary(schema, message)))), message);
    };

    test("every message empty, full, with each field at its extremes, and with unknown fields", () => {
      for (const desc of messages) {
        const any = arbitraryMessage(desc, { unknownFields: true }).map(lossless);
        const extremes = [...extremeMessages(desc)].map(lossless);
        forAll(any, runs, (message) => expectReturned(desc, message), extremes);
      }
    });

    test("any message of a newer contract, with fields, branches and enum values that the flavour lacks", () => {
      const newer = newerContract(readFileSync(packedImage));
      for (const desc of messages) {
        const schema = newer.getMessage(desc.typeName) as DescMessage;
        const any = arbitraryMessage(schema).map(lossless);
        forAll(any, runs, (message) => expectReturned(desc, message, schema));
      }
    });
  });

  describe.each(["es", "connect-v1"] as const)("%s returns what protobuf-es prints as JSON:", (name) => {
    const lossless = withoutKnownLosses[name].json;
    const expectReturned = (desc: DescMessage, message: Message) => {
      const { json } = flavours[name].codec(desc);
      expectSame(fromJsonString(desc, `${json?.print(json.parse(toJsonString(desc, message)))}`), message);
    };

    test("every message empty, full, and with each field at its extremes", () => {
      for (const desc of messages) {
        const any = arbitraryMessage(desc).map(lossless);
        const extremes = [...extremeMessages(desc)].map(lossless);
        forAll(any, runs, (message) => expectReturned(desc, message), extremes);
      }
    });
  });
}
