import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlavourName } from "./flavours.js";
import { type DecodeReport, decodeHostile, timeLimit } from "./hostile.js";
import { InstalledFlavours } from "./installed-flavours.js";

/**
 * Declares the tests of each flavour against hostile bytes.
 *
 * @param atLeast Inputs to try in total.
 */
export function testHostileBytes(perFamily: number, seed: number, atLeast: number): void {
  describe(`hostile bytes of seed ${seed}`, () => {
    const reports: DecodeReport[] = [];
    let installed: InstalledFlavours;
    beforeAll(async () => {
      installed = await InstalledFlavours.install();
    });
    afterAll(() => installed?.remove());

    test.each<FlavourName>(["es", "connect-v1", "ts-proto"])(
      "%s decodes them or throws an Error, and takes no memory that they only claim",
      async (flavour) => {
        const folder = installed.folder(flavour);
        const report = await decodeHostile({ decoder: { flavour, folder }, perFamily, seed });
        expect(report.wrong).toEqual([]);
        // Were all refused, the inputs would not get far enough to do harm.
        expect(report.decoded).toBeGreaterThan(0);
        reports.push(report);
      },
      timeLimit,
    );

    test(`were ${atLeast} or more`, () => {
      expect(reports.reduce((sum, { inputs }) => sum + inputs, 0)).toBeGreaterThanOrEqual(atLeast);
    });
  });
}
