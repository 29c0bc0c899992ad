import { testMessages } from "./message-tests.ts";

testMessages(2);
