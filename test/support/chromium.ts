// Chromium, which apt-get installs, for tests in a real browser.
import { type Browser, chromium } from "playwright-core";
import { findProgram } from "./needs.ts";

/** The path of Chromium; undefined if it is not installed, and tests are skipped. */
export const chromiumPath = findProgram("Chromium", [
  process.env.CHROMIUM_PATH,
  "chromium",
  "chromium-browser",
  "google-chrome",
]);

/** Starts Chromium, without a window and without requests of its own. */
export const launchChromium = (...args: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
      ...args,
    ],
  });
