import { defineConfig } from "vitest/config";

// What tests read of programs is to be plain, whatever the terminal.
delete process.env.FORCE_COLOR;
delete process.env.NO_COLOR;

export default defineConfig({
  test: {
    globalSetup: "test/support/global-setup.ts",
    reporters: [
      "default",
      ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : []),
      "./test/support/count-reporter.ts",
    ],
    // Tests here start compilers, servers and package managers, on machines of any speed: only a hang takes so long.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    // Most of their time they wait for those, so a core need not be left to vitest itself.
    maxWorkers: "100%",
    projects: [
      // What a contributor runs before a commit: Node.js and nothing else.
      { extends: true, test: { name: "quick", include: ["test/*.test.ts"] } },
      // What takes minutes, or needs a browser or other versions of Node.js and TypeScript.
      { extends: true, test: { name: "full", include: ["test/full/*.test.ts"] } },
      // The built package on every line of Node.js, which this downloads.
      { extends: true, test: { name: "node", include: ["test/node/*.test.ts"] } },
    ],
  },
});
