import { testMutatedMessages } from "./mutated.ts";

testMutatedMessages({ runs: 100 });
