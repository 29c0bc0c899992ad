import { defineConfig } from "vitest/config";

// Programs print plain text to tests, whatever the terminal.
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
    // Limits for tests that hang. Tests start compilers, servers and package managers, on machines of any speed.
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 30_000 } },
    // Tests mostly wait for the processes that they start, so vitest itself needs no core.
    maxWorkers: "100%",
    projects: [
      {
        extends: true,
        test: {
          // The tests to run before a commit, which need Node.js only.
          name: "quick",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{full,node}.test.ts"],
        },
      },
      // Tests that take minutes, or need a browser, npm or other versions of TypeScript.
      { extends: true, test: { name: "full", include: ["test/**/*.full.test.ts"] } },
      // Tests of the built package on every supported version of Node.js, which they download.
      { extends: true, test: { name: "node", include: ["test/**/*.node.test.ts"] } },
    ],
  },
});
