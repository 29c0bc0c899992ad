import { testMessages } from "./message-tests.ts";

testMessages(30);
