import { testMessages } from "../support/message-tests.js";

testMessages({ runs: 30 });
