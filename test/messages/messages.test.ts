import { testMessages } from "./message-tests.ts";

// One seed, so that a failure before a commit is due to the commit.
testMessages({ runs: 2, seed: 20_261_123 });
