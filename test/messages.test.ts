import { testMessages } from "./support/message-tests.js";

// One seed, so that what a contributor runs before a commit fails for the commit alone.
testMessages({ runs: 2, seed: 20_261_123 });
