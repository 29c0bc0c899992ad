import { testMessages } from "./message-tests.ts";

testMessages({ runs: 30 });
