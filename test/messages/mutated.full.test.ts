import { testMutatedMessages } from "./mutated.ts";

testMutatedMessages(100);
